"""Releases in the admin: the list, and the page that tells a release's whole story."""
