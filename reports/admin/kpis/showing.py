"""What the pages of KPIs show: each in words, with its small line and its links."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from reports.admin.kpis.sparks import Spark, spark
from reports.kpis import documents, wording
from reports.kpis.board import Line
from reports.kpis.catalogue import Group
from reports.models import KpiReading
from reports.standing import Judged, Standing

LABELS = {
    Standing.MET: "success",
    Standing.MISSED: "danger",
    Standing.UNKNOWN: "default",
    Standing.TRACKED: "info",
}
NUMBERS = {
    Standing.MET: ("met", "do what their target asks for"),
    Standing.MISSED: ("missed", "do not"),
    Standing.UNKNOWN: ("unknown", "nobody measured or entered them, or not lately"),
    Standing.TRACKED: ("tracked", "have no target"),
}


@dataclass(frozen=True)
class Shown:
    """One KPI in words. `above` is what is read first: the value, or the change where that is judged."""

    line: Line
    url: str
    enter_url: str
    above: str
    below: str
    target: str
    change: str
    baseline: str
    origin: str
    state: str
    label: str
    spark: Spark | None

    @property
    def title(self) -> str:
        return self.line.entry.title


@dataclass(frozen=True)
class Number:
    """How many stand in one way, with a link to them alone."""

    value: int
    title: str
    note: str
    url: str
    here: bool
    bad: bool


def shown(
    line: Line, readings: Sequence[KpiReading], days: Sequence[date], *, url: str, enter_url: str
) -> Shown:
    """A KPI in words."""
    entry = line.entry
    by_change = entry.judged is Judged.CHANGE
    value, change = wording.amount(line.value, entry.unit), wording.change(line.change)
    known = line.change is not None
    return Shown(
        line=line,
        url=url,
        enter_url=enter_url,
        above=change if by_change and known else value,
        below=f"{value} now" if by_change and known else "",
        target=wording.target(entry, line.target),
        change="" if by_change or not known else change,
        baseline=wording.amount(line.baseline, entry.unit) if line.baseline is not None else "",
        origin=wording.origin(line),
        state="out of date" if line.out_of_date else wording.STATES[line.standing],
        label="warning" if line.out_of_date else LABELS[line.standing],
        spark=spark(readings, days, change=by_change and known),
    )


def numbers(lines: Sequence[Line], state: str, address: Callable[[str], str]) -> list[Number]:
    """What stands at the head of the page."""
    counts = documents.counts_of(lines)
    return [
        Number(
            value=counts[standing],
            title=title,
            note=note,
            url=address("" if state == standing.value else standing.value),
            here=state == standing.value,
            bad=standing is Standing.MISSED and bool(counts[standing]),
        )
        for standing, (title, note) in NUMBERS.items()
    ]


def grouped(found: Sequence[Shown]) -> list[tuple[Group, list[Shown]]]:
    """The groups that have any, in the guides' order."""
    by_group: Mapping[Group, list[Shown]] = {
        group: [each for each in found if each.line.entry.group is group] for group in Group
    }
    return [(group, of_group) for group, of_group in by_group.items() if of_group]
