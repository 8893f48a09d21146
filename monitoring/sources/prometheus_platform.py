"""The platform's gauges from a Prometheus server: memory, processor, disk and database."""

from monitoring.models import VitalsSource
from monitoring.sources import promql
from monitoring.sources.prometheus_server import Server
from monitoring.vitals import Gauges, Window


def gauges(settings: VitalsSource, server: Server, window: Window) -> Gauges:
    """Of several series, such as hosts, the worst counts: the fullest memory, not the mean of all.

    `readings` are the minutes in which a gauge could be read. Raises SourceFailed.
    """
    platform = _Platform(settings, server, window)
    mean_ms, p95_ms = platform.database()
    read = {
        "memory": platform.gauge("max", "avg_over_time", settings.memory),
        "cpu": platform.gauge("max", "avg_over_time", settings.cpu),
        "disk": platform.gauge("max", "max_over_time", settings.disk),
        "database_ms": mean_ms,
        "database_p95_ms": p95_ms,
    }
    failures = platform.failures()
    readings = platform.readings() or any(each is not None for each in (*read.values(), failures))
    return Gauges(readings=int(readings), database_failures=failures, **read)


class _Platform:
    def __init__(self, settings: VitalsSource, server: Server, window: Window) -> None:
        self.settings = settings
        self.server = server
        self.window = window

    def gauge(
        self, across: str, function: str, expression: str, *, quantile: float | None = None
    ) -> float | None:
        """A function over time of each series, and one `across` them; None without a reading."""
        if not expression:
            return None
        return self._ask(
            f"{across}({promql.over_time(function, expression, self.window, quantile=quantile)})"
        )

    def database(self) -> tuple[float | None, float | None]:
        """Mean and p95 of a query in milliseconds: of all queries by a histogram, else of readings."""
        if not self.settings.database_latency:
            expression = self.settings.database_ms
            return (
                self.gauge("avg", "avg_over_time", expression),
                self.gauge("max", "quantile_over_time", expression, quantile=0.95),
            )
        series = promql.selector(self.settings.database_latency)
        total, count = (promql.plain_growth(series.of(suffix), self.window) for suffix in ("_sum", "_count"))
        buckets = promql.plain_growth(series.of("_bucket"), self.window, ("le",))
        # Without a query in the window both are 0/0: no answer, and not an error.
        return (
            self._ask(f"1000 * {total} / ({count} > 0)"),
            self._ask(f"1000 * histogram_quantile(0.95, {buckets}) >= 0"),
        )

    def failures(self) -> int | None:
        """Connections to the database that failed; None where no such counter was there."""
        if not self.settings.database_failures:
            return None
        found = self._ask(promql.growth(self.settings.database_failures, self.window))
        return None if found is None else round(found)

    def readings(self) -> int:
        conf = self.settings
        expressions = filter(None, (conf.memory, conf.cpu, conf.disk, conf.database_ms))
        counted = [promql.over_time("count_over_time", each, self.window) for each in expressions]
        return int(self._ask(f"max({' or '.join(counted)})") or 0) if counted else 0

    def _ask(self, query: str) -> float | None:
        return self.server.single(query, self.window.until)
