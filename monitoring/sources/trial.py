"""Trying a Prometheus source's settings: each query once, and what came back in words."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from django.conf import settings as portal
from django.utils import timezone

from monitoring.membership import COHORT_ARM, CONTROL_ARM
from monitoring.models import VitalsSource
from monitoring.sources import histograms, promql
from monitoring.sources.base import SourceFailed
from monitoring.sources.prometheus import bound_ms
from monitoring.sources.prometheus_server import Row, Server
from monitoring.vitals import Window
from rollout.models import Module, Workspace

SECONDS = 20
COUNTERS = ("requests", "errors", "timeouts", "module_requests", "module_errors", "used")
HISTOGRAMS = ("latency", "database_latency")
PERCENTAGES = ("memory", "cpu", "disk")
USERS = ("daily_users", "weekly_users")
# Counters that a healthy product may not have yet.
RARE = ("errors", "timeouts", "module_errors")
NOTHING = "no such series in the last hour"
NONE_YET = ": right if there was none yet"

# Whether a field's query gave what it should, and the words for it.
Answer = tuple[bool, str]


class Tried(NamedTuple):
    """What a field's query gave; `good` unless somebody should look at it again."""

    field: str
    good: bool
    text: str


def try_out(
    settings: VitalsSource, *, at: datetime | None = None, server: Server | None = None
) -> list[Tried]:
    """Ask each configured field over the hour before `at` (now), for 20 seconds at most. Writes nothing.

    Never raises SourceFailed: a failure is what the field's line says. A server that does not answer at
    all is one line, of the field `kind`.
    """
    until = at or timezone.now()
    trial = _Trial(settings, server or Server(portal.PROMETHEUS_URL, whole_seconds=SECONDS / 4), until)
    try:
        trial.server.query("vector(1)", until)
    except SourceFailed as failure:
        return [Tried("kind", False, str(failure))]
    ends = time.monotonic() + SECONDS
    tried = []
    for field, ask in trial.questions():
        if time.monotonic() > ends:
            tried.append(Tried(field, False, "not tried: the server is too slow"))
            continue
        try:
            tried.append(Tried(field, *ask()))
        except SourceFailed as failure:
            tried.append(Tried(field, False, str(failure)))
    return tried


class _Trial:
    def __init__(self, settings: VitalsSource, server: Server, until: datetime) -> None:
        self.settings = settings
        self.server = server
        self.window = Window(until - timedelta(hours=1), until)
        self.by_user = settings.plan.module.unit == Module.Unit.USER

    def questions(self) -> list[tuple[str, Callable[[], Answer]]]:
        """The configured fields, each with what to ask."""
        ask: dict[str, Callable[[str], Answer]] = {
            **{name: partial(self._counter, name in RARE) for name in COUNTERS},
            **dict.fromkeys(HISTOGRAMS, self._histogram),
            **dict.fromkeys(PERCENTAGES, self._percentage),
            "database_ms": self._milliseconds,
            "database_failures": self._total,
            **dict.fromkeys(USERS, self._users),
        }
        fields = [
            (name, partial(each, text))
            for name, each in ask.items()
            if (text := getattr(self.settings, name))
        ]
        further = self.settings.counters.items()
        return [
            *fields,
            *((f"counters.{name}", partial(self._counter, True, text)) for name, text in further),
        ]

    def _counter(self, rare: bool, series: str) -> Answer:
        conf = self.settings
        labels = tuple(filter(None, (conf.workspace_label, conf.arm_label if self.by_user else "")))
        rows = self.server.query(promql.growth(series, self.window, labels), self.window.until)
        if not rows:
            return rare, f"{NOTHING}{NONE_YET if rare else ''}"
        said = f"{round(sum(row.value for row in rows)):,} in the last hour"
        good = True
        if conf.workspace_label:
            good, more = _workspaces(rows, conf.workspace_label)
            said += more
        if self.by_user and not {row.labels.get(conf.arm_label) for row in rows} & {COHORT_ARM, CONTROL_ARM}:
            return False, f"{said}; no series says on or off in the label {conf.arm_label}"
        return good, said

    def _total(self, series: str) -> Answer:
        found = self.server.single(promql.growth(series, self.window), self.window.until)
        return True, NOTHING + NONE_YET if found is None else f"{round(found):,} in the last hour"

    def _histogram(self, text: str) -> Answer:
        query = promql.plain_growth(promql.selector(text).of("_bucket"), self.window, ("le",))
        rows = self.server.query(query, self.window.until)
        if not rows:
            return False, NOTHING
        found = {bound_ms(row.labels): row.value for row in rows}
        said = f"{round(max(found.values())):,} in the last hour"
        missing = histograms.missing_bounds(found)
        if not missing:
            return True, said
        last = max((bound for bound in found if bound != float("inf")), default=0)
        said += f"; no bucket at {', '.join(map(str, missing))} ms, where counts are interpolated"
        if last < histograms.BEYOND_MS:
            return False, f"{said}, and none above {last:g} ms, where nothing can be told"
        return True, said

    def _percentage(self, expression: str) -> Answer:
        found = self._mean(expression)
        if found is None:
            return False, NOTHING
        if not 1 < found <= 100:
            return False, f"{found:.4g}: is it percent, from 0 to 100?"
        return True, f"{found:.4g} %"

    def _milliseconds(self, expression: str) -> Answer:
        found = self._mean(expression)
        return (False, NOTHING) if found is None else (True, f"{found:.4g} ms")

    def _mean(self, expression: str) -> float | None:
        query = promql.over_time("avg_over_time", expression, self.window)
        return self.server.single(f"max({query})", self.window.until)

    def _users(self, expression: str) -> Answer:
        found = self.server.single(f"sum({expression})", self.window.until)
        return (False, "no such series now") if found is None else (True, f"{round(found):,} now")


def _workspaces(rows: list[Row], label: str) -> Answer:
    """Whether the label holds workspaces that the portal knows, and how many."""
    named = {row.labels[label] for row in rows if row.labels.get(label)}
    if not named:
        return False, f"; no series has the label {label}"
    known = len(named & set(Workspace.objects.values_list("pk", flat=True)))
    unknown = f", {len(named) - known:,} of them unknown to the portal" if known < len(named) else ""
    return known > 0, f" in {len(named):,} workspaces{unknown}"
