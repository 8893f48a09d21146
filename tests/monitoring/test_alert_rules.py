"""What of a check's vitals is an alert by itself (SPEC 4.4): the bands, what clears them, what is said."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring import alert_rules
from monitoring.alert_rules import BETWEEN, CLEAR, FIRING, UNKNOWN, Reading, Scope
from monitoring.alert_rules.rules import (
    ADOPTION,
    DATABASE,
    DATABASE_SLOW,
    ERROR_RATE,
    MEMORY,
    RULES,
    SLOW,
    Rule,
)
from monitoring.judging.evidence import Adoption, Evidence
from monitoring.levels import CRITICAL, ERROR, LEVELS, WARNING, of_urgency
from monitoring.vitals import BOUNDS, Arms, Gauges, Vitals
from tests.monitoring.judging_evidence import PHASE, QUIET, Past, evidence, vitals

SCOPE = Scope("Patient Engagement", "patient_engagement", 10, enabled=40, eligible=400)
USERS = Scope("Health Management", "health_management", 5)
CONTROL = vitals(100_000, 800)


def read(rule: Rule, measured: Evidence, scope: Scope = SCOPE) -> Reading:
    [found] = [each for each in alert_rules.readings(measured, scope) if each.rule is rule]
    return found


def failing(errors: int, *, of: int = 10_000, before: int = 0, others: Vitals = CONTROL) -> Evidence:
    past = Past(cohort=lambda hours_ago: vitals(of, before))
    return evidence(hour=Arms(vitals(of, errors), others), history=past)


def taking(slower: dict[int, int], count: int = 1_000, others: Vitals = QUIET) -> Evidence:
    """`count` responses, of which so many took longer than each bound."""
    buckets = tuple(count - slower.get(bound, 0) for bound in BOUNDS)
    return evidence(hour=Arms(Vitals(requests=count, buckets=(*buckets, count)), others))


def slower(count: int, than: int) -> dict[int, int]:
    return {bound: count for bound in BOUNDS if bound <= than}


def on_the_platform(**gauges: float) -> Evidence:
    return evidence(gauges=Gauges(**gauges))  # type: ignore[arg-type]


# SPEC 4.4, row by row, as far as a metric can show it. The hard stop and the failure of a feature are a
# check's own; nobody measures lost data, a break-in, a failed integration.
TABLE = {
    "error rate > 10 % sustained": (ERROR_RATE, failing(1_500, before=1_500), CRITICAL),
    "system down": (DATABASE, on_the_platform(database_failures=40), CRITICAL),
    "error rate 5-10 %": (ERROR_RATE, failing(700), ERROR),
    "p95 > 1000 ms": (SLOW, taking(slower(100, 1_000)), ERROR),
    "memory > 90 %": (MEMORY, on_the_platform(memory=92.0), ERROR),
    "error rate 2-5 %": (ERROR_RATE, failing(350), WARNING),
    "p95 500-1000 ms": (SLOW, taking(slower(100, 500)), WARNING),
    "low adoption": (
        ADOPTION,
        evidence(phase=replace(PHASE, min_adoption=0.3), adoption=Adoption(1, 10)),
        WARNING,
    ),
}


@pytest.mark.parametrize("row", TABLE)
def test_the_table_of_levels_row_by_row(row: str) -> None:
    rule, measured, level = TABLE[row]
    fired = [each for each in alert_rules.readings(measured, SCOPE) if each.state == FIRING]
    assert [(each.rule, each.level) for each in fired] == [(rule, level)]
    assert fired[0].urgency is not None
    assert of_urgency(fired[0].urgency) == level


@pytest.mark.parametrize(
    ("errors", "before", "state", "level"),
    [
        # Wilson's lower bound of 228 in 10,000 is 2.005 %, of 227 1.996 %; so it goes on.
        (100, 0, CLEAR, ""),
        (160, 0, CLEAR, ""),
        (161, 0, BETWEEN, ""),
        (227, 0, BETWEEN, ""),
        (228, 0, FIRING, WARNING),
        (542, 0, FIRING, WARNING),
        (543, 0, FIRING, ERROR),
        (1_058, 0, FIRING, ERROR),
        # Above 10 % for the first hour, and for the second; the hour before must be as sure.
        (1_230, 0, FIRING, ERROR),
        (1_230, 1_058, FIRING, ERROR),
        (1_059, 1_059, FIRING, CRITICAL),
    ],
)
def test_the_bands_of_the_error_rate(errors: int, before: int, state: str, level: str) -> None:
    found = read(ERROR_RATE, failing(errors, before=before))
    assert (found.state, found.level) == (state, level)


def test_the_hour_before_is_read_only_above_ten_percent() -> None:
    for errors, asked in ((900, []), (1_230, [1])):
        measured = failing(errors)
        read(ERROR_RATE, measured)
        assert measured.history.asked == asked  # type: ignore[attr-defined]


def test_fewer_than_a_hundred_requests_say_nothing() -> None:
    assert read(ERROR_RATE, failing(99, of=99)).state == UNKNOWN
    assert read(ERROR_RATE, failing(99, of=100)).state == FIRING
    assert read(SLOW, taking(slower(99, 5_000), 99)).state == UNKNOWN


def test_a_hundred_requests_ring_when_the_interval_lies_above_the_line() -> None:
    """Wilson's lower bound of 5 in 100 is 2.2 %, of 4 in 100 1.6 %."""
    assert [read(ERROR_RATE, failing(errors, of=100)).level for errors in (4, 5)] == ["", WARNING]


