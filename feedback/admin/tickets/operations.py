"""What people do about tickets, in the order of their buttons."""

from feedback.admin.tickets import apart, changing, joining, moves, talking

OPERATIONS = (
    *moves.BEGINNING,
    *talking.OPERATIONS,
    *moves.ENDING,
    *joining.OPERATIONS,
    *changing.OPERATIONS,
    *apart.OPERATIONS,
)
