"""Releases: bugs become a release, which ships in steps and comes back when it hurts."""
