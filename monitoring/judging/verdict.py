"""The verdict, in the order of SPEC 4.3: breakage, guardrail, triggers, criteria of the phase."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from monitoring.judging import guardrail
from monitoring.judging.breakage import hard_stop
from monitoring.judging.criteria import phase_criteria
from monitoring.judging.evidence import Evidence
from monitoring.judging.findings import (
    BREACH,
    FEATURE,
    HOLD,
    LONGEST,
    PASS,
    PLATFORM,
    UNCLEAR,
    UNKNOWN,
    Criterion,
    Judgement,
)
from monitoring.judging.triggers import triggers
from monitoring.judging.wording import joined, percent

NOT_TOLD_APART = "The source does not tell {word} apart: this can hold a gate, and stops nothing."


def judge(evidence: Evidence) -> Judgement:
    """The verdict on a plan, from what was measured of it.

    Unknown when the cohort had no request in 24 h or the source measured nothing in the last 3 h. A breach
    stops the plan; a hold closes its gate; both name their cause.
    """
    silent = _silence(evidence)
    if silent:
        return Judgement(UNKNOWN, "", silent)
    look: dict[str, Any] | None = None
    if evidence.by_workspace:
        if evidence.look is not None:
            look = guardrail.look(evidence, evidence.look)
            evidence = replace(evidence, last_look=look)
        by_unit = (hard_stop(evidence), *guardrail.quoted(evidence))
    else:
        by_unit = (_no_units(evidence),)
    criteria = (*by_unit, *triggers(evidence), *phase_criteria(evidence))
    if not evidence.by_workspace:
        criteria = tuple(_held_back(each, evidence.unit_word) for each in criteria)
    return _put_together(evidence, criteria, look)


def _silence(evidence: Evidence) -> str:
    if not evidence.heard:
        return "Nothing was measured in the last 3 hours: the plan's health is unknown."
    if not evidence.day.cohort.requests:
        return (
            f"The {evidence.unit_word} with the feature had no request in 24 hours: "
            "the plan's health is unknown."
        )
    return ""


def _no_units(evidence: Evidence) -> Criterion:
    reason = f"The source does not tell {evidence.unit_word} apart: no comparison is possible."
    return Criterion(name=guardrail.NAME, group=guardrail.GROUP, met=None, reason=reason)


def _held_back(criterion: Criterion, word: str) -> Criterion:
    if not criterion.breaks:
        return criterion
    reason = f"{criterion.reason} {NOT_TOLD_APART.format(word=word)}"
    return replace(criterion, breaks=False, reason=reason)


def _put_together(
    evidence: Evidence, criteria: tuple[Criterion, ...], look: dict[str, Any] | None
) -> Judgement:
    breaking = [each for each in criteria if each.breaks]
    if breaking:
        others = _others(evidence.other_changes)
        cause = UNCLEAR if others or not any(each.cause == FEATURE for each in breaking) else FEATURE
        reasons = (each.reason for each in breaking)
        summary = joined([joined(reasons, LONGEST - len(others) - 1), others]) if others else joined(reasons)
        return Judgement(BREACH, cause, summary, criteria, look)
    holding = [each for each in criteria if each.holds]
    if holding:
        return Judgement(HOLD, _cause(holding), joined(_by_weight(holding)), criteria, look)
    return Judgement(PASS, "", _healthy(evidence, criteria), criteria, look)


def _others(changes: Iterable[str]) -> str:
    named = ", ".join(changes)
    return f"Changed meanwhile as well, and as likely the cause: {named}."[: LONGEST // 2] if named else ""


def _cause(holding: Sequence[Criterion]) -> str:
    causes = {each.cause for each in holding}
    return next((cause for cause in (PLATFORM, UNCLEAR, FEATURE) if cause in causes), "")


def _by_weight(holding: Sequence[Criterion]) -> list[str]:
    """The platform's trouble first, and once; then what cannot be told apart, then the phase's criteria."""
    platform = [each.reason for each in holding if each.cause == PLATFORM][:1]
    others = (each for each in holding if each.cause != PLATFORM)
    return platform + [each.reason for each in sorted(others, key=lambda each: not each.cause)]


def _healthy(evidence: Evidence, criteria: Iterable[Criterion]) -> str:
    day = evidence.day.cohort
    count, word = day.judged, day.judged_word
    said = f"Healthy: {percent(count.rate)} of {count.requests:,} {word} failed in 24 hours."
    told = [each.reason for each in criteria if each.amber or each.group == guardrail.GROUP]
    return joined([said, *told])
