"""A deployment's own checklist: copied, ticked by people, proved by the portal, signed."""
