"""The HTTP doors of rollout."""
