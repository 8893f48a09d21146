"""Reports in the admin: the archive, and one of now."""
