"""KPIs for programs, in camelCase. Rates are percentages; null where nothing is known, with the reason."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from reports.kpis import board, wording
from reports.kpis.board import Line
from reports.kpis.catalogue import Group
from reports.standing import Standing
from rollout.models import Module

Document = dict[str, Any]

DIGITS = 3


def of(module: Module, *, now: datetime) -> Document:
    """Every KPI of a module now: value, target, baseline, change and state, group by group."""
    return document_of(module, board.lines_of(module, now=now), now)


def document_of(module: Module, lines: Sequence[Line], now: datetime) -> Document:
    """The same of lines that were read already."""
    module = module.whole
    return {
        "module": module.key,
        "moduleName": module.name,
        "measuredAt": now,
        **{standing.value: count for standing, count in counts_of(lines).items()},
        "groups": [
            {"name": group.value, "title": group.heading, "kpis": [_kpi(line) for line in found]}
            for group, found in grouped(lines)
        ],
    }


def grouped(lines: Sequence[Line]) -> list[tuple[Group, list[Line]]]:
    """The groups that have any KPI, in the guides' order."""
    found = {group: [line for line in lines if line.entry.group is group] for group in Group}
    return [(group, of_group) for group, of_group in found.items() if of_group]


def counts_of(lines: Sequence[Line]) -> dict[Standing, int]:
    """How many KPIs stand how; none left out."""
    found = Counter(line.standing for line in lines)
    return {standing: found[standing] for standing in Standing}


def _kpi(line: Line) -> Document:
    entry = line.entry
    return {
        "key": entry.key,
        "title": entry.title,
        "unit": entry.unit,
        "value": _rounded(line.value),
        "n": line.n,
        "rule": entry.rule.value,
        "target": line.target,
        "targetInWords": wording.target(entry, line.target),
        "targetIsOwn": line.target_is_own,
        "judged": entry.judged.value,
        "baseline": _rounded(line.baseline),
        "change": _rounded(line.change),
        "state": line.standing.value,
        "reason": line.reason,
        "source": line.source or None,
        "enteredOn": line.entered_on,
        "enteredBy": line.entered_by,
        "outOfDate": line.out_of_date,
        "own": line.own,
        "guide": entry.guides,
        "note": entry.note,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
