"""The Phase 2 plan at a terminal: `post_launch_monitor phase2`."""

import argparse
import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.core.management.base import CommandParser
from django.utils.dateparse import parse_date

from feedback.models import Enhancement
from feedback.planning import asking, documents, plan
from feedback.planning.documents import TITLES
from feedback.planning.plan import Line, Plan
from feedback.planning.ranking import CRITERIA
from operations.doors import csv_command
from operations.doors.command import Encoder, OperationCommand, Result, table

# Of the proposals, so many at a terminal; the document has more and the CSV file all.
SHOWN = 20
SHORT = {"impact": "impact", "value": "value", "feasibility": "feasib.", "fit": "fit"}


def add_options(parser: CommandParser) -> None:
    """What `phase2` understands beside the common options."""
    parser.add_argument(
        "--module",
        default=argparse.SUPPRESS,
        help="the key of the module that the wishes are about (default: all)",
    )
    parser.add_argument("--start-date", type=day, metavar="D", help="tickets received from this day on")
    parser.add_argument("--end-date", type=day, metavar="D", help="tickets received until this day, included")
    parser.add_argument(
        "--objective", default="", choices=Enhancement.Objective.values, help="enhancements of one objective"
    )
    parser.add_argument("--csv", action="store_true", help="write the lines of the plan as CSV")
    parser.add_argument("--output", metavar="FILE", help="write to a file: JSON, or CSV with --csv")


def show(command: OperationCommand, options: dict[str, Any]) -> Result:
    """Draw up the plan; print it, or write it to a file. Raises Invalid."""
    found = asking.range_of(
        module=options["module"] or "",
        since=options["start_date"],
        until=options["end_date"],
        objective=options["objective"],
    )
    drawn, output = plan.draw_up(found), options["output"]
    document = documents.plan_of(drawn)
    if options["csv"] and not (options["json"] and output is None):
        rows = csv_command.write(command, output, documents.HEADER, lambda: documents.rows_of(drawn))
        if output is None:
            return Result(None)
        return Result({"output": output, "rows": rows}, [f"{rows:,} rows in {output}"])
    if output is not None:
        with csv_command.writable(output) as file:
            file.write(json.dumps(document, cls=Encoder, indent=2, ensure_ascii=False) + "\n")
        return Result({"output": output}, [f"The plan is in {output}."])
    return Result(document, _lines(drawn))


def day(text: str) -> date:
    """An argparse type: a day such as 2025-10-31."""
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2025-10-31")
    return found


def _lines(drawn: Plan) -> Iterator[str]:
    counts, everybody = drawn.counts, drawn.everybody
    yield f"Phase 2 plan{_about(drawn)}"
    yield (
        f"Feature requests: {counts.received} received, of which {counts.grouped} open in enhancements, "
        f"{counts.ungrouped} open outside, {counts.settled} settled, {counts.duplicates} duplicates"
        + (f"; {counts.quarantined} in quarantine" if counts.quarantined else "")
    )
    weights = ", ".join(f"{TITLES[name].lower()} {drawn.weights[name]}" for name in CRITERIA)
    yield f"Weights: {weights}"
    yield f"Impact is reckoned against {everybody.workspaces:,} workspaces and {everybody.users:,} users."
    yield ""
    if drawn.enhancements:
        yield "Enhancements:"
        yield from table(_table(drawn.enhancements), indent="  ")
    else:
        yield "There are no enhancements: make some of the proposals in the admin."
    if drawn.proposals:
        yield ""
        yield "Proposals, from the wishes outside of enhancements:"
        yield from table(_table(drawn.proposals[:SHOWN]), indent="  ")
        if len(drawn.proposals) > SHOWN:
            yield f"  and {len(drawn.proposals) - SHOWN:,} more"
    if drawn.left_out:
        yield f"{drawn.left_out:,} older wishes were not looked at."


def _table(lines: Sequence[Line]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [
        ("", "score", *(SHORT[name] for name in CRITERIA), "tickets", "workspaces", "users", "")
    ]
    rows += [
        (
            line.rank,
            _spelled(None if line.score is None else float(line.score)),
            *(_spelled(line.scores[name]) for name in CRITERIA),
            line.evidence.tickets,
            line.evidence.workspaces,
            line.evidence.users,
            _named(line),
        )
        for line in lines
    ]
    return rows


def _named(line: Line) -> str:
    if line.enhancement is not None:
        return f"{line.name} ({line.enhancement.get_objective_display()})"
    first = line.wishes[0].reference
    return f"{line.name} ({first})" + (f", like {line.like}" if line.like else "")


def _spelled(value: float | None) -> str:
    """A score as people read it; what is not known is no number."""
    return "-" if value is None else f"{value:.2f}".removesuffix(".00")


def _about(drawn: Plan) -> str:
    found = drawn.range
    words = [
        f"for {found.module.name}" if found.module else "",
        f"from {found.since:%Y-%m-%d}" if found.since else "",
        f"until {found.until:%Y-%m-%d}" if found.until else "",
        f"objective {Enhancement.Objective(found.objective).label}" if found.objective else "",
    ]
    return "".join(f", {word}" for word in words if word)
