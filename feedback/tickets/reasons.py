"""Why somebody does something to a ticket, as a verb takes it."""

from operations.errors import Invalid

LONGEST = 500


def checked(reason: str, *, longest: int = LONGEST) -> str:
    """A reason that may be left out, without blanks around it. Raises Invalid."""
    reason = reason.strip()
    if not fits(reason, longest):
        raise Invalid({"reason": f"must be text of at most {longest} characters"})
    return reason


def needed(reason: str, *, longest: int = LONGEST) -> str:
    """A reason that must be given. Raises Invalid."""
    reason = reason.strip()
    if not reason or not fits(reason, longest):
        raise Invalid({"reason": f"must have 1 to {longest} characters"})
    return reason


def fits(reason: str, longest: int = LONGEST) -> bool:
    """Whether it is text, and not too long. PostgreSQL takes no NUL."""
    return len(reason) <= longest and "\0" not in reason
