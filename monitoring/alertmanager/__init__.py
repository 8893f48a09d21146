"""Alertmanager: its webhook comes in, and the portal's own alerts go out to it."""
