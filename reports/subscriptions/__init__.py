"""Who gets which report, when, and that each time is kept once."""
