"""A database backend that writes PostgreSQL's SQL and has no server."""
