"""The whole Phase 2 plan: enhancements and proposals in the order in which to build them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction

from django.db.models import Count, Q
from django.utils import timezone

from feedback.lifecycle import OPEN, State
from feedback.models import Enhancement, Ticket
from feedback.models.planning import SCORED
from feedback.planning import counting, proposals, ranking, weights, wishes
from feedback.planning.proposals import Proposal, Proposed
from feedback.planning.ranking import Everybody, Evidence
from feedback.planning.wishes import Range


@dataclass(frozen=True)
class Line:
    """One line of the plan: an enhancement, or a proposal for one.

    `wishes` are its tickets without their duplicates; `words` are what those of a proposal have in common,
    and `like` is the enhancement that it may belong to.
    """

    name: str
    evidence: Evidence
    scores: Mapping[str, float | None]
    wishes: Sequence[Ticket]
    enhancement: Enhancement | None = None
    words: Sequence[str] = ()
    like: Enhancement | None = None
    rank: int = 0
    score: Fraction | None = None

    @property
    def unknown(self) -> tuple[str, ...]:
        return ranking.unknown(self.scores)


@dataclass(frozen=True)
class Counts:
    """The feature requests of the range as such, from which the plan was drawn up; duplicates count apart."""

    received: int
    grouped: int
    ungrouped: int
    settled: int
    duplicates: int
    quarantined: int


@dataclass(frozen=True)
class Objective:
    """One of the guide's objectives for Phase 2, with what the plan has for it."""

    key: str
    title: str
    enhancements: int
    tickets: int


@dataclass(frozen=True)
class Plan:
    """The plan at one moment. `left_out` wishes are too old to be looked at for proposals."""

    range: Range
    weights: Mapping[str, int]
    everybody: Everybody
    objectives: Sequence[Objective]
    enhancements: Sequence[Line]
    proposals: Sequence[Line]
    counts: Counts
    left_out: int
    made_at: datetime = field(default_factory=timezone.now)


def draw_up(found: Range, *, proposing: bool = True) -> Plan:
    """The plan of a range, in 13 queries or so whatever it holds; without proposals in 10.

    Of a module or of some days it shows the enhancements that somebody asked for there and then.
    """
    rows = {row.pk: row for row in Enhancement.objects.all()}
    heard = counting.by_enhancement(found)
    proposed = proposals.propose(found) if proposing else Proposed((), 0)
    every = [*heard.values(), *(each.heard for each in proposed.proposals)]
    members = counting.members_of({name for each in every for name in each.workspaces})
    evidence = {pk: each.evidence(members) for pk, each in heard.items()}
    offered = [(each, each.heard.evidence(members)) for each in proposed.proposals]
    all_of_them = ranking.everybody(
        counting.everybody(found.module), [*evidence.values(), *(each for _, each in offered)]
    )
    behind = _wishes_behind(found)
    if found.is_everything:
        evidence = {pk: evidence.get(pk, Evidence()) for pk in rows}
    lines = [
        Line(rows[pk].name, told, _scores(told, all_of_them, rows[pk]), behind.get(pk, ()), rows[pk])
        for pk, told in evidence.items()
    ]
    weighing = weights.as_dict(weights.current())
    ranked = _ranked(lines, weighing)
    return Plan(
        range=found,
        weights=weighing,
        everybody=all_of_them,
        objectives=_objectives(ranked),
        enhancements=[line for line in ranked if found.objective in ("", _objective(line))],
        proposals=[]
        if found.objective
        else _ranked([_proposed(each, told, all_of_them, rows) for each, told in offered], weighing),
        counts=_counts(found),
        left_out=proposed.left_out,
    )


def _scores(
    evidence: Evidence, all_of_them: Everybody, judged: Enhancement | None = None
) -> dict[str, float | None]:
    """The impact as counted, and what a person judged; of a proposal nobody has yet."""
    impact = ranking.impact(evidence, all_of_them)
    return {"impact": impact, **{name: getattr(judged, name, None) for name in SCORED}}


def _proposed(
    each: Proposal, told: Evidence, all_of_them: Everybody, rows: Mapping[int, Enhancement]
) -> Line:
    scores = _scores(told, all_of_them)
    like = rows.get(each.like) if each.like else None
    return Line(each.name, told, scores, each.wishes, words=each.words, like=like)


def _ranked(lines: Sequence[Line], weighing: Mapping[str, int]) -> list[Line]:
    found = ranking.ranked(lines, weighing)
    return [replace(line, rank=rank, score=score) for rank, (line, score) in enumerate(found, 1)]


def _wishes_behind(found: Range) -> dict[int, list[Ticket]]:
    """The open wishes of each enhancement, the newest first."""
    grouped = wishes.voiced(wishes.open_wishes(found).filter(enhancement__isnull=False), found)
    behind: dict[int, list[Ticket]] = {}
    for wish in grouped.only("pk", "title", "enhancement"):
        behind.setdefault(wish.enhancement_id or 0, []).append(wish)
    return behind


def _objective(line: Line) -> str:
    return line.enhancement.objective if line.enhancement else ""


def _objectives(lines: Sequence[Line]) -> list[Objective]:
    return [
        Objective(
            key=key,
            title=str(title),
            enhancements=sum(_objective(line) == key for line in lines),
            tickets=sum(line.evidence.tickets for line in lines if _objective(line) == key),
        )
        for key, title in Enhancement.Objective.choices
    ]


def _counts(found: Range) -> Counts:
    """Two queries, of an index alone but for the spam: `ticket_wishes` has all feature requests but that."""
    requests = Ticket.objects.filter(found.days, category=Ticket.Category.FEATURE_REQUEST).order_by()
    if found.module is not None:
        requests = requests.filter(module=found.module)
    waiting, merged = Q(state__in=OPEN), Q(state=State.DUPLICATE)
    counted = requests.filter(quarantined_at=None).aggregate(
        received=Count("state"),
        grouped=Count("state", filter=waiting & Q(enhancement__isnull=False)),
        ungrouped=Count("state", filter=waiting & Q(enhancement=None)),
        settled=Count("state", filter=~waiting & ~merged),
        duplicates=Count("state", filter=merged),
    )
    return Counts(**counted, quarantined=requests.filter(quarantined_at__isnull=False).count())
