"""A deployment's checklist in the admin: worked, proved, signed."""

from releases.admin.checklists.pages import ChecklistPages

__all__ = ["ChecklistPages"]
