"""Vitals as a real Prometheus server tells them, against sums made by hand of what it remembers."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from monitoring.membership import Membership
from monitoring.models import VitalsSource
from monitoring.sources.base import Source, SourceFailed
from monitoring.sources.prometheus import PrometheusSource
from monitoring.sources.prometheus_server import Server
from monitoring.sources.trial import Tried, try_out
from monitoring.vitals import Count, Gauges, UnitKey, Use, Vitals, Window
from tests import builders
from tests.monitoring.private_prometheus import History, PrivatePrometheus
from tests.monitoring.prometheus_world import BY_USER, HOUR, MEMBERSHIP, MINUTE, NOON, remembered

pytestmark = pytest.mark.skipif(bool(PrivatePrometheus.why_not()), reason=PrivatePrometheus.why_not())

LAST_HOUR = Window(NOON - HOUR, NOON)


# Of the session: tests with a database run before those without, so a module is come back to.
@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    private = PrivatePrometheus(remembered())
    yield Server(private.url)
    private.remove()


def settings(**values: Any) -> VitalsSource:
    return VitalsSource(kind="prometheus", **values)


def source(server: Server, membership: Membership = MEMBERSHIP, **values: Any) -> PrometheusSource:
    return PrometheusSource(settings(**values), membership, server)


def by_user(server: Server, **values: Any) -> PrometheusSource:
    series = {"requests": "health_requests_total", "errors": 'health_requests_total{status="500"}'}
    return source(server, BY_USER, latency="", **{**series, **values})


def workspace_counts(source: Source, window: Window) -> dict[str, Count]:
    return {unit.workspace: count for unit, count in source.counts(window).items()}


def test_counts_are_what_the_scrapes_grew_by(server: Server) -> None:
    found = workspace_counts(source(server), LAST_HOUR)
    assert found == {
        "W1": Count(1_200, 60),
        "W2": Count(264, 24),
        "W3": Count(63, 3),
        "W4": Count(60, 12),
        "W5": Count(60, 0),
        "W9": Count(60, 0),
    }


def test_a_counter_that_began_again_loses_only_what_no_scrape_saw(server: Server) -> None:
    # 24 an hour but for the five minutes between the last scrape before the restart and the one at it.
    assert workspace_counts(source(server), Window(NOON - 3 * HOUR, NOON))["W2"] == Count(720 + 70, 70)


def test_the_first_failures_of_a_workspace_count(server: Server) -> None:
    plain = server.query('sum(increase(http_requests_total{status="503"}[1h]))', NOON)[0].value
    assert round(plain) == 1
    assert workspace_counts(source(server), Window(NOON - 24 * HOUR, NOON))["W3"] == Count(1_443, 3)


def test_what_a_new_instance_counted_before_it_was_known_does_not(server: Server) -> None:
    assert workspace_counts(source(server), LAST_HOUR)["W5"].errors == 0


def test_baseline_days_count_from_hourly_scrapes_too(server: Server) -> None:
    day = Window(NOON - 72 * HOUR, NOON - 48 * HOUR)
    found = workspace_counts(source(server), day)
    assert found["W1"] == Count(24 * 1_200, 24 * 60)
    assert found["W3"] == Count(24 * 60, 0)


def test_errors_are_at_most_the_requests(server: Server) -> None:
    swapped = source(server, requests='http_requests_total{status="500"}', errors="http_requests_total")
    assert workspace_counts(swapped, LAST_HOUR)["W1"] == Count(60, 60)
    assert swapped.arms(LAST_HOUR).cohort.total == Count(60, 60)


def test_arms_are_sums_of_the_cohort_and_of_the_control(server: Server) -> None:
    conf: dict[str, Any] = {
        "timeouts": "timeouts_total",
        "module_requests": "engagement_requests_total",
        "module_errors": "engagement_errors_total",
    }
    cohort, control = source(server, **conf).arms(LAST_HOUR)
    assert (cohort.total, control.total) == (Count(1_527, 87), Count(120, 12))
    assert (cohort.timeouts, cohort.judged) == (12, Count(72, 12))
    assert control.judged == control.total


def test_the_whole_is_everybody_in_a_workspace_in_either_arm_or_none(server: Server) -> None:
    found = source(server).whole(LAST_HOUR)
    arms = source(server).arms(LAST_HOUR)
    both = arms.cohort.plus(arms.control)
    # W9 is in neither arm, and has 60 requests an hour.
    assert found.total == Count(both.requests + 60, both.errors)
    # 440 say which arm they are of.
    assert by_user(server).whole(LAST_HOUR).total == Count(470, 47)


def test_latency_is_interpolated_where_the_histogram_has_no_such_bound(server: Server) -> None:
    cohort, control = source(server).arms(LAST_HOUR)
    # 200 ms lies two thirds of the way from 100 (60) to 250 (72), 300 a fifth from 250 to 500 (90), 2 s two
    # thirds from 1 s (108) to 2.5 s (114).
    assert cohort.buckets == (30, 60, 68, 76, 90, 108, 112, 120, 120)
    assert cohort.latency_sum_ms == pytest.approx(60_000)
    assert cohort.mean_ms == pytest.approx(500)
    assert control.buckets == cohort.buckets


def test_requests_in_are_everybodys(server: Server) -> None:
    assert source(server).requests_in(LAST_HOUR) == 1_200 + 264 + 63 + 60 + 60 + 60 + 600


@pytest.mark.parametrize(
    ("series", "window"),
    [
        ("http_requests_total", Window(NOON - 300 * HOUR, NOON - 299 * HOUR)),
        ("no_such_total", LAST_HOUR),
    ],
)
def test_requests_are_unknown_where_no_series_was(server: Server, series: str, window: Window) -> None:
    assert source(server, requests=series).requests_in(window) is None
    assert source(server, requests=series).counts(window) == {}


def test_requests_are_none_and_known_where_a_series_stood_still(server: Server) -> None:
    assert (
        source(server, requests="database_failures_total").requests_in(Window(NOON - 3 * HOUR, NOON - HOUR))
        == 0
    )


def test_gauges_are_of_the_worst_host_and_skip_what_is_no_number(server: Server) -> None:
    found = source(
        server,
        memory="memory_percent",
        database_ms="database_mean_ms",
        database_failures="database_failures_total",
    ).gauges(LAST_HOUR)
    # One reading a minute: 70 % up to 11:34, 90 % from then on.
    assert found.memory == pytest.approx((35 * 70 + 26 * 90) / 61)
    assert (found.cpu, found.disk) == (None, None)
    assert (found.database_ms, found.database_p95_ms) == (20, 20)
    assert found.database_failures == 3
    assert found.readings == 61


def test_the_database_is_told_by_its_histogram_where_there_is_one(server: Server) -> None:
    found = source(server, database_latency="query_seconds").gauges(LAST_HOUR)
    assert found.database_ms == pytest.approx(40)
    # Half of the way from 90 % at 100 ms to all at 500 ms.
    assert found.database_p95_ms == pytest.approx(300)
    assert found.readings == 1


def test_gauges_that_nobody_configured_are_no_readings(server: Server) -> None:
    assert source(server).gauges(LAST_HOUR) == Gauges()


def test_gauges_without_a_series_are_no_readings(server: Server) -> None:
    absent = source(server, memory="no_such", database_latency="no_such", database_failures="no_such")
    assert absent.gauges(LAST_HOUR) == Gauges()


def test_use_is_the_cohorts_counters_and_the_products_users(server: Server) -> None:
    found = source(
        server,
        counters={"portalVisits": "portal_visits_total", "noShows": "no_such_total"},
        daily_users="daily_users",
        weekly_users="no_such",
    ).use(NOON)
    assert found == Use(daily_users=42, weekly_users=None, counters={"portalVisits": 240})


def test_workspaces_that_used_the_module_since_then(server: Server) -> None:
    module = source(server, module_requests="engagement_requests_total")
    with time_machine.travel(NOON + 2 * MINUTE, tick=False):
        assert module.used_since(NOON - 24 * HOUR) == frozenset({"W1", "W2"})
        assert module.used_since(NOON - 48 * HOUR) == frozenset({"W1", "W2", "W3"})
        visits = source(server, used="portal_visits_total")
        assert visits.used_since(NOON - 24 * HOUR) == frozenset({"W1", "W4"})


def test_use_is_unknown_where_nothing_tells_it(server: Server) -> None:
    assert source(server).used_since(NOON - 24 * HOUR) is None
    assert source(server, used="portal_visits_total", workspace_label="").used_since(NOON - HOUR) is None


def test_without_a_workspace_label_everything_is_the_cohorts(server: Server) -> None:
    blind = source(server, workspace_label="")
    assert not blind.by_workspace
    assert blind.counts(LAST_HOUR) == {UnitKey(""): Count(2_307, 99)}
    cohort, control = blind.arms(LAST_HOUR)
    assert cohort.total == Count(2_307, 99)
    assert cohort.buckets[-1] == 240
    assert control == Vitals()


def test_arms_of_a_user_module_are_told_by_their_label(server: Server) -> None:
    found = by_user(server)
    assert found.by_workspace
    assert found.counts(LAST_HOUR) == {
        UnitKey("W1", "on"): Count(120, 12),
        UnitKey("W1", "off"): Count(240, 24),
        UnitKey("W2", "off"): Count(60, 6),
        UnitKey("", "on"): Count(20, 2),
        UnitKey("W1", ""): Count(30, 3),
    }
    cohort, control = found.arms(LAST_HOUR)
    assert (cohort.total, control.total) == (Count(140, 14), Count(300, 30))


def test_arms_are_told_without_a_workspace_label(server: Server) -> None:
    found = by_user(server, workspace_label="")
    assert not found.by_workspace
    assert found.counts(LAST_HOUR)[UnitKey("", "on")] == Count(140, 14)
    assert [arm.requests for arm in found.arms(LAST_HOUR)] == [140, 300]


def test_users_that_have_a_user_module_are_who_uses_it(server: Server) -> None:
    with time_machine.travel(NOON, tick=False):
        found = by_user(server, used="health_requests_total").used_since(NOON - HOUR)
    assert found == frozenset({"W1"})


def test_a_query_that_the_server_refuses_fails_with_its_words(server: Server) -> None:
    with pytest.raises(SourceFailed, match=r"refused the query: .*no_such_function"):
        source(server, memory="no_such_function(up)").gauges(LAST_HOUR)


def test_a_gauge_that_is_no_finite_number_fails(server: Server) -> None:
    with pytest.raises(SourceFailed, match="inf"):
        source(server, memory="memory_percent / 0").gauges(LAST_HOUR)


def test_a_server_that_was_stopped_fails() -> None:
    private = PrivatePrometheus(History())
    try:
        found = PrometheusSource(settings(), MEMBERSHIP, Server(private.url))
        assert found.requests_in(LAST_HOUR) is None
        private.stop()
        with pytest.raises(SourceFailed, match="cannot be reached: Connection refused"):
            found.requests_in(LAST_HOUR)
    finally:
        private.remove()


@pytest.mark.django_db
def test_trying_says_of_each_field_what_came_back(server: Server) -> None:
    plan = builders.a_plan(0)
    builders.workspaces(["W1", "W2", "W3", "W4", "W5"])
    conf = settings(
        plan=plan,
        timeouts="no_such_total",
        used="engagement_typo_total",
        memory="memory_percent",
        cpu="memory_percent / 1000",
        disk="((memory_percent)",
        database_ms="database_mean_ms",
        database_failures="database_failures_total",
        daily_users="daily_users",
        counters={"visits": "portal_visits_total"},
    )
    tried = try_out(conf, at=NOON, server=server)
    assert tried[:-1] == [
        Tried("requests", True, "2,307 in the last hour in 6 workspaces, 1 of them unknown to the portal"),
        Tried("errors", True, "99 in the last hour in 5 workspaces"),
        Tried("timeouts", True, "no such series in the last hour: right if there was none yet"),
        Tried("used", False, "no such series in the last hour"),
        Tried(
            "latency",
            True,
            "240 in the last hour; no bucket at 200, 300, 2000 ms, where counts are interpolated",
        ),
        Tried("memory", True, "78.52 %"),
        Tried("cpu", False, "0.07852: is it percent, from 0 to 100?"),
        tried[7],
        Tried("database_ms", True, "20 ms"),
        Tried("database_failures", True, "3 in the last hour"),
        Tried("daily_users", True, "42 now"),
    ]
    assert tried[-1] == Tried("counters.visits", True, "17 in the last hour in 2 workspaces")
    assert tried[7].field == "disk"
    assert "parse error" in tried[7].text


@pytest.mark.django_db
def test_trying_says_when_no_series_has_the_labels(server: Server) -> None:
    conf = settings(plan=builders.a_plan(0), workspace_label="tenant", latency="query_seconds")
    said = {field: (good, text) for field, good, text in try_out(conf, at=NOON, server=server)}
    assert said["requests"] == (False, "2,307 in the last hour; no series has the label tenant")
    assert "and none above 500 ms" in said["latency"][1]


@pytest.mark.django_db
def test_trying_a_user_module_asks_for_its_arms(server: Server) -> None:
    builders.modules()
    conf = settings(plan=builders.health(), workspace_label="", latency="")
    said = {field: (good, text) for field, good, text in try_out(conf, at=NOON, server=server)}
    assert said["requests"] == (False, "2,307 in the last hour; no series says on or off in the label arm")


@pytest.mark.django_db
def test_trying_a_server_that_is_not_there_is_one_line() -> None:
    (line,) = try_out(settings(plan=builders.a_plan(0)), at=NOON + timedelta(0), server=Server(""))
    assert line == Tried("kind", False, "PROMETHEUS_URL is not set.")
