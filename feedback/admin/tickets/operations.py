"""What people do about tickets, in the order of their buttons."""

from dataclasses import replace

from feedback.admin.tickets import apart, changing, conflicts, joining, moves, talking

OPERATIONS = tuple(
    replace(operation, perform=conflicts.told(operation.perform))
    for operation in (
        *moves.BEGINNING,
        *talking.OPERATIONS,
        *moves.ENDING,
        *joining.OPERATIONS,
        *changing.OPERATIONS,
        *apart.OPERATIONS,
    )
)
