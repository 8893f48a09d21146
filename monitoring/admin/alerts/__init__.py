"""The pages of alerts, and of who is told of them."""
