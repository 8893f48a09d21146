"""The HTTP doors of releases."""
