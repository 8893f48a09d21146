"""What users say, in figures: how much, about what, how content they are, how long they wait.

`documents.summary_of(selection)` is the one document behind the admin's page, the API, the command and the
CSV file. Tickets in quarantine are left out of all of it.

Counts and sums of ratings are kept by the day (`rolling`), and read from there for the days whose count
holds; for the others, such as today, from the tickets (`counting`). So they are always those of the tickets.
Medians cannot be added up: they are read from an index alone (`times`). What is open now is a handful of
rows among many, and is read as it is (`standing`).
"""