def test_the_modules_own_requests_count_where_they_are_worse() -> None:
    """All of the module's requests fail, and they are 1 % of the product's."""
    hour = replace(QUIET, requests=20_000, errors=300, module_requests=200, module_errors=200)
    found = read(ERROR_RATE, evidence(hour=Arms(hour, CONTROL)))
    assert (found.level, found.title) == (ERROR, "100 % of requests of the module fail in Patient Engagement")
    well = replace(hour, errors=1_000, module_errors=0)
    assert read(ERROR_RATE, evidence(hour=Arms(well, CONTROL))).title.startswith("5 % of requests fail")
    few = replace(hour, module_requests=50, module_errors=50)
    assert read(ERROR_RATE, evidence(hour=Arms(few, CONTROL))).state == CLEAR


@pytest.mark.parametrize(
    ("measured", "state", "level"),
    [
        (slower(63, 300), CLEAR, ""),
        (slower(63, 500), BETWEEN, ""),
        (slower(64, 500), FIRING, WARNING),
        (slower(500, 500), FIRING, WARNING),
        (slower(64, 1_000), FIRING, ERROR),
        (slower(900, 5_000), FIRING, ERROR),
    ],
)
def test_slow_responses(measured: dict[int, int], state: str, level: str) -> None:
    """Wilson's lower bound of 64 in 1000 is 5.04 %, of 63 it is 4.95 %."""
    found = read(SLOW, taking(measured))
    assert (found.state, found.level) == (state, level)


@pytest.mark.parametrize(
    ("used", "state"), [(85.0, CLEAR), (85.1, BETWEEN), (90.0, BETWEEN), (90.1, FIRING), (None, UNKNOWN)]
)
def test_memory(used: float | None, state: str) -> None:
    found = read(MEMORY, evidence(gauges=Gauges(memory=used)))
    assert (found.state, found.level) == (state, ERROR if state == FIRING else "")


@pytest.mark.parametrize(("failures", "state"), [(0, CLEAR), (1, FIRING), (None, UNKNOWN)])
def test_a_database_that_is_not_reached_is_a_system_that_is_down(failures: int | None, state: str) -> None:
    found = read(DATABASE, evidence(gauges=Gauges(database_failures=failures)))
    assert (found.state, found.level) == (state, CRITICAL if state == FIRING else "")


@pytest.mark.parametrize(
    ("measured", "state"),
    [(80.0, CLEAR), (81.0, BETWEEN), (100.0, BETWEEN), (101.0, FIRING), (None, UNKNOWN)],
)
def test_the_database_as_fast_as_the_phase_asks(measured: float | None, state: str) -> None:
    phase = replace(PHASE, max_database_p95_ms=100)
    found = read(DATABASE_SLOW, evidence(phase=phase, database_p95_ms=measured))
    assert (found.state, found.level) == (state, WARNING if state == FIRING else "")


