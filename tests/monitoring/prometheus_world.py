"""What the private Prometheus remembers: three workspaces with the module, two without, and one outside.

Scrapes stand on the full hours of three days, and every five minutes of the last; so that what a window's
scrapes grew by, added up by hand, is what `increase` says of it.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from monitoring.membership import Membership
from tests.monitoring.private_prometheus import History

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SCRAPES = [NOON - 96 * HOUR + each * HOUR for each in range(72)] + [
    NOON - 24 * HOUR + each * 5 * MINUTE for each in range(289)
]
BEGIN = SCRAPES[0]
COHORT = dict.fromkeys(["W1", "W2", "W3"], NOON - 30 * HOUR)
CONTROL = frozenset({"W4", "W5"})
MEMBERSHIP = Membership(False, COHORT, CONTROL)
BY_USER = Membership(by_user=True)


def hour(at: datetime) -> float:
    """Hours since the history began."""
    return (at - BEGIN) / HOUR


def told(
    history: History, series: str, value: Callable[[datetime], float], *, since: datetime = BEGIN
) -> None:
    history.add(series, {at: value(at) for at in SCRAPES if at >= since})


def rising(history: History, series: str, per_hour: float) -> None:
    told(history, series, lambda at: per_hour * hour(at))


def labels(workspace: str, status: str = "", instance: str = "a:80") -> str:
    stated = f',status="{status}"' if status else ""
    return f'{{workspace="{workspace}"{stated},job="api",instance="{instance}"}}'


def remembered() -> History:
    """Requests an hour: 1200 in W1, 240 in W2, 60 in W3, W4, W5 and W9; 600 outside any workspace."""
    history = History()
    for instance, since in (("a:80", BEGIN), ("b:80", NOON - 30 * MINUTE)):
        told(history, f'up{{job="api",instance="{instance}"}}', lambda at: 1, since=since)
    _requests(history)
    _module(history)
    _latency(history)
    _platform(history)
    _arms(history)
    return history


def _requests(history: History) -> None:
    name = "http_requests_total"
    well = {"W1": 1140, "W2": 240, "W3": 60, "W4": 48, "W5": 60, "W9": 60, "": 600}
    for workspace, per_hour in well.items():
        rising(history, name + labels(workspace, "200"), per_hour)
    rising(history, name + labels("W1", "500"), 60)
    rising(history, name + labels("W4", "500"), 12)
    # W2's failures: 24 an hour; its process began again at 10:30 and counts from 0.
    restart = NOON - 90 * MINUTE
    told(
        history,
        name + labels("W2", "502"),
        lambda at: 24 * ((at - restart) / HOUR if at >= restart else hour(at)),
    )
    # W3's first failures ever: a series that begins at 11:20 with 2, and says 3 from 11:40 on.
    told(
        history,
        name + labels("W3", "503"),
        lambda at: 2 + (at >= NOON - 20 * MINUTE),
        since=NOON - 40 * MINUTE,
    )
    # An instance that ran for weeks before Prometheus heard of it at 11:30: its 5,000 failures are old.
    told(history, name + labels("W5", "500", "b:80"), lambda at: 5_000, since=NOON - 30 * MINUTE)


def _module(history: History) -> None:
    rising(history, "engagement_requests_total" + labels("W1"), 36)
    rising(history, "engagement_requests_total" + labels("W2"), 36)
    rising(history, "engagement_errors_total" + labels("W1"), 12)
    # W3 used the module once, a day and a half ago.
    told(history, "engagement_requests_total" + labels("W3"), lambda at: 5 if at > NOON - 36 * HOUR else 4)
    rising(history, "portal_visits_total" + labels("W1"), 10)
    rising(history, "portal_visits_total" + labels("W4"), 7)
    rising(history, "timeouts_total" + labels("W2"), 12)
    told(history, 'daily_users{job="api"}', lambda at: 42)


def _latency(history: History) -> None:
    """An hour in W1 and in W4: 120 responses in 60 seconds; the shares at or under each bound."""
    shares = {"0.05": 0.25, "0.1": 0.5, "0.25": 0.6, "0.5": 0.75, "1.0": 0.9, "2.5": 0.95, "5": 1, "+Inf": 1}
    name = "http_request_duration_seconds"
    for workspace in ("W1", "W4"):
        for le, share in shares.items():
            rising(history, f'{name}_bucket{{workspace="{workspace}",le="{le}"}}', 120 * share)
        rising(history, f'{name}_sum{{workspace="{workspace}"}}', 60)


def _platform(history: History) -> None:
    late = NOON - 30 * MINUTE
    told(history, 'memory_percent{host="a"}', lambda at: 40)
    told(history, 'memory_percent{host="b"}', lambda at: 90 if at > late else 70)
    # No query in a quiet minute: 0/0.
    told(history, "database_mean_ms", lambda at: float("nan") if at == late else 20)
    told(history, "database_failures_total", lambda at: 3 if at > late else 0)
    for le, share in (("0.05", 0.5), ("0.1", 0.9), ("0.5", 1), ("+Inf", 1)):
        rising(history, f'query_seconds_bucket{{le="{le}"}}', 600 * share)
    rising(history, "query_seconds_sum", 24)
    rising(history, "query_seconds_count", 600)


def _arms(history: History) -> None:
    """A user module's requests, of which a tenth fail."""
    an_hour = {
        ("W1", "on"): 120,
        ("W1", "off"): 240,
        ("W2", "off"): 60,
        ("", "on"): 20,
        ("W1", ""): 30,
        ("W1", "staff"): 40,
    }
    for (workspace, arm), per_hour in an_hour.items():
        for status, share in (("200", 0.9), ("500", 0.1)):
            series = f'health_requests_total{{workspace="{workspace}",arm="{arm}",status="{status}"}}'
            rising(history, series, per_hour * share)
