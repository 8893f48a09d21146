"""`make demo`: a product, its users, its support team and its CI, played on a portal that runs.

It knows the portal as any product does: by its public HTTP API, by OpenFeature's stock client, and by the
commands of the README for what only a person with a shell may do. Nothing of the portal is imported.
"""
