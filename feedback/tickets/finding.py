"""Which tickets somebody asks for."""

import re

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
    form = _REFERENCE.fullmatch(text.strip()[:1_000])
    known = Ticket.objects.select_related("module", "workspace", "owner", "merged_into")
    ticket = known.filter(pk=int(form[1])).first() if form else None
    if ticket is None:
        raise NotFound(f"There is no ticket {text.strip()[:50]!r}; a reference looks like {PREFIX}12.")
    return ticket


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
        raise Invalid({name.partition("__")[0]: rule for name, rule in faults.items()})
    found = of_status(Ticket.objects.select_related("module", "workspace", "owner", "merged_into"), status)
    return found.filter(**{name: value for name, value in filters.items() if value})


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
