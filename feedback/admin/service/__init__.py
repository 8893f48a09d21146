"""The pages of the promised service: opening hours, holidays, targets and canned replies."""
