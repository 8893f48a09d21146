"""KPIs as a report's section."""

from collections.abc import Sequence
from datetime import datetime

from reports.kpis import board, documents, wording
from reports.kpis.board import Line
from reports.shape import Figure, Section, State, Table
from reports.standing import Judged, Standing
from rollout.models import Module

COLUMNS = ("KPI", "Now", "Target", "Change since the baseline", "State", "Where from")
SHOWN = {
    Standing.MET: ("Met", State.GOOD),
    Standing.MISSED: ("Missed", State.BAD),
    Standing.UNKNOWN: ("Unknown", State.UNKNOWN),
    Standing.TRACKED: ("Tracked, without a target", State.NEUTRAL),
}


def section(module: Module, *, now: datetime) -> Section:
    """How many KPIs are met, those that are missed as figures, and all of them as a table for each group."""
    return section_of(board.lines_of(module, now=now))


def section_of(lines: Sequence[Line]) -> Section:
    """The same of lines that were read already."""
    counts = documents.counts_of(lines)
    missed = [line for line in lines if line.standing is Standing.MISSED]
    return Section(
        name="kpis",
        title="KPIs and success metrics",
        text=[wording.of_all(counts), *(f"Missed: {sentence_of(line)}." for line in missed)],
        figures=[
            *(_count(standing, counts[standing]) for standing in SHOWN),
            *(_figure(line) for line in missed),
        ],
        tables=[
            Table(group.heading, COLUMNS, [_row(line) for line in found])
            for group, found in documents.grouped(lines)
        ],
    )


def sentence_of(line: Line) -> str:
    """A KPI in one line: "API response, 95th percentile: 612 ms, asked for is < 500 ms"."""
    asked = wording.target(line.entry, line.target)
    return f"{line.entry.title}: {_now(line)}, asked for is {asked}"


def _now(line: Line) -> str:
    if line.entry.judged is Judged.CHANGE and line.change is not None:
        return f"{wording.change(line.change)} ({wording.amount(line.value, line.entry.unit)})"
    return wording.amount(line.value, line.entry.unit)


def _count(standing: Standing, count: int) -> Figure:
    title, state = SHOWN[standing]
    shown = state if count else State.NEUTRAL
    return Figure(f"kpis_{standing.value}", title, count, state=shown)


def _figure(line: Line) -> Figure:
    by_change = line.entry.judged is Judged.CHANGE
    return Figure(
        name=f"kpi_{line.entry.key}",
        title=line.entry.title,
        value=line.figure,
        unit="%" if by_change else line.entry.unit,
        previous=None if by_change else line.baseline,
        target=wording.target(line.entry, line.target),
        state=State.BAD,
        n=line.n,
    )


def _row(line: Line) -> list[str]:
    entry = line.entry
    return [
        entry.title,
        wording.amount(line.value, entry.unit),
        wording.target(entry, line.target),
        wording.change(line.change),
        wording.state(line),
        wording.origin(line),
    ]
