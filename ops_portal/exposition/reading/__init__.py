"""What a scrape reads from the database: four queries, whatever is in it."""
