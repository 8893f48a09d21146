"""CSV files on their way in and out: read in flat memory, matched to fields, checked, safe to open."""
