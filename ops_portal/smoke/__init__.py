"""Asks a running portal for everything it serves, changes nothing, and says what is not as it should be."""
