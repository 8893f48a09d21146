"""What the portal does itself in a step. Each can be repeated: a worker may be killed at any point."""
