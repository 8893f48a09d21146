"""Backups of the portal's own database and files, each proved by restoring it.

Making, proving and restoring take seconds to minutes. Call them outside a transaction and with no lock held:
they read what has committed through connections of their own, and write their row and event at the end.
"""
