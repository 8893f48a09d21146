"""Who has which feature, and how that changes: workspaces, flags, plans, cohorts, phases."""
