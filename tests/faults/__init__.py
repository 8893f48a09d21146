"""What the portal does while PostgreSQL is stopped, or silent: `pytest -m faults tests/faults`."""
