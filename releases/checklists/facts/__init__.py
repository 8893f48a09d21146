"""What the portal can know about itself and about a release, fact by fact; each says what it looked at."""
