"""The floor every app stands on: who acts, what was done, what is refused, what is due."""
