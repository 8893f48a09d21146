"""`GET /api/metrics`: what the portal tells Prometheus of what it runs, and of itself.

Two kinds of numbers, which know nothing of each other. *State* is read from the database with each scrape:
it is right for any number of processes, and can be read in any of them. *Counts* (requests, scheduled jobs)
happen in many processes, which keep them in files of one folder.
"""
