"""The HTTP doors of monitoring."""
