"""What a report is to be about: the controls, as an address spells them, and spans of days for one click."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date

from operations.errors import Invalid
from reports.documents import periods
from reports.documents.periods import Period
from reports.models import Kind
from rollout.models import Module, Plan

DAY = timedelta(days=1)
FIELDS = {"kind": "Report", "module": "Module", "startDate": "From", "endDate": "To, included"}
# How `periods.asked` calls what goes wrong with a day.
PLACES = {"since": "startDate", "until": "endDate"}
USUAL = Kind.WEEKLY


@dataclass(frozen=True)
class Control:
    """One input: a choice where it has `choices`, else a day; what stands in it, and what is wrong."""

    name: str
    label: str
    value: str
    choices: Sequence[tuple[str, str]]
    fault: str


@dataclass(frozen=True)
class Choice:
    """A report that can be made."""

    kind: Kind
    module: Module
    period: Period

    @property
    def exact(self) -> dict[str, str]:
        """The same to the second, for a form that keeps what was looked at."""
        return {
            "kind": self.kind.value,
            "module": self.module.key,
            "since": self.period.since.isoformat(),
            "until": self.period.until.isoformat(),
        }


def given(query: QueryDict) -> dict[str, str]:
    """What the address says, and what is usual where it says nothing."""
    found = {name: query.get(name, "").strip() for name in FIELDS}
    found["kind"] = found["kind"] or USUAL.value
    return found


def choose(asked: Mapping[str, str], now: datetime) -> Choice:
    """The report that is asked for by days. Raises Invalid, which names the control."""
    kind, module = _kind(asked["kind"]), _module(asked["module"])
    first, last = _day(asked, "startDate"), _day(asked, "endDate")
    until = ""
    if last is not None and last != timezone.localdate(now):
        until = f"{last + DAY}"
    try:
        period = periods.asked(kind, module, now, since=f"{first or ''}", until=until)
    except Invalid as refusal:
        raise Invalid({PLACES.get(name, name): rule for name, rule in refusal.fields.items()}) from refusal
    return Choice(kind, module, period)


def choose_exactly(asked: Mapping[str, str], now: datetime) -> Choice:
    """The report that `exact` spelled. Raises Invalid."""
    kind, module = _kind(asked.get("kind", "")), _module(asked.get("module", ""))
    since, until = asked.get("since", ""), asked.get("until", "")
    return Choice(kind, module, periods.asked(kind, module, now, since=since, until=until))


def controls(asked: Mapping[str, str], faults: Mapping[str, str]) -> list[Control]:
    """The inputs. One query."""
    modules = Module.objects.whole().order_by("name").values_list("key", "name")
    choices: dict[str, Sequence[tuple[str, str]]] = {"kind": Kind.choices, "module": list(modules)}
    return [
        Control(name, label, asked[name], choices.get(name, ()), faults.get(name, ""))
        for name, label in FIELDS.items()
    ]


def spelled(choice: Choice) -> dict[str, str]:
    """A choice by its days, as an address and the controls spell it."""
    return {
        "kind": choice.kind.value,
        "module": choice.module.key,
        "startDate": f"{choice.period.first}",
        "endDate": f"{choice.period.last}",
    }


def spans(asked: Mapping[str, str], now: datetime) -> list[tuple[str, str, bool]]:
    """Spans for one click: title, address, whether it is the one that is shown. One query."""
    today = timezone.localdate(now)
    monday = today - today.weekday() * DAY
    found = [
        ("Yesterday", today - DAY, today - DAY),
        ("Last week", monday - 7 * DAY, monday - DAY),
        ("7 days", today - 6 * DAY, today),
        ("30 days", today - 29 * DAY, today),
    ]
    if began := _began(asked["module"]):
        found.append(("Since the plan began", max(began, today - periods.LONGEST + DAY), today))
    return [(title, _address(asked, first, last), _shows(asked, first, last)) for title, first, last in found]


def address(**values: str) -> str:
    """The query of a page that shows a report of now."""
    return f"?{urlencode({name: value for name, value in values.items() if value})}"


def _address(asked: Mapping[str, str], first: date, last: date) -> str:
    return address(**{**asked, "startDate": f"{first}", "endDate": f"{last}"})


def _shows(asked: Mapping[str, str], first: date, last: date) -> bool:
    return (asked["startDate"], asked["endDate"]) == (f"{first}", f"{last}")


def _kind(text: str) -> Kind:
    if text not in Kind.values:
        raise Invalid({"kind": f"must be one of {', '.join(Kind.values)}"})
    return Kind(text)


def _module(key: str) -> Module:
    modules = Module.objects.whole().order_by("pk")
    found = (modules.filter(key=key) if key else modules).first()
    if found is None:
        raise Invalid({"module": f"there is no module {key[:60]!r}" if key else "there is no module yet"})
    return found


def _day(asked: Mapping[str, str], name: str) -> date | None:
    if not asked[name]:
        return None
    try:
        found = parse_date(asked[name])
    except ValueError:
        found = None
    if found is None or found.year not in periods.YEARS:
        raise Invalid({name: "must be a day such as 2026-01-31"})
    return found


def _began(key: str) -> date | None:
    plans: Any = Plan.objects.live().filter(module__key=key).exclude(started_at=None)
    began = plans.values_list("started_at", flat=True).first()
    return timezone.localdate(began) if began else None
