"""The floor's pages in the admin. They are composed and registered by the project."""
