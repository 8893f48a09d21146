"""Upgrades without downtime: what migrations may do while the version before still runs."""
