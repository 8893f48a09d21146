"""Which tickets say the same, and which hold a word: an index in the database, without network or model."""
