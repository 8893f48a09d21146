"""What a summary is about: days, and a category, a module and a workspace where only these are asked for."""

from dataclasses import dataclass, fields
from datetime import date, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_date

from feedback.models import Ticket
from operations.errors import Invalid
from rollout.models import Module, Workspace

DAY = timedelta(days=1)
USUAL_DAYS = 30
# Fifty years. Whoever asks for more is asking by mistake.
MOST_DAYS = 18_300
NO_DATE = "must be a date such as 2025-10-31"


@dataclass(frozen=True)
class Asked:
    """What somebody asks for, as they spell it; "" for what they leave open. Dates are YYYY-MM-DD."""

    start_date: str = ""
    end_date: str = ""
    category: str = ""
    module: str = ""
    workspace: str = ""


NAMES = tuple(field.name for field in fields(Asked))


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The tickets received from one day to another, both included, in the portal's time zone."""

    first: date
    last: date
    category: str = ""
    module: Module | None = None
    workspace: Workspace | None = None

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def kind(self) -> Q:
        """The tickets of this category and module, whenever they came; for their daily counts as well."""
        kind = Q(category=self.category) if self.category else Q()
        return kind & Q(module=self.module) if self.module else kind

    @property
    def place(self) -> Q:
        """The tickets of this workspace, which no daily count knows."""
        return Q(workspace=self.workspace) if self.workspace else Q()

    @property
    def period(self) -> Q:
        return Q(received_on__range=(self.first, self.last))


def select(asked: Asked) -> Selection:
    """What is asked for; the last 30 days, up to the day that is given or today, where no start is.

    Raises Invalid, which names every field (in camelCase) and what is wrong with it.
    """
    faults: dict[str, str] = {}
    last = _date(asked.end_date, timezone.localdate(), "endDate", faults)
    first = _date(asked.start_date, last - (USUAL_DAYS - 1) * DAY, "startDate", faults)
    if not faults and first > last:
        faults["startDate"] = f"must not be after the end, {last}"
    elif not faults and (last - first).days >= MOST_DAYS:
        faults["startDate"] = f"must be at most {MOST_DAYS:,} days before the end, {last}"
    if asked.category and asked.category not in Ticket.Category.values:
        faults["category"] = f"must be one of {', '.join(Ticket.Category.values)}"
    module = Module.objects.whole().filter(key=asked.module).first() if _possible(asked.module) else None
    if asked.module and module is None:
        faults["module"] = f"there is no module {asked.module[:60]!r}"
    workspace = Workspace.objects.filter(pk=asked.workspace).first() if _possible(asked.workspace) else None
    if asked.workspace and workspace is None:
        faults["workspace"] = f"there is no workspace {asked.workspace[:100]!r}"
    if faults:
        raise Invalid(faults)
    return Selection(first=first, last=last, category=asked.category, module=module, workspace=workspace)


def _date(text: str, usual: date, name: str, faults: dict[str, str]) -> date:
    try:
        found = parse_date(text) if text else usual
    except ValueError:
        found = None
    # Room for a month around it.
    if found is None or not 1900 <= found.year <= 9998:
        faults[name] = NO_DATE
        return usual
    return found


def _possible(key: str) -> bool:
    """Whether it is worth asking for; PostgreSQL takes no NUL."""
    return key.isprintable() and key != ""
