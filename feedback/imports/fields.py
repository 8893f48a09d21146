"""What a file of tickets may speak of: the payload's names, and those of what became of the ticket."""

from collections.abc import Mapping

from feedback.lifecycle import State
from feedback.models import Ticket
from feedback.tickets.drafts import Draft
from operations.csv_files.columns import Fields
from operations.spelling import camel

DRAFTED = {camel(name): name for name in Draft.__dataclass_fields__}
LIVED = (
    "externalId",
    "status",
    "resolution",
    "receivedAt",
    "resolvedAt",
    "fixedIn",
    "owner",
    "tags",
)
NAMES = (*DRAFTED, *LIVED)
REQUIRED = ("category", "title")

RESOLVED, DECLINED = "resolved", "declined"
# A merge is a verb of its own: it needs the other ticket.
STATUSES = tuple(state.value for state in State if state != State.DUPLICATE)
WORDS: Mapping[str, tuple[str, ...]] = {
    "category": tuple(Ticket.Category.values),
    "severity": tuple(Ticket.Severity.values),
    "status": STATUSES,
    "resolution": (RESOLVED, DECLINED),
}


def word(text: str) -> str:
    """A word as the portal spells it: `In Progress` is `in_progress`."""
    return "_".join(text.lower().replace("-", " ").split())


def word_fault(field: str, said: str) -> str:
    """The rule that what was said breaks in one of the fields of WORDS, or ""."""
    if word(said) in WORDS[field]:
        return ""
    return f"{said[:60]!r} is none of {', '.join(WORDS[field])}: say what it stands for (FIELD:FROM=TO)"


def _default_fault(field: str, value: str) -> str:
    if field == "externalId":
        return "differs from row to row: map a column to it"
    return word_fault(field, value) if field in WORDS else ""


FIELDS = Fields(
    NAMES,
    REQUIRED,
    _default_fault,
    repeated=frozenset({"tags", "release", "fixedIn", "featureArea"}),
)
