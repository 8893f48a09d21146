"""Pages outside the admin, for people without a login."""
