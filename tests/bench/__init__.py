"""Speed and scale, as ratios and counts: `make bench`. Nothing here is a test."""
