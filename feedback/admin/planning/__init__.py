"""The pages of the Phase 2 plan and of its enhancements."""
