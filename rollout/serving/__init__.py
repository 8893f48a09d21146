"""What a process remembers, so that the product is answered without a query, and how that follows changes."""
