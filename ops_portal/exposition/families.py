"""Gauges on their way out: values by name and labels, checked against the catalogue."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.metrics_core import GaugeMetricFamily

from ops_portal.exposition.catalogue import GAUGES, PREFIX


class Families:
    """The gauges of one scrape at the moment `now`."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._families: dict[str, GaugeMetricFamily] = {}

    def set(self, gauge: str, value: float, **labels: str) -> None:
        """Set a gauge; `gauge` is one of the catalogue, and the labels are those that it says."""
        known = GAUGES[gauge]
        if gauge not in self._families:
            self._families[gauge] = GaugeMetricFamily(PREFIX + gauge, known.help, labels=known.labels)
        self._families[gauge].add_metric([labels[label] for label in known.labels], float(value))

    def age(self, gauge: str, at: datetime | None, **labels: str) -> None:
        """Set a gauge to the seconds since `at`, at least 0; not at all where that is None."""
        if at is not None:
            self.set(gauge, max(0.0, (self.now - at).total_seconds()), **labels)

    def __iter__(self) -> Iterator[GaugeMetricFamily]:
        return iter(self._families.values())
