"""The HTTP doors of feedback."""
