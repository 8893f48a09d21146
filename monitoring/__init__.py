"""What the product measures, how healthy each rollout is, and what the portal does about it."""
