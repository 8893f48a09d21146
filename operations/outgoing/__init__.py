"""Requests to addresses that people enter: where they may go, how they are made, how they are signed."""
