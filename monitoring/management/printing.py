"""Health as lines for people at a terminal, from the documents that programs get."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from monitoring.documents import Document
from monitoring.models import HealthCheck
from operations.doors.command import shown, table

# What a person reads for a criterion that is met, is not, or cannot be told.
MET = {True: "met", False: "not met", None: "unknown"}


def check_lines(found: Document, name: str) -> Iterator[str]:
    """A whole check: verdict, vitals of both arms, criteria, scores, what was done and what is next."""
    yield from verdict_lines(found, name)
    # A source that failed tells nothing of the arms, and nothing can be judged then.
    if "cohort" in found:
        yield ""
        yield from table(_arms(found), indent="  ")
    if found["criteria"]:
        yield ""
        yield "Criteria:"
        yield from table([_criterion(each) for each in found["criteria"]], indent="  ")
    yield ""
    yield from _scores(found)
    if found.get("nextLookAt"):
        yield f"Next daily look: {shown(datetime.fromisoformat(found['nextLookAt']))}"
    if found["reviewDue"]:
        yield f"Next review due: {shown(found['reviewDue'])}"


def score_lines(found: Document, name: str) -> Iterator[str]:
    """The verdict and both scores, with what they lost points for."""
    yield from verdict_lines(found, name)
    yield from _scores(found)


def verdict_lines(found: Document, name: str) -> Iterator[str]:
    """The verdict with its reason, and what the portal did about it."""
    if found["dryRun"]:
        yield "Dry run: nothing was written and nothing was done."
    yield f"{name} at {shown(found['slot'])}: {found['verdict'].upper()}"
    yield found["summary"]
    if found["cause"]:
        yield f"Cause: {HealthCheck.Cause(found['cause']).label.lower()}"
    if found["action"]:
        yield f"Done: {HealthCheck.Action(found['action']).label.lower()}"
    if found["missed"]:
        yield f"{found['missed']} hours before this one had no check."


def system_health_lines(found: Document, name: str, *, verbose: bool) -> Iterator[str]:
    """The post-launch score with its deductions, the last check, and with `verbose` every figure."""
    yield from _score(f"{name}: post-launch score", found["score"], found["deductions"], found["unknown"])
    if found["fault"]:
        yield f"The source of vitals did not answer: {found['fault']}"
    last = found["lastCheck"]
    if found["note"] or last is None:
        yield found["note"] or "It was never checked."
    else:
        aged = "" if last["fresh"] else " (more than 75 minutes ago: too old to count)"
        yield f"Last check, {shown(last['slot'])}{aged}: {last['verdict']}. {last['summary']}"
    for group in ("performance", "adoption", "quality", "stability") if verbose else ():
        yield f"{group.capitalize()}:"
        rows = [(_words(key), _figure(key, value)) for key, value in found[group].items()]
        yield from table(rows, indent="  ")
    if "metrics" in found:
        yield from _targets(found["metrics"])


def metric_lines(found: Document, name: str) -> Iterator[str]:
    """Each performance metric of the last day and week with its target."""
    yield f"{name}: performance until {shown(found['until'])}"
    yield from _targets(found["metrics"])
    if found["fault"]:
        yield f"The source of vitals did not answer: {found['fault']}"


def _targets(metrics: Sequence[Document]) -> Iterator[str]:
    rows: list[tuple[str, ...]] = [("metric", "target", "last 24 hours", "", "last 7 days", "")]
    for metric in metrics:
        row = [metric["title"], f"< {metric['target']:g} {metric['unit']}"]
        for span in ("day", "week"):
            row += [_measured(metric[span]["value"], metric["unit"]), metric[span]["state"]]
        rows.append(tuple(row))
    yield from table(rows, indent="  ")


def _scores(found: Document) -> Iterator[str]:
    deductions, unknown = found["deductions"], found["unknown"]
    yield from _score("Rollout score", found["score"], deductions["rollout"], unknown["rollout"])
    post_launch = found["postLaunchScore"]
    yield from _score("Post-launch score", post_launch, deductions["postLaunch"], unknown["postLaunch"])


def _score(
    title: str, score: int | None, deductions: Sequence[Mapping[str, Any]], unknown: Sequence[str]
) -> Iterator[str]:
    yield f"{title} {score} of 100"
    for each in deductions:
        yield f"  -{round(each['points'], 1):g}  {each['rule']}"
    if unknown:
        yield f"  unknown, and not deducted for: {', '.join(unknown)}"


def _arms(found: Document) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [("last 24 hours", "units", "requests", "errors", "rate", "p95", "mean")]
    for title, key in (("with the module", "cohort"), ("without it", "control")):
        arm = found[key]
        rate = arm["errorRate"]
        rows.append(
            (
                title,
                # Users are judged by arm, and counted by nobody.
                arm["units"] or "-",
                arm["requests"],
                arm["errors"],
                _measured(None if rate is None else 100 * rate, "%"),
                _measured(arm["p95Ms"], "ms"),
                _measured(arm["meanMs"], "ms"),
            )
        )
    return rows


def _criterion(each: Mapping[str, Any]) -> tuple[str, ...]:
    state = MET[each["met"]]
    if each.get("amber"):
        state = "amber"
    elif each["met"] is None and not each["holds"]:
        state = "not asked"
    return state, each["name"].replace("_", " "), each["reason"]


def _measured(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:,.2f} %" if unit == "%" else f"{value:,.0f} {unit}"


def _figure(name: str, value: float | None) -> str:
    """A figure with its unit: a whole number is a count, the satisfaction a mark, others times or rates."""
    if value is None or isinstance(value, int):
        return "-" if value is None else f"{value:,}"
    if name == "userSatisfactionScore":
        return f"{value:.1f} of 5"
    return _measured(value, "ms" if "Time" in name else "%")


def _words(name: str) -> str:
    """`apiResponseTime` as people read it: "api response time"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
