"""The Phase 2 plan: which wishes belong together, how many ask for them, and what to build first."""
