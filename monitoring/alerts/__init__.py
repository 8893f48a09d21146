"""Alerts: what is raised, who answers it by when, whom it reaches."""
