"""Plans, previews and answers as lines for people at a terminal."""

from collections.abc import Iterator

from operations.doors.command import shown, table
from rollout.changes import Outcome
from rollout.cohorts import FIRST_NAMES
from rollout.populations import Unit
from rollout.reports import Document
from rollout.rules.evaluation import Answer

DONE = {
    "phase": "phase run",
    "set": "percentage set",
    "pause": "paused",
    "resume": "resumed",
    "rollback": "rolled back",
    "complete": "complete",
}


def status_lines(found: Document) -> Iterator[str]:
    """A plan with its ladder, from `reports.status_of`."""
    share = f"{found['percentage']} %, {found['enabled']} of {found['eligible']}"
    yield f"{found['name']}  {said(found['status'])}  {share}"
    if found["allOff"]:
        yield "All flags of the module are off: it was set to 0 %."
    evidence = found["evidence"]
    if evidence is None:
        yield "Health: no verdict yet"
    else:
        outdated = "" if evidence["ofThisVersion"] else " (before the plan last changed)"
        measured = shown(evidence["measuredAt"])
        yield f"Health: {evidence['verdict']} at {measured}{outdated}: {evidence['summary']}"
    following = found["nextPhase"]
    refused = following is not None and not following["allowed"]
    rungs = [
        (
            phase["number"],
            phase["name"],
            f"{phase['percentage']} %".rjust(5),
            "next, refused" if refused and phase["status"] == "next" else said(phase["status"]),
        )
        for phase in found["phases"]
    ]
    yield from table(rungs, indent="  ")
    if following is not None:
        yield from _gate_lines(f"Phase {following['number']}", "run", following)
    if found["completion"] is not None:
        yield from _gate_lines("The plan", "be completed", found["completion"])


def outcome_lines(outcome: Outcome) -> Iterator[str]:
    """What a verb did or would do, and to whom."""
    preview, plan = outcome.preview, outcome.plan
    change = f"{outcome.from_percentage} % to {outcome.to_percentage} %"
    if outcome.dry_run:
        yield f"Dry run, nothing was changed. {plan}: {DONE[outcome.operation]}, {change}"
    else:
        yield f"{plan}: {DONE[outcome.operation]}, {change}"
    yield f"{preview.after} of {preview.eligible} have it: {preview.gain} gain it, {preview.lose} lose it"
    changed = [flag for flag in preview.flags if flag.gain or flag.lose]
    if changed:
        rows = [("flag", "gain", "lose"), *((flag.key, flag.gain, flag.lose) for flag in changed)]
        yield from table(rows, indent="  ")
    if outcome.dry_run:
        yield from _named("gain", preview.gaining, preview.gain)
        yield from _named("lose", preview.losing, preview.lose)


def refusal_of(outcome: Outcome) -> str:
    """Why a dry run would be refused, in one line; "" when it would not."""
    if not outcome.refused:
        return ""
    return "Would be refused: " + " ".join(reason.message for reason in outcome.refused)


def answer_lines(answer: Answer) -> Iterator[str]:
    """An answer with the path to it."""
    yield f"{answer.flag} is {answer.variant} for {answer.unit or 'no unit'} ({answer.reason})"
    yield from table([(step.rule, step.result) for step in answer.steps], indent="  ")


def said(status: str) -> str:
    """A status as people read it."""
    return status.replace("_", " ")


def _gate_lines(subject: str, verb: str, gate: Document) -> Iterator[str]:
    if gate["allowed"]:
        yield f"{subject} may {verb}."
        return
    yield f"{subject} may not {verb}:"
    for reason in gate["reasons"]:
        yield f"  - {reason}"


def _named(verb: str, units: tuple[Unit, ...], count: int) -> Iterator[str]:
    if not units:
        return
    first = f", the first {FIRST_NAMES}" if count > len(units) else ""
    yield f"Would {verb} it ({count}{first}):"
    yield from table([(unit.id, unit.name if unit.name != unit.id else "") for unit in units], indent="  ")
