"""KPIs and success metrics: the guides' targets, what was measured, and what people enter by hand."""
