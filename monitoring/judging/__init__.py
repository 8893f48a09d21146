"""Is it the feature, or is it the weather? The judgement of a plan's health (SPEC 4.3). Pure arithmetic."""
