"""Return on investment in the admin."""
