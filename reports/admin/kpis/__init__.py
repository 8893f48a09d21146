"""KPIs in the admin: all of a module, and one over time."""