@pytest.mark.parametrize(
    ("used", "state"), [(Adoption(3, 10), CLEAR), (Adoption(2, 10), FIRING), (Adoption(0, 0), UNKNOWN)]
)
def test_adoption_by_the_line_of_the_gate(used: Adoption, state: str) -> None:
    found = read(ADOPTION, evidence(phase=replace(PHASE, min_adoption=0.3), adoption=used))
    assert (found.state, found.level) == (state, WARNING if state == FIRING else "")


@pytest.mark.parametrize("phase", [None, PHASE])
@pytest.mark.parametrize("rule", [ADOPTION, DATABASE_SLOW])
def test_what_a_phase_does_not_ask_for_is_not_missed(rule: Rule, phase: Any) -> None:
    assert read(rule, evidence(phase=phase)).state == CLEAR


def test_use_that_nobody_measures_is_unknown() -> None:
    phase = replace(PHASE, min_adoption=0.3)
    assert read(ADOPTION, evidence(phase=phase, adoption=None)).state == UNKNOWN


def test_a_healthy_hour_is_clear_of_every_rule() -> None:
    calm = evidence(phase=replace(PHASE, min_adoption=0.3), adoption=Adoption(5, 10))
    assert [each.state for each in alert_rules.readings(calm, SCOPE)] == [CLEAR] * len(RULES)


