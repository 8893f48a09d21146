"""DORA's metrics for programs, in camelCase: one document behind the page, the API and the command.

Times are whole seconds, rates fractions; null where nothing is known, and never without their n.
"""

from datetime import timedelta
from typing import Any

from releases.dora.figures import Dora, Rate, Step, Times

Document = dict[str, Any]

DIGITS = 4


def document(dora: Dora) -> Document:
    """The figures of a period and its weeks or months."""
    frequency = dora.frequency
    return {
        "since": dora.since,
        "until": dora.until,
        "module": dora.module,
        "deploymentFrequency": {
            "n": frequency.n,
            "perDay": round(frequency.per_day, DIGITS),
            "perWeek": round(frequency.per_week, DIGITS),
            "level": frequency.level,
        },
        "leadTime": {**_times(dora.lead_time), "level": dora.lead_level},
        "changeFailRate": _rate(dora.change_fail_rate),
        "recoveryTime": _times(dora.recovery_time),
        "reworkRate": _rate(dora.rework_rate),
        "stopped": dora.stopped,
        "step": dora.step,
        "trend": [_step(each) for each in dora.trend],
    }


def _step(step: Step) -> Document:
    return {
        "from": step.key,
        "deployments": step.deployments,
        "leadTime": _times(step.lead_time),
        "changeFailRate": _rate(step.change_fail_rate),
        "recoveryTime": _times(step.recovery_time),
        "reworkRate": _rate(step.rework_rate),
        "stopped": step.stopped,
    }


def _times(times: Times) -> Document:
    return {"medianSeconds": _seconds(times.median), "p90Seconds": _seconds(times.p90), "n": times.n}


def _rate(rate: Rate) -> Document:
    share = None if rate.share is None else round(rate.share, DIGITS)
    return {"share": share, "deployments": rate.n, "n": rate.of}


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds())
