"""Files of workspaces on their way in: read, checked, staged, applied."""
