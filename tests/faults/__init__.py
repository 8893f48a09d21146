"""What the portal does while PostgreSQL or Redis is away, or workers die: `pytest -m faults tests/faults`."""