@given(requests=st.integers(100, 50_000), share=st.floats(0, 1), before=st.integers(0, 100))
def test_more_errors_are_never_less_of_an_alert(requests: int, share: float, before: int) -> None:
    fewer = round(requests * share * 0.9)
    found = [
        read(ERROR_RATE, failing(errors, of=requests, before=before * requests // 100))
        for errors in (fewer, round(requests * share))
    ]
    ranks = [(CLEAR, BETWEEN, FIRING).index(each.state) for each in found]
    assert ranks == sorted(ranks)
    urgent = [each.urgency or 0 for each in found]
    assert urgent == sorted(urgent)
    assert all((each.urgency is None) == (each.level == "") for each in found)


@pytest.mark.parametrize(("errors", "urgency"), [(260, 54), (400, 63), (560, 72), (900, 85)])
def test_urgency_grows_with_how_far_over_the_line_it_is(errors: int, urgency: int) -> None:
    found = read(ERROR_RATE, failing(errors))
    assert (found.urgency, of_urgency(urgency)) == (urgency, found.level)


def test_urgency_stays_within_its_level_however_far() -> None:
    for rule in RULES:
        for band in rule.bands:
            least, most = LEVELS[band.level].urgency
            assert rule.urgency(band.level, band.above) == least
            assert rule.urgency(band.level, band.top) == rule.urgency(band.level, 10 * band.top + 1) == most
    first_hour = read(ERROR_RATE, failing(1_230))
    assert (first_hour.level, first_hour.urgency) == (ERROR, 89)
    assert read(MEMORY, evidence(gauges=Gauges(memory=50.0))).urgency is None


def test_every_rule_clears_below_its_least_line_and_goes_from_the_worst_to_the_least() -> None:
    for rule in RULES:
        assert rule.clears_at <= rule.least
        assert [band.above for band in rule.bands] == sorted(
            (band.above for band in rule.bands), reverse=True
        )
        assert all(band.above < band.top for band in rule.bands)


def test_an_alert_says_what_where_whom_and_what_to_do() -> None:
    found = read(ERROR_RATE, failing(1_230, before=1_190))
    assert found.title == "12.3 % of requests fail in Patient Engagement"
    assert found.summary == (
        "12.3 % of 10,000 requests failed from 13:00 to 14:00 UTC, surely more than 11.7 %. "
        "In the hour before, 11.9 %. Without the feature it is 0.8 % of 100,000."
    )
    assert found.affected == "40 workspaces with the feature (10 % of 400)"
    for command in (
        "monitor_rollout",
        'rollout pause "REASON"',
        'rollout rollback "REASON"',
        "rollout set 0",
    ):
        assert f"`manage.py {command}`" in found.advice


def test_what_those_without_the_feature_show_as_well_is_the_whole_platforms() -> None:
    found = read(ERROR_RATE, failing(1_230, others=vitals(100_000, 11_000)))
    assert found.title == "12.3 % of requests fail on the whole platform"
    assert found.summary.endswith("Without the feature it is 11 % of 100,000: the whole platform is ill.")
    assert found.affected == "The whole platform: 400 workspaces, with the feature and without it"
    assert "not the cause" in found.advice
    assert "rollout pause" not in found.advice


@pytest.mark.parametrize("others", [vitals(100_000, 5_000), vitals(99, 99), vitals(0, 0)])
def test_half_as_ill_or_too_few_without_the_feature_do_not_make_it_the_platforms(others: Vitals) -> None:
    found = read(ERROR_RATE, failing(1_230, others=others))
    assert found.title.endswith("in Patient Engagement")
    if others.requests < 100:
        assert found.summary.endswith("Too few workspaces without the feature to compare with.")


def test_slow_responses_say_the_same_of_both_arms() -> None:
    ill = Vitals(requests=1_000, buckets=(*[900] * 6, 1_000, 1_000, 1_000))
    alone = read(SLOW, taking(slower(100, 1_000)))
    assert alone.title == "The slowest 5 % of responses take over 1,500 ms in Patient Engagement"
    assert alone.summary == (
        "5 % of 1,000 responses took over 1,500 ms from 13:00 to 14:00 UTC; 10 % took over 1,000 ms. "
        "Without the feature it is 179 ms of 10,000."
    )
    assert "db_health performance" in alone.advice
    shared = read(SLOW, taking(slower(100, 1_000), others=ill))
    assert shared.title.endswith("on the whole platform")


def test_users_are_not_counted_and_commands_name_their_module() -> None:
    found = read(ERROR_RATE, failing(1_230), USERS)
    assert found.affected == "The users with the feature (5 % of all)"
    assert "`manage.py rollout set 0 --module health_management`" in found.advice
    phase = replace(PHASE, max_database_p95_ms=100)
    found = read(DATABASE_SLOW, evidence(phase=phase, database_p95_ms=150.0), USERS)
    assert found.summary == (
        "5 % of the database readings of 24 hours were over 150 ms; "
        "under 100 ms is asked for by the present phase."
    )
    assert found.affected == "The whole platform: users with the feature and without it"


def test_texts_of_the_platforms_rules() -> None:
    gauges = Gauges(readings=12, memory=91.4, database_failures=1)
    measured = evidence(
        gauges=gauges,
        phase=replace(PHASE, min_adoption=0.3),
        adoption=Adoption(2, 10),
        unit_word="workspaces",
    )
    told = {each.rule.cause: (each.title, each.summary) for each in alert_rules.readings(measured, SCOPE)}
    assert told["memory"] == (
        "Memory is at 91 %",
        "Memory was at 91.4 % from 13:00 to 14:00 UTC, the mean of 12 readings; over 90 % is an error.",
    )
    assert told["database_failures"][0] == "1 database connection failed"
    assert told["adoption"] == (
        "Only 20 % use Patient Engagement",
        "2 of 10 workspaces that have had it for 5 days used it in the last 7; 30 % are asked for.",
    )


def test_every_text_has_room_in_its_column() -> None:
    long = Scope("M" * 100, "k" * 50, 100, enabled=1_000_000, eligible=1_000_000)
    ill = vitals(1_000_000, 900_000)
    worst = evidence(
        hour=Arms(replace(ill, buckets=(*[0] * 8, 1_000_000)), replace(ill, buckets=(*[0] * 8, 1_000_000))),
        gauges=Gauges(readings=9_999, memory=99.9, database_failures=10**6),
        phase=replace(PHASE, min_adoption=0.3, max_database_p95_ms=100),
        adoption=Adoption(0, 10**6),
        database_p95_ms=1e6,
    )
    for found in alert_rules.readings(worst, long):
        assert found.state == FIRING
        assert (len(found.title) <= 200, len(found.affected) <= 500, len(found.advice) <= 1_000) == (
            True,
        ) * 3
