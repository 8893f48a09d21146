"""Which issues somebody asks for."""

import re
from collections.abc import Iterable

from django.db.models import Prefetch, Q

from feedback.models import Ticket
from monitoring.models import Alert
from operations.errors import Invalid, NotFound
from releases.lifecycle import OPEN_ISSUE, IssueState
from releases.models import Issue
from releases.models.issues import PREFIX, IssueQuerySet
from rollout.models import Module

# "open" is every state before deployed; each state is a status as well.
STATUSES = ("open", "all", *(state.value for state in IssueState))
_REFERENCE = re.compile(rf"#?(?:{PREFIX})?0*([0-9]{{1,9}})", re.IGNORECASE)


def by_reference(text: str) -> Issue:
    """The issue that "BUG-007", "bug-7" or "7" names. Raises NotFound."""
    return by_references([text])[0]


def by_references(texts: Iterable[str]) -> list[Issue]:
    """The issues that these name, in their order and each once. Raises NotFound for one that is not there."""
    numbers = {text: number_of(text) for text in texts}
    rows = linked(Issue.objects.filter(number__in=numbers.values()))
    found = {issue.number: issue for issue in rows}
    for text, number in numbers.items():
        if number not in found:
            shown = text.strip()[:50]
            raise NotFound(f"There is no issue {shown!r}; a reference looks like {PREFIX}001.")
    return [found[number] for number in dict.fromkeys(numbers.values())]


def number_of(text: str) -> int:
    """The number that a text names an issue by; 0, which none has, where it is no reference."""
    form = _REFERENCE.fullmatch(text.strip()[:50])
    return int(form[1]) if form else 0


def find(
    *,
    status: str = "all",
    severity: str = "",
    module: Module | str | None = None,
    owner: str = "",
    release: str = "",
    search: str = "",
) -> IssueQuerySet:
    """Issues of which all that is given holds: open ones the worst and oldest first, others the newest first.

    `module` is one or its key, `owner` a user name, `release` a version that holds or held them. Raises
    Invalid for words that are none.
    """
    status, severity = _word(status) or "all", severity.lower()
    faults = {}
    if status not in STATUSES:
        faults["status"] = f"must be one of {', '.join(STATUSES)}"
    if severity and severity not in Issue.Severity.values:
        faults["severity"] = f"must be one of {', '.join(Issue.Severity.values)}"
    key = module.key if isinstance(module, Module) else module or ""
    texts = {"module": key, "owner": owner, "release": release, "search": search}
    # PostgreSQL takes no NUL.
    faults |= {name: "must be printable" for name, text in texts.items() if not text.isprintable()}
    if faults:
        raise Invalid(faults)
    filters = {
        "severity": severity,
        "module__key": key,
        "owner__username": owner,
        "releases__version": release.lower(),
    }
    found = of_status(linked(Issue.objects.all()), status)
    return matching(found.filter(**{name: value for name, value in filters.items() if value}), search)


def of_status(issues: IssueQuerySet, status: str) -> IssueQuerySet:
    """Those of `issues` that have this status, in the order in which they are worked on or came."""
    match status:
        case "open":
            return issues.open().worst_first()
        case "all":
            return issues.order_by("-number")
    found = issues.filter(state=status)
    return found.worst_first() if status in OPEN_ISSUE else found.order_by("-number")


def matching(issues: IssueQuerySet, text: str) -> IssueQuerySet:
    """Those of `issues` that a reference or every word of `text` names; all of them for none."""
    if number := number_of(text):
        return issues.filter(number=number)
    wanted = Q()
    for word in text.replace("\0", " ").split():
        wanted &= Q(title__icontains=word) | Q(description__icontains=word)
    return issues.filter(wanted)


def linked(issues: IssueQuerySet) -> IssueQuerySet:
    """The issues with what a document names of them: two queries more for all of them."""
    tickets = Prefetch("tickets", Ticket.objects.only("pk").order_by("pk"))
    alerts = Prefetch("alerts", Alert.objects.only("pk").order_by("pk"))
    return issues.select_related("module", "owner", "release").prefetch_related(tickets, alerts)


def _word(text: str) -> str:
    """A status as people write it: "in development" is "in_development"."""
    return text.strip().lower().replace("-", "_").replace(" ", "_")
