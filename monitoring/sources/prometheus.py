"""Vitals from a Prometheus server: every number is a query at the window's end."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings as portal
from django.utils import timezone

from monitoring import slots
from monitoring.membership import COHORT_ARM, CONTROL_ARM, Membership
from monitoring.models import VitalsSource
from monitoring.sources import histograms, prometheus_platform, promql
from monitoring.sources.base import SourceFailed
from monitoring.sources.prometheus_server import Row, Server
from monitoring.vitals import Arms, Count, Gauges, UnitKey, Use, Vitals, Window

DAY = timedelta(days=1)
# Longer windows are asked in pieces of this length: each stays far below the limits on time and on samples
# that a server sets a query.
PIECE = timedelta(hours=6)
ARMS = ("", COHORT_ARM, CONTROL_ARM)
# Fields of Vitals that are plain counters, and bear the same names in the settings.
COUNTED = ("requests", "errors", "timeouts", "module_requests", "module_errors")


class _Found(NamedTuple):
    unit: UnitKey
    value: float
    labels: Mapping[str, str]


class PrometheusSource:
    """The vitals of a plan whose source is Prometheus, by its `settings`.

    Counters are what `increase` makes of scrapes, rounded to whole requests. Without a workspace label all
    workspaces are one, which stands in the cohort: such a source has no control and no adoption.
    """

    def __init__(self, settings: VitalsSource, membership: Membership, server: Server | None = None) -> None:
        self.settings = settings
        self.membership = membership
        self.server = server or Server(portal.PROMETHEUS_URL)

    @property
    def by_workspace(self) -> bool:
        return bool(self.settings.workspace_label)

    def told_until(self, now: datetime) -> datetime:
        # A query at a time to come finds no sample there.
        return slots.full_hour(now)

    def counts(self, window: Window) -> Mapping[UnitKey, Count]:
        requests = self._by_unit(self.settings.requests, window)
        errors = self._by_unit(self.settings.errors, window)
        return {
            unit: Count(whole, min(whole, round(errors.get(unit, 0))))
            for unit, found in requests.items()
            if (whole := round(found))
        }

    def arms(self, window: Window) -> Arms:
        """Both arms; the errors are at most the requests, of the module as of the whole product."""
        _, cohort, control = self._measured(window)
        return Arms(cohort, control)

    def whole(self, window: Window) -> Vitals:
        neither, cohort, control = self._measured(window)
        return neither.plus(cohort).plus(control)

    def gauges(self, window: Window) -> Gauges:
        return prometheus_platform.gauges(self.settings, self.server, window)

    def use(self, until: datetime) -> Use:
        """Users are what the product's own gauges say at `until`; counters are sums of the cohort."""
        return Use(
            daily_users=self._users(self.settings.daily_users, until),
            weekly_users=self._users(self.settings.weekly_users, until),
            counters=self.counters(Window(until - DAY, until)),
        )

    def counters(self, window: Window) -> Mapping[str, int]:
        """The cohort's counters over any window; those that no series tells are not there."""
        counters = {}
        for name, series in self.settings.counters.items():
            if rows := self._growth(series, window):
                counters[name] = round(self._by_arm(rows)[COHORT_ARM])
        return counters

    def used_since(self, since: datetime) -> frozenset[str] | None:
        """The workspaces in which the module's counter of use grew; None where nothing tells them."""
        series = self.settings.used or self.settings.module_requests
        if not (series and self.by_workspace):
            return None
        found = self._by_unit(series, Window(since, timezone.now()))
        wanted = COHORT_ARM if self.membership.by_user else ""
        return frozenset(
            unit.workspace for unit, grown in found.items() if grown and unit.workspace and unit.arm == wanted
        )

    def requests_in(self, window: Window) -> int | None:
        series = self.settings.requests
        found = [self.server.single(promql.growth(series, each), each.until) for each in pieces(window)]
        known = [each for each in found if each is not None]
        return round(sum(known)) if known else None

    def _measured(self, window: Window) -> list[Vitals]:
        """The vitals of each of `ARMS`."""
        sums = {name: self._by_arm(self._growth(getattr(self.settings, name), window)) for name in COUNTED}
        latency_sum, buckets = self._latency(window)
        return [
            _vitals(
                {name: round(found[arm]) for name, found in sums.items()},
                latency_sum_ms=1_000 * latency_sum[arm],
                buckets=histograms.at_bounds(buckets[arm]),
            )
            for arm in ARMS
        ]

    def _users(self, expression: str, until: datetime) -> int | None:
        found = self.server.single(f"sum({expression})", until) if expression else None
        return None if found is None else round(found)

    def _by_unit(self, series: str, window: Window) -> dict[UnitKey, float]:
        sums: dict[UnitKey, float] = defaultdict(float)
        for found in self._growth(series, window):
            sums[found.unit] += found.value
        return sums

    def _growth(
        self,
        series: str,
        window: Window,
        *,
        more: tuple[str, ...] = (),
        compose: Callable[[str, Window, tuple[str, ...]], str] = promql.growth,
    ) -> list[_Found]:
        """A counter's growth by unit, `more` labels and piece of the window; nothing without a series."""
        if not series:
            return []
        labels = (*self._labels, *more)
        return [
            found
            for each in pieces(window)
            for found in self._of_units(self.server.query(compose(series, each, labels), each.until))
        ]

    @property
    def _labels(self) -> tuple[str, ...]:
        arm = self.settings.arm_label if self.membership.by_user else ""
        return tuple(filter(None, (self.settings.workspace_label, arm)))

    def _of_units(self, rows: Iterable[Row]) -> Iterator[_Found]:
        """Rows that belong to a unit: in some workspace, where they tell it, and in an arm that there is."""
        by_user = self.membership.by_user
        for labels, value in rows:
            unit = UnitKey(
                labels.get(self.settings.workspace_label, "") if self.by_workspace else "",
                labels.get(self.settings.arm_label, "") if by_user else "",
            )
            if unit.arm in ARMS and (by_user or unit.workspace or not self.by_workspace):
                yield _Found(unit, value, labels)

    def _by_arm(self, rows: Iterable[_Found]) -> dict[str, float]:
        sums: dict[str, float] = defaultdict(float)
        for unit, value, _ in rows:
            sums[self._arm_of(unit)] += value
        return sums

    def _arm_of(self, unit: UnitKey) -> str:
        """on, off, or "" for what is in neither."""
        if self.membership.by_user:
            return unit.arm
        if not self.by_workspace or self.membership.in_cohort(*unit):
            return COHORT_ARM
        return CONTROL_ARM if self.membership.in_control(*unit) else ""

    def _latency(self, window: Window) -> tuple[dict[str, float], dict[str, dict[float, float]]]:
        """The sum of latencies in seconds, and the responses by upper bound in milliseconds, of each arm."""
        buckets: dict[str, dict[float, float]] = defaultdict(lambda: defaultdict(float))
        if not self.settings.latency:
            return defaultdict(float), buckets
        series = promql.selector(self.settings.latency)
        total = self._growth(series.of("_sum"), window, compose=promql.plain_growth)
        found = self._growth(series.of("_bucket"), window, more=("le",), compose=promql.plain_growth)
        for unit, value, labels in found:
            buckets[self._arm_of(unit)][bound_ms(labels)] += value
        return self._by_arm(total), buckets


def pieces(window: Window) -> Iterator[Window]:
    """The window, or its parts where it is long, in order."""
    since = window.since
    while since < window.until:
        until = min(since + PIECE, window.until)
        yield Window(since, until)
        since = until


def bound_ms(labels: Mapping[str, str]) -> float:
    """A bucket's upper bound in milliseconds. Raises SourceFailed where the series is none of a histogram."""
    try:
        return 1_000 * float(labels["le"])
    except (KeyError, ValueError):
        raise SourceFailed("The series of the latency selector are not a histogram's buckets.") from None


def _vitals(sums: dict[str, int], *, latency_sum_ms: float, buckets: tuple[int, ...]) -> Vitals:
    sums["errors"] = min(sums["errors"], sums["requests"])
    sums["module_errors"] = min(sums["module_errors"], sums["module_requests"])
    return Vitals(**sums, latency_sum_ms=latency_sum_ms, buckets=buckets)
