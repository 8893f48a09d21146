"""Monitoring in the admin: health checks explained, health over time, reviews; what plans' pages gain."""
