"""Triage: the inbox, a ticket's page, and what the support team does on them."""
