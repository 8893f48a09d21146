"""What people do about issues, in the order of their buttons."""

from releases.admin.issues import changing, moves

OPERATIONS = (*moves.OPERATIONS, *changing.OPERATIONS)
