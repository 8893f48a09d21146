"""What the portal sees by itself becomes alerts: health checks, their vitals, and what is worth knowing."""
