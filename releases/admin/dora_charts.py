"""DORA's metrics over time, as charts that Chart.js reads from the page, and as the table below them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import formats

from operations.doors.charts import TEXT, Chart, line, options, scale
from releases.admin.releases.wording import about
from releases.dora import Dora, Rate, Times

HOUR = timedelta(hours=1)
BARS = "#3b82f6"
LABELS = {"week": "j M Y", "month": "M Y"}


@dataclass(frozen=True)
class Line:
    """One week or month in words, each figure with its n."""

    title: str
    deployments: int
    lead_time: str
    fail_rate: str
    recovery_time: str
    rework_rate: str


def charts(found: Dora) -> list[Chart]:
    """How often; how fast; how well."""
    labels = [_label(step.key, found.step) for step in found.trend]
    lead = [_hours(step.lead_time) for step in found.trend]
    recovery = [_hours(step.recovery_time) for step in found.trend]
    failed = [_percent(step.change_fail_rate) for step in found.trend]
    rework = [_percent(step.rework_rate) for step in found.trend]
    bars = [
        {
            "type": "bar",
            "label": "Deployments",
            "data": [step.deployments for step in found.trend],
            "backgroundColor": BARS,
            "maxBarThickness": 28,
        }
    ]
    return [
        _chart(
            f"Deployments to production, by {found.step}",
            "Those that everybody had.",
            labels,
            bars,
            empty=not found.frequency.n,
            legend=False,
            # Nobody deploys half a release.
            ticks={"color": TEXT, "precision": 0},
        ),
        _chart(
            f"Lead time and recovery time, median by {found.step}",
            "In hours; a gap where there was none.",
            labels,
            [
                line("Change lead time, h", lead, 0, pointRadius=3),
                line("Recovery time, h", recovery, 1, pointRadius=3),
            ],
            empty=all(each is None for each in (*lead, *recovery)),
        ),
        _chart(
            f"Change fail rate and rework rate, by {found.step}",
            "In percent of the deployments that reached anybody.",
            labels,
            [
                line("Change fail rate, %", failed, 0, pointRadius=3),
                line("Rework rate, %", rework, 1, pointRadius=3),
            ],
            empty=all(each is None for each in (*failed, *rework)),
            max=100,
        ),
    ]


def lines(found: Dora) -> list[Line]:
    """The same in words, the newest first."""
    return [
        Line(
            title=_label(step.key, found.step),
            deployments=step.deployments,
            lead_time=_time(step.lead_time),
            fail_rate=_rate(step.change_fail_rate),
            recovery_time=_time(step.recovery_time),
            rework_rate=_rate(step.rework_rate),
        )
        for step in reversed(found.trend)
    ]


def _chart(
    title: str,
    text: str,
    labels: Sequence[str],
    datasets: Sequence[dict[str, Any]],
    *,
    empty: bool,
    legend: bool = True,
    **axis: Any,
) -> Chart:
    return Chart(
        title=title,
        text=text,
        data=json.dumps({"labels": labels, "datasets": datasets}),
        options=json.dumps(options({"y": scale(beginAtZero=True, **axis)}, legend=legend)),
        empty=empty,
    )


def _label(day: Any, step: str) -> str:
    return str(formats.date_format(day, LABELS[step]))


def _hours(times: Times) -> float | None:
    return None if times.median is None else round(times.median / HOUR, 2)


def _percent(rate: Rate) -> float | None:
    return None if rate.share is None else round(100 * rate.share, 1)


def _time(times: Times) -> str:
    return "-" if times.median is None else f"{about(times.median)} (n = {times.n})"


def _rate(rate: Rate) -> str:
    return "-" if rate.share is None else f"{100 * rate.share:.0f} % ({rate.n} of {rate.of})"
