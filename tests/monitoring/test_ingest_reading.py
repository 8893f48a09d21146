"""Every fault of a sample is named at its field, and a sample without one is read as it is."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitoring.ingest.adding import add_up
from monitoring.ingest.counts import BUCKETS
from monitoring.ingest.gauges import Reading, read_gauges
from monitoring.ingest.reading import Reader, Row, Sample, Span

NOW = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
SPAN = Span(NOW - timedelta(days=35), NOW + timedelta(minutes=5))
HOUR = datetime(2026, 3, 2, 12, tzinfo=UTC)
SAMPLE: dict[str, Any] = {"workspace": "W1", "at": "2026-03-02T12:40:00Z", "requests": 100, "errors": 4}
MODULE = {**SAMPLE, "moduleRequests": 30, "moduleErrors": 2}
BUCKETED = {
    **SAMPLE,
    "latencyBuckets": dict(zip(BUCKETS, range(10, 100, 10), strict=True)),
    "latencySumMs": 5.5,
}
LEFT_OUT = object()


def reader(*, by_user: bool = False) -> Reader:
    return Reader("patient_engagement", by_user=by_user, workspaces={"W1"}, span=SPAN)


def changed(sample: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {name: value for name, value in {**sample, **values}.items() if value is not LEFT_OUT}


def read(given: Any, *, by_user: bool = False) -> Sample:
    found = reader(by_user=by_user).read(given)
    assert isinstance(found, Sample), found
    return found


def faults(given: Any, *, by_user: bool = False) -> dict[str, str]:
    found = reader(by_user=by_user).read(given)
    assert isinstance(found, dict), found
    return found


def test_a_sample_is_read_into_its_hour() -> None:
    found = read({**BUCKETED, **MODULE, "timeouts": 3, "counters": {"noShows": 1}, "users": ["ada", "ada"]})
    assert found.row == Row(HOUR, "W1", "")
    assert found.sums == (100, 4, 3, 30, 2, 5.5, 10, 20, 30, 40, 50, 60, 70, 80, 90)
    assert found.counters == {"noShows": 1}
    assert len(found.users) == 1


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (None, [""]),
        ([], [""]),
        ({}, ["workspace", "at"]),
        (changed(SAMPLE, workspace=LEFT_OUT), ["workspace"]),
        (changed(SAMPLE, workspace=""), ["workspace"]),
        (changed(SAMPLE, workspace=5), ["workspace"]),
        (changed(SAMPLE, workspace=["W1"]), ["workspace"]),
        (changed(SAMPLE, workspace="W2"), ["workspace"]),
        (changed(SAMPLE, workspace="W" * 101), ["workspace"]),
        (changed(SAMPLE, workspace="\ud800"), ["workspace"]),
        (changed(SAMPLE, arm="on"), ["arm"]),
        (changed(SAMPLE, arm=""), ["arm"]),
        (changed(SAMPLE, at=LEFT_OUT), ["at"]),
        (changed(SAMPLE, at="2026-03-02T12:40:00"), ["at"]),
        (changed(SAMPLE, at="2026-03-02"), ["at"]),
        (changed(SAMPLE, at="yesterday"), ["at"]),
        (changed(SAMPLE, at=1_772_455_200), ["at"]),
        (changed(SAMPLE, at=None), ["at"]),
        (changed(SAMPLE, at="0001-01-01T00:00:00+14:00"), ["at"]),
        (changed(SAMPLE, at="9999-12-31T23:59:59-14:00"), ["at"]),
        (changed(SAMPLE, at="2026-03-02T13:35:01Z"), ["at"]),
        (changed(SAMPLE, at="2026-01-26T13:29:59Z"), ["at"]),
        (changed(SAMPLE, errors=LEFT_OUT), ["errors"]),
        (changed(SAMPLE, requests=LEFT_OUT), ["requests"]),
        (changed(SAMPLE, requests=LEFT_OUT, errors=LEFT_OUT), ["requests"]),
        (changed(SAMPLE, errors=-1), ["errors"]),
        (changed(SAMPLE, errors=1.0), ["errors"]),
        (changed(SAMPLE, errors="4"), ["errors"]),
        (changed(SAMPLE, errors=True), ["errors"]),
        (changed(SAMPLE, errors=None), ["errors"]),
        (changed(SAMPLE, errors=math.nan), ["errors"]),
        (changed(SAMPLE, errors=101), ["errors"]),
        (changed(SAMPLE, requests=10**9 + 1), ["requests"]),
        (changed(SAMPLE, requests=10**4_000), ["requests"]),
        (changed(SAMPLE, timeouts=101), ["timeouts"]),
        (changed(SAMPLE, timeouts=-1), ["timeouts"]),
        (changed(SAMPLE, requests=LEFT_OUT, errors=LEFT_OUT, timeouts=1), ["requests"]),
        (changed(MODULE, moduleErrors=LEFT_OUT), ["moduleErrors"]),
        (changed(MODULE, moduleRequests=LEFT_OUT), ["moduleRequests"]),
        (changed(MODULE, moduleErrors=31), ["moduleErrors"]),
        (changed(MODULE, moduleRequests=101), ["moduleRequests"]),
        (changed(MODULE, requests=LEFT_OUT, errors=LEFT_OUT), ["requests"]),
        (changed(BUCKETED, latencySumMs=LEFT_OUT), ["latencySumMs"]),
        (changed(BUCKETED, latencyBuckets=LEFT_OUT), ["latencyBuckets"]),
        (changed(BUCKETED, latencySumMs=math.nan), ["latencySumMs"]),
        (changed(BUCKETED, latencySumMs=math.inf), ["latencySumMs"]),
        (changed(BUCKETED, latencySumMs=-0.1), ["latencySumMs"]),
        (changed(BUCKETED, latencySumMs="5"), ["latencySumMs"]),
        (changed(BUCKETED, latencyBuckets=[1] * 9), ["latencyBuckets"]),
        (changed(BUCKETED, latencyBuckets={"50": 1}), ["latencyBuckets"]),
        (
            changed(BUCKETED, latencyBuckets={**BUCKETED["latencyBuckets"], "100": 5}),
            ["latencyBuckets.100"],
        ),
        (
            changed(BUCKETED, latencyBuckets={**BUCKETED["latencyBuckets"], "50": -1, "200": 2.5}),
            ["latencyBuckets.50", "latencyBuckets.200"],
        ),
        (
            changed(BUCKETED, latencyBuckets={**BUCKETED["latencyBuckets"], "+Inf": 101}),
            ["latencyBuckets.+Inf"],
        ),
        (changed(SAMPLE, counters=[]), ["counters"]),
        (changed(SAMPLE, counters={"": 1}), ["counters"]),
        (changed(SAMPLE, counters={"a" * 61: 1}), ["counters"]),
        (changed(SAMPLE, counters={"no shows": 1}), ["counters"]),
        (changed(SAMPLE, counters={"no\0": 1}), ["counters"]),
        (changed(SAMPLE, counters={"noShows\n": 1}), ["counters"]),
        (changed(SAMPLE, counters={"noShows": -1, "due": 1.5}), ["counters.noShows", "counters.due"]),
        (changed(SAMPLE, counters={f"c{number}": 1 for number in range(101)}), ["counters"]),
        (changed(SAMPLE, users="ada"), ["users"]),
        (changed(SAMPLE, users=["ada", 5]), ["users[1]"]),
        (changed(SAMPLE, users=[""]), ["users[0]"]),
        (changed(SAMPLE, users=["a" * 121]), ["users[0]"]),
        (changed(SAMPLE, users=["\ud800"]), ["users[0]"]),
        (changed(SAMPLE, users=["ada"] * 10_001), ["users"]),
        (changed(SAMPLE, request=5, errors=500), ["request", "errors"]),
        (changed(SAMPLE, **{"a\0": 1}), ["a\\x00"]),
    ],
)
def test_every_fault_of_a_sample_is_named_at_its_field(given: Any, named: list[str]) -> None:
    assert list(faults(given)) == named


def test_a_fault_shows_numbers_and_never_a_text() -> None:
    assert faults(changed(SAMPLE, errors=math.nan))["errors"].endswith(", not NaN")
    assert faults(changed(SAMPLE, errors=-math.inf))["errors"].endswith(", not -Infinity")
    assert faults(changed(SAMPLE, errors=True))["errors"].endswith(", not true")
    assert faults(changed(SAMPLE, errors="Ada Lovelace"))["errors"].endswith(", not a text")
    assert len(faults(changed(SAMPLE, errors=10**4_000))["errors"]) < 120
    assert "ada" not in str(faults(changed(SAMPLE, users=["ada\n"])))


@pytest.mark.parametrize(
    ("told", "hour"),
    [
        ("2026-03-02T12:00:00Z", 12),
        ("2026-03-02T12:59:59.999999+00:00", 12),
        ("2026-03-02T13:59:59+01:00", 12),
        ("2026-03-02T13:35:00Z", 13),
    ],
)
def test_a_time_counts_in_its_hour_of_utc(told: str, hour: int) -> None:
    assert read(changed(SAMPLE, at=told)).row.hour == HOUR.replace(hour=hour)


def test_the_largest_numbers_are_read() -> None:
    most = 10**9
    found = read(changed(BUCKETED, requests=most, errors=most, latencySumMs=10**12, counters={"a": most}))
    assert found.sums is not None
    assert found.sums[:6] == (most, most, 0, 0, 0, 1e12)


def test_a_sample_may_tell_counters_or_users_alone() -> None:
    for told in ({"counters": {"noShows": 0}}, {"users": ["ada"]}):
        assert read({"workspace": "W1", "at": SAMPLE["at"], **told}).sums is None


def test_where_users_have_the_module_the_arm_is_asked_for_and_the_workspace_is_not() -> None:
    assert read({**SAMPLE, "arm": "off"}, by_user=True).row == Row(HOUR, "W1", "off")
    assert read(changed(SAMPLE, workspace=LEFT_OUT, arm="on"), by_user=True).row == Row(HOUR, "", "on")
    assert list(faults(SAMPLE, by_user=True)) == ["arm"]
    for arm in ("ON", "", None, ["on"]):
        assert list(faults({**SAMPLE, "arm": arm}, by_user=True)) == ["arm"]
    assert list(faults({**SAMPLE, "workspace": "W2", "arm": "on"}, by_user=True)) == ["workspace"]


@pytest.mark.parametrize("name", ["users", "counters"])
def test_a_call_names_a_hundred_thousand_users_or_counters_at_most(name: str) -> None:
    one = reader()
    many: Any = ["ada"] * 10_000 if name == "users" else {f"c{number}": 1 for number in range(100)}
    calls = 100_000 // len(many)
    assert all(isinstance(one.read({**SAMPLE, name: many}), Sample) for _ in range(calls))
    found = one.read({**SAMPLE, name: many})
    assert isinstance(found, dict)
    assert "another batch" in found[name]


def test_a_user_has_one_digest_in_a_module_and_another_in_another() -> None:
    other = Reader("health_management", by_user=False, workspaces={"W1"}, span=SPAN)
    given = {**SAMPLE, "users": ["ada"]}
    again, elsewhere = read(given), other.read(given)
    assert isinstance(elsewhere, Sample)
    assert read(given).users == again.users != elsewhere.users
    assert all(0 <= user < 2**63 for user in again.users | elsewhere.users)


def test_samples_of_one_row_are_added_up() -> None:
    added = add_up([read(BUCKETED), read({**BUCKETED, "counters": {"noShows": 2}})])
    assert list(added.sums.values()) == [[200, 8, 0, 0, 0, 11.0, *range(20, 200, 20)]]
    assert list(added.counters.values()) == [{"noShows": 2}]


@pytest.mark.parametrize(
    ("told", "used"),
    [
        ({}, False),
        ({"counters": {"noShows": 0}}, False),
        ({"moduleRequests": 0, "moduleErrors": 0}, False),
        ({"moduleRequests": 1, "moduleErrors": 0}, True),
        ({"counters": {"noShows": 1}}, True),
        ({"users": ["ada"]}, True),
    ],
)
def test_a_module_is_used_where_it_has_requests_users_or_a_counter(told: dict[str, Any], used: bool) -> None:
    assert bool(add_up([read({**SAMPLE, **told})]).last_use) is used


GAUGES = {"at": "2026-03-02T13:00:00Z", "memory": 71.5}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (5, [""]),
        ({"at": GAUGES["at"]}, [""]),
        ({"memory": 5}, ["at"]),
        ({**GAUGES, "at": "2026-03-03T00:00:00Z"}, ["at"]),
        ({**GAUGES, "memory": 100.1, "cpu": -1, "disk": "5"}, ["memory", "cpu", "disk"]),
        ({**GAUGES, "memory": math.nan}, ["memory"]),
        ({**GAUGES, "databaseMs": -1}, ["databaseMs"]),
        ({**GAUGES, "databaseFailures": 1.5}, ["databaseFailures"]),
        ({**GAUGES, "swap": 5}, ["swap"]),
    ],
)
def test_every_fault_of_the_gauges_is_named(given: Any, named: list[str]) -> None:
    found = read_gauges(given, SPAN)
    assert not isinstance(found, Reading)
    assert list(found) == named


def test_gauges_are_read_with_what_was_left_out_unknown() -> None:
    found = read_gauges({**GAUGES, "databaseFailures": 2}, SPAN)
    assert found == Reading(HOUR.replace(hour=13), 71.5, None, None, None, 2)
