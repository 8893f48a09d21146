"""Which tickets somebody asks for."""

import re
from collections.abc import Iterable

from feedback.lifecycle import State
from feedback.models import Ticket
from feedback.models.tickets import PREFIX, TicketQuerySet
from operations.errors import Invalid, NotFound

# "open" is all that somebody still owes something of; each state is a status as well.
STATUSES = (
    "open",
    "overdue",
    "waiting",
    "unassigned",
    "quarantine",
    "all",
    *(state.value for state in State),
)
_REFERENCE = re.compile(rf"(?:.*/)?(?:{PREFIX})?([0-9]{{1,18}})(?:/change)?/?", re.IGNORECASE | re.DOTALL)


def by_reference(text: str) -> Ticket:
    """The ticket that "FB-12", "12" or a link that ends so names. Raises NotFound."""
    return by_references([text])[0]


def by_references(texts: Iterable[str]) -> list[Ticket]:
    """The tickets that these name, in their order and each once, in one query. Raises NotFound."""
    numbers = {text: _number(text) for text in texts}
    known = Ticket.objects.select_related("module", "workspace", "owner", "merged_into", "enhancement")
    found = {ticket.pk: ticket for ticket in known.filter(pk__in=numbers.values())}
    for text, number in numbers.items():
        if number not in found:
            raise NotFound(f"There is no ticket {text.strip()[:50]!r}; a reference looks like {PREFIX}12.")
    return [found[number] for number in dict.fromkeys(numbers.values())]


def find(
    *,
    status: str = "open",
    category: str = "",
    severity: str = "",
    module: str = "",
    workspace: str = "",
    owner: str = "",
    tag: str = "",
) -> TicketQuerySet:
    """Tickets of which all that is given holds: open ones in the order of the inbox, others newest first.

    `module` and `workspace` are keys, `owner` a user name. Raises Invalid for words that are none.
    """
    given = {"status": status, "category": category, "severity": severity}
    choices = {"status": STATUSES, "category": Ticket.Category.values, "severity": Ticket.Severity.values}
    faults = {
        name: f"must be one of {', '.join(choices[name])}"
        for name, value in given.items()
        if value and value not in choices[name]
    }
    filters = {
        "category": category,
        "severity": severity,
        "module__key": module,
        "workspace": workspace,
        "owner__username": owner,
        "tags__name": tag.lower(),
    }
    # PostgreSQL takes no NUL.
    faults |= {name: "must be printable" for name, value in filters.items() if not value.isprintable()}
    if faults:
        names = {"tags__name": "tag", "module__key": "module", "owner__username": "owner"}
        raise Invalid({names.get(name, name): rule for name, rule in faults.items()})
    found = of_status(Ticket.objects.select_related("module", "workspace", "owner", "merged_into"), status)
    return found.filter(**{name: value for name, value in filters.items() if value})


def _number(text: str) -> int:
    """The number that a text names a ticket by; 0, which none has, where it is no reference."""
    form = _REFERENCE.fullmatch(text.strip()[:1_000])
    return int(form[1]) if form else 0


def of_status(tickets: TicketQuerySet, status: str) -> TicketQuerySet:
    """Those of `tickets` that have this status, in the order in which they are worked on or were received."""
    match status or "open":
        case "open":
            return tickets.open().worst_first()
        case "overdue":
            return tickets.overdue().worst_first()
        case "waiting":
            return tickets.open().exclude(waiting_since=None).worst_first()
        case "unassigned":
            return tickets.open().filter(owner=None).worst_first()
        case "quarantine":
            return tickets.exclude(quarantined_at=None).order_by("-quarantined_at", "-pk")
        case "all":
            return tickets.order_by("-received_at", "-pk")
    return tickets.heard().filter(state=status).order_by("-received_at", "-pk")
