"""Issues in the admin: the list, the board, an issue's page, and what people do about them."""
