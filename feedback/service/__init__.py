"""The verbs on the promised service: opening hours, holidays, targets and canned replies."""
