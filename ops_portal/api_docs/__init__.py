"""The API's reference as one Markdown page, made of the schema that the portal serves."""
