"""A line of the plan as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import formats

from feedback.models import Enhancement, Ticket
from feedback.planning.documents import TITLES
from feedback.planning.gathering import MOST
from feedback.planning.plan import Line
from feedback.planning.ranking import CRITERIA, HIGHEST, LOWEST

# So many tickets unfold within a line; the page of the enhancement has all.
FIRST = 12


@dataclass(frozen=True)
class Score:
    """One criterion of a line; `share` is how far it fills its bar, in percent."""

    name: str
    title: str
    text: str
    share: float


@dataclass(frozen=True)
class Shown:
    """One line: `impact` says what was counted, `when` the days of the tickets."""

    line: Line
    score: str
    share: float
    scores: Sequence[Score]
    impact: str
    when: str
    tickets: Sequence[Ticket]
    more: int
    make_url: str = ""
    gather_url: str = ""

    @property
    def missing(self) -> str:
        """What nobody judged, or could count, in words."""
        return ", ".join(TITLES[name].lower() for name in self.line.unknown)


def shown(line: Line, *, proposal: bool = False) -> Shown:
    """A line with its numbers spelled."""
    score = None if line.score is None else float(line.score)
    return Shown(
        line=line,
        score=spelled(score),
        share=_share(score),
        scores=[
            Score(name, TITLES[name], spelled(line.scores[name]), _share(line.scores[name]))
            for name in CRITERIA
        ],
        impact=_counted(line),
        when=_when(line),
        tickets=line.wishes[:FIRST],
        more=max(0, len(line.wishes) - FIRST),
        make_url=_make_url(line) if proposal else "",
        gather_url=gather_url(line.like, line.wishes) if proposal and line.like else "",
    )


def spelled(value: float | None) -> str:
    """A score as people read it; a dash for what is not known."""
    return "-" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def gather_url(enhancement: Enhancement, tickets: Sequence[Ticket]) -> str:
    """The page that puts tickets into an enhancement."""
    return _operation("gather", object=enhancement.pk, tickets=_references(tickets))


def take_out_url(enhancement: Enhancement, ticket: Ticket) -> str:
    """The page that takes a ticket out of an enhancement."""
    return _operation("take-out", object=enhancement.pk, tickets=ticket.reference)


def _make_url(line: Line) -> str:
    values = {"name": line.name, "objective": Enhancement.Objective.OTHER.value}
    return _operation("create", **values, tickets=_references(line.wishes))


def _operation(name: str, /, **inputs: Any) -> str:
    return f"{reverse('admin:feedback_enhancement_operate', args=[name])}?{urlencode(inputs)}"


def _references(tickets: Sequence[Ticket]) -> str:
    return " ".join(ticket.reference for ticket in tickets[:MOST])


def _share(score: float | None) -> float:
    return 0 if score is None else round(100 * (score - LOWEST) / (HIGHEST - LOWEST), 1)


def _counted(line: Line) -> str:
    evidence = line.evidence
    parts: Mapping[str, int] = {
        "workspace": evidence.workspaces,
        "user": evidence.users,
        "anonymous ticket": evidence.anonymous,
    }
    said = [f"{count:,} {what}{'' if count == 1 else 's'}" for what, count in parts.items() if count]
    return ", ".join(said) or "nobody"


def _when(line: Line) -> str:
    evidence = line.evidence
    if not evidence.first or not evidence.last:
        return ""
    first, last = (formats.date_format(day, "j M Y") for day in (evidence.first, evidence.last))
    return first if first == last else f"{first} to {last}"
