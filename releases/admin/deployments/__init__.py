"""Deployments in the admin: the list, the ladder of steps, and what people do on the way."""
