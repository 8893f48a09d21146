"""How a KPI stands: what counts of what was measured and entered, against target and baseline."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from reports.kpis import board, documents, entering, sections, setting, wording
from reports.kpis.board import Line, decides
from reports.kpis.catalogue import entries_of
from reports.shape import State
from reports.standing import Rule, Standing, change_of, holds, judge
from rollout.models import Plan
from tests import builders
from tests.builders import ROOT
from tests.reports import kpi_world as world
from tests.reports.kpi_world import DAY, HOUR, NOW, Response

NUMBERS = st.floats(-1e6, 1e6)


@pytest.fixture
def frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def plan(db: None, frozen: None) -> Plan:
    return world.a_plan_of_four()


def line(plan: Plan, key: str) -> Line:
    return next(each for each in board.lines_of(plan.module, now=NOW) if each.entry.key == key)


@pytest.mark.parametrize(
    ("rule", "figure", "met"),
    [
        ("below", 499.9, True),
        ("below", 500, False),
        ("at_most", 500, True),
        ("at_most", 500.1, False),
        ("above", 500, False),
        ("above", 500.1, True),
        ("at_least", 500, True),
        ("at_least", 499.9, False),
    ],
)
def test_each_rule_is_met_on_its_side_of_the_target_alone(rule, figure, met):
    assert judge(Rule(rule), figure, 500) is (Standing.MET if met else Standing.MISSED)


def test_what_is_not_known_is_never_met_and_what_has_no_target_is_tracked():
    assert {judge(rule, None, 1) for rule in Rule} == {Standing.UNKNOWN}
    assert {judge(rule, None, None) for rule in Rule} == {Standing.UNKNOWN}
    assert {judge(rule, 1, None) for rule in Rule} == {Standing.TRACKED}


@given(NUMBERS, NUMBERS)
def test_strict_and_loose_rules_are_each_other_s_contrary(figure, target):
    assert holds(Rule.BELOW, figure, target) is not holds(Rule.AT_LEAST, figure, target)
    assert holds(Rule.ABOVE, figure, target) is not holds(Rule.AT_MOST, figure, target)


@pytest.mark.parametrize(
    ("value", "baseline", "change"),
    [(14, 10, 40), (7.5, 10, -25), (0, 10, -100), (5, 0, None), (None, 10, None), (5, None, None)],
)
def test_a_change_is_in_percent_of_the_baseline(value, baseline, change):
    assert change_of(value, baseline) == change


@given(st.floats(0, 1_000), st.floats(0, 1_000))
def test_a_bound_decides_only_where_the_truth_beyond_it_cannot_differ(bound, beyond):
    handled, served = entries_of("x")["requests_per_second"], entries_of("x")["uptime"]
    if decides(handled, bound, 500):
        assert holds(handled.rule, bound + beyond, 500) is holds(handled.rule, bound, 500)
    if decides(served, bound, 99.9):
        assert holds(served.rule, bound - beyond, 99.9) is holds(served.rule, bound, 99.9)


def test_what_nobody_measured_or_entered_is_unknown_and_says_why(plan):
    found = line(plan, "page_load")
    assert (found.standing, found.reason) == (Standing.UNKNOWN, "Nobody has entered a value.")
    found = line(plan, "api_p95")
    assert (found.standing, found.value) == (Standing.UNKNOWN, None)
    assert found.reason.startswith("No request")


def test_an_entered_value_is_held_against_the_guide_s_target(plan):
    entering.enter(plan.module, "page_load", 2.4, actor=ROOT)
    entering.enter(plan.module, "mobile_load", 5.0, note="Lighthouse", actor=ROOT)
    found, other = line(plan, "page_load"), line(plan, "mobile_load")
    assert (found.standing, found.source, found.entered_by) == (Standing.MET, "entered", "command:root")
    assert (other.standing, other.entered_note) == (Standing.MISSED, "Lighthouse")


def test_the_newest_entered_value_counts_whenever_it_was_entered(plan):
    today = NOW.date()
    entering.enter(plan.module, "page_load", 2.0, day=today - DAY, actor=ROOT)
    entering.enter(plan.module, "page_load", 9.0, day=today - 9 * DAY, actor=ROOT)
    assert line(plan, "page_load").value == 2.0


@pytest.mark.parametrize(
    ("key", "days", "standing"),
    [
        ("page_load", 35, Standing.MET),
        ("page_load", 36, Standing.UNKNOWN),
        ("concurrent_users", 183, Standing.MISSED),
        ("concurrent_users", 184, Standing.UNKNOWN),
    ],
)
def test_an_entered_value_is_out_of_date_after_its_time(plan, key, days, standing):
    entering.enter(plan.module, key, 1.0, day=NOW.date() - timedelta(days=days), actor=ROOT)
    found = line(plan, key)
    assert (found.standing, found.out_of_date) == (standing, standing is Standing.UNKNOWN)
    assert found.value == 1.0
    assert found.reason.startswith("Out of date" if found.out_of_date else "")


def test_what_is_measured_counts_before_what_was_entered(plan):
    entering.enter(plan.module, "api_p95", 700, actor=ROOT)
    assert (line(plan, "api_p95").value, line(plan, "api_p95").standing) == (700, Standing.MISSED)
    world.hour(plan, world.cohort()[0], NOW - HOUR, Response(100, milliseconds=40))
    found = line(plan, "api_p95")
    assert (found.standing, found.source, found.n) == (Standing.MET, "measured", 100)


def test_a_quiet_week_does_not_miss_what_a_load_test_shows(plan):
    world.hour(plan, world.cohort()[0], NOW - HOUR, Response(7_200))
    found = line(plan, "requests_per_second")
    assert (found.value, found.standing) == (2.0, Standing.UNKNOWN)
    assert "at least as much" in found.reason
    entering.enter(plan.module, "requests_per_second", 650, actor=ROOT)
    found = line(plan, "requests_per_second")
    assert (found.value, found.source, found.standing) == (650, "entered", Standing.MET)


def test_a_busy_hour_meets_the_target_whatever_an_old_load_test_said(plan):
    entering.enter(plan.module, "requests_per_second", 450, day=NOW.date() - 9 * DAY, actor=ROOT)
    assert line(plan, "requests_per_second").standing is Standing.MISSED
    world.hour(plan, world.cohort()[0], NOW - HOUR, Response(3_600 * 520))
    found = line(plan, "requests_per_second")
    assert (found.value, found.source, found.standing) == (520, "measured", Standing.MET)


def test_uptime_is_missed_by_a_failing_hour_and_met_by_nothing_that_the_portal_sees(plan):
    workspace = world.cohort()[0]
    for ago in (1, 2, 3):
        world.hour(plan, workspace, NOW - ago * HOUR, Response(100, errors=2))
    found = line(plan, "uptime")
    assert (found.value, found.standing) == (100, Standing.UNKNOWN)
    entering.enter(plan.module, "uptime", 99.95, actor=ROOT)
    assert line(plan, "uptime").standing is Standing.MET
    world.hour(plan, workspace, NOW - 4 * HOUR, Response(100, errors=50))
    found = line(plan, "uptime")
    assert (found.value, found.source, found.standing) == (75, "measured", Standing.MISSED)


def test_a_change_is_judged_and_unknown_without_a_baseline(plan):
    module = plan.module
    setting.set_target(module, "tracking_errors", -25.0, actor=ROOT)
    entering.enter(module, "tracking_errors", 30, actor=ROOT)
    found = line(plan, "tracking_errors")
    assert (found.standing, found.reason) == (Standing.UNKNOWN, board.NO_BASELINE)
    setting.set_baseline(module, "tracking_errors", 50.0, actor=ROOT)
    found = line(plan, "tracking_errors")
    assert (found.change, found.figure, found.standing) == (-40, -40, Standing.MET)
    assert found.baseline_by == "command:root"


def test_a_baseline_that_somebody_set_wins_over_the_measured_one(plan):
    workspace = world.cohort()[0]
    world.count(plan, workspace, "appointmentsCreated", 28 * 4, NOW - HOUR)
    for days_ago in range(1, 8):
        world.count_day(plan, workspace, "appointmentsCreated", 8, days_ago)
    found = line(plan, "engagement")
    assert (found.value, found.baseline, found.change) == (4, 2, 100)
    assert found.standing is Standing.MET
    setting.set_baseline(plan.module, "engagement", 3.2, actor=ROOT)
    found = line(plan, "engagement")
    assert found.baseline == 3.2
    assert found.change == pytest.approx(25)
    assert found.standing is Standing.MISSED


def test_a_target_of_the_team_s_replaces_the_guide_s_and_gives_way_again(plan):
    entering.enter(plan.module, "page_load", 2.4, actor=ROOT)
    setting.set_target(plan.module, "page_load", 2.0, actor=ROOT)
    found = line(plan, "page_load")
    assert (found.target, found.target_is_own, found.standing) == (2.0, True, Standing.MISSED)
    setting.set_target(plan.module, "page_load", None, actor=ROOT)
    found = line(plan, "page_load")
    assert (found.target, found.target_is_own, found.standing) == (3, False, Standing.MET)


def test_a_module_s_own_kpis_come_last_and_go_when_they_are_retired(plan):
    row = setting.add(plan.module, "Net promoter score", unit="points", target=30.0, actor=ROOT)
    entering.enter(plan.module, row.key, -12, actor=ROOT)
    found = board.lines_of(plan.module, now=NOW)[-1]
    assert (found.entry.title, found.value, found.standing) == ("Net promoter score", -12, Standing.MISSED)
    setting.retire(plan.module, row.key, actor=ROOT)
    assert not any(each.own for each in board.lines_of(plan.module, now=NOW))
    assert not any(each.own for each in board.lines_of(builders.health().module, now=NOW))


def test_the_document_counts_every_kpi_once_and_says_what_each_is(plan):
    entering.enter(plan.module, "page_load", 2.4, actor=ROOT)
    found = documents.of(plan.module, now=NOW)
    kpis = [each for group in found["groups"] for each in group["kpis"]]
    assert [each["key"] for each in kpis] == list(entries_of("patient_engagement"))
    for state in Standing:
        assert found[state.value] == sum(each["state"] == state for each in kpis)
    page_load = next(each for each in kpis if each["key"] == "page_load")
    assert page_load["state"] == "met"
    assert (page_load["targetInWords"], page_load["enteredOn"]) == ("< 3 s", NOW.date())
    assert all(bool(each["reason"]) is (each["state"] == "unknown") for each in kpis)


def test_the_report_s_section_names_what_is_missed_first(plan):
    entering.enter(plan.module, "mobile_load", 6.1, actor=ROOT)
    found = sections.section(plan.module, now=NOW)
    assert found.text[1] == "Missed: Page load on a phone with 3G: 6.1 s, asked for is < 5 s."
    counts = {figure.name: figure.value for figure in found.figures[:4]}
    assert counts["kpis_missed"] == 1
    assert sum(int(value or 0) for value in counts.values()) == len(entries_of("patient_engagement"))
    assert found.figures[4].state is State.BAD
    assert sum(len(table.rows) for table in found.tables) == len(entries_of("patient_engagement"))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (99.896, "%", "99.896 %"),
        (99.9, "%", "99.9 %"),
        (100.0, "%", "100 %"),
        (0.0434, "%", "0.043 %"),
        (12.3456, "ms", "12.35 ms"),
        (1234.5, "", "1,234"),
        (-25.0, "%", "-25 %"),
        (None, "ms", "-"),
    ],
)
def test_numbers_are_written_so_that_two_sides_of_a_target_look_different(value, unit, text):
    assert wording.amount(value, unit) == text


def test_one_kpi_alone_is_the_same_and_what_is_entered_by_hand_is_not_measured(
    plan, django_assert_num_queries
):
    world.hour(plan, world.cohort()[0], NOW - HOUR, Response(100, errors=1))
    entering.enter(plan.module, "page_load", 2.4, actor=ROOT)
    for key in ("api_errors", "page_load", "engagement"):
        assert board.lines_of(plan.module, now=NOW, key=key) == [line(plan, key)]
    with django_assert_num_queries(1):
        board.lines_of(plan.module, now=NOW, key="page_load")
