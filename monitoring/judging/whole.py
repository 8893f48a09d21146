"""Rollback triggers over everybody's traffic: what a deployment is judged by, which reaches all at once."""

from typing import NamedTuple

from monitoring.judging import triggers
from monitoring.judging.wording import percent
from monitoring.vitals import Gauges, Vitals


class Trigger(NamedTuple):
    """A trigger that an hour broke: its criterion's name, what was measured, and what may be, in words."""

    name: str
    measured: str
    limit: str


def broken(traffic: Vitals, platform: Gauges) -> tuple[Trigger, ...]:
    """The triggers of SPEC 4.3, point 3, that one hour breaks. What was not measured breaks none."""
    found = []
    if triggers.many_fail(traffic):
        failed = f"{percent(traffic.total.rate)} of {traffic.requests:,} requests failed"
        found.append(Trigger("errors_over_5_percent", failed, f"at most {percent(triggers.MOST_ERRORS)}"))
    if triggers.is_slow(traffic):
        took = f"the slowest 5 % of responses took over {traffic.p95_ms:,.0f} ms"
        found.append(Trigger("p95_over_2000_ms", took, f"at most {triggers.MOST_P95_MS:,} ms"))
    if triggers.failing_database(platform):
        failures = platform.database_failures or 0
        noun = "connection" if failures == 1 else "connections"
        found.append(Trigger("database_failures", f"{failures:,} database {noun} failed", "none"))
    if triggers.out_of_memory(platform):
        used = f"memory was at {platform.memory:.0f} %"
        found.append(Trigger("memory_over_95_percent", used, f"at most {triggers.MOST_MEMORY} %"))
    return tuple(found)
