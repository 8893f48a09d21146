"""What a module cost and what each month brought: the verbs, and the statement that is made of them."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from operations.errors import Forbidden, Invalid, NotFound, Refused
from operations.models import AuditEvent
from reports.models import Investment, RoiMonth
from reports.roi import documents, entering, sections, statement, wording
from reports.shape import State
from rollout.models import Module
from tests import builders
from tests.builders import ROOT, acting
from tests.reports.kpi_world import NOW

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def module() -> Iterator[Module]:
    with time_machine.travel(NOW, tick=False):
        builders.modules()
        yield builders.module()


def a_month(module: Module, name: str = "2026-02", **figures: str) -> RoiMonth:
    told: dict[str, Any] = {each: D(value) for each, value in figures.items()}
    return entering.enter_month(module, name, actor=ROOT, **told)


def test_the_cost_is_set_once_and_changed_with_both_on_the_trail(module):
    entering.set_cost(module, D("48000"), "EUR", note="Licences", actor=ROOT)
    row = entering.set_cost(module, D("50000.50"), "GBP", actor=ROOT, version=1)
    assert (row.cost, row.currency, row.version) == (D("50000.50"), "GBP", 2)
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.data["before"], event.data["after"]) == (
        "roi.cost_set",
        ["48000.00", "EUR"],
        ["50000.50", "GBP"],
    )


@pytest.mark.parametrize(
    ("cost", "currency", "faults"),
    [
        (D("-1"), "EUR", {"cost": "must be at least 0"}),
        (D("NaN"), "EUR", {"cost": "must be a number"}),
        (D("Infinity"), "EUR", {"cost": "must be a number"}),
        (1.5, "EUR", {"cost": "must be a number"}),
        (D("0.001"), "EUR", {"cost": "must have at most 2 digits after the point"}),
        (D("1e12"), "EUR", {"cost": "must be at most 999,999,999,999.99"}),
        (D("1"), "euro", {"currency": "must be three capital letters, such as EUR"}),
        (D("1"), None, {"currency": "must be three capital letters, such as EUR"}),
        (D("1"), "EUR\n", {"currency": "must be three capital letters, such as EUR"}),
    ],
)
def test_a_bad_cost_is_refused_by_its_field(module, cost, currency, faults):
    with pytest.raises(Invalid) as refusal:
        entering.set_cost(module, cost, currency, actor=ROOT)
    assert refusal.value.fields == faults
    assert not Investment.objects.exists()


def test_a_month_is_entered_and_corrected_with_both_on_the_trail(module):
    a_month(module, hours_saved="100", hourly_rate="40")
    row = entering.enter_month(
        module, "2026-02", hours_saved=D(120), note="Counted again", actor=ROOT, version=1
    )
    assert (row.hours_saved, row.hourly_rate, row.version) == (D(120), D(40), 2)
    event = AuditEvent.objects.latest("pk")
    assert event.data["before"]["hours_saved"] == "100.00"
    assert event.data["after"]["hours_saved"] == "120"
    assert RoiMonth.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("2026-04", "must not be in the future"),
        ("2026-13", "must be a month such as 2026-03"),
        ("2026-3", "must be a month such as 2026-03"),
        ("March", "must be a month such as 2026-03"),
        ("2026-03-01", "must be a month such as 2026-03"),
        ("٢٠٢٦-03", "must be a month such as 2026-03"),
        (None, "must be a month such as 2026-03"),
        ("1999-12", "must not be before 2000"),
    ],
)
def test_a_month_that_is_none_or_has_not_begun_is_refused(module, name, rule):
    with pytest.raises(Invalid) as refusal:
        entering.enter_month(module, name, actor=ROOT)
    assert refusal.value.fields == {"month": rule}


def test_every_bad_figure_of_a_month_is_named(module):
    with pytest.raises(Invalid) as refusal:
        entering.enter_month(
            module,
            "2026-02",
            hours_saved=D("-1"),
            hourly_rate=D("1e8"),
            retention=D("0.005"),
            note="\x00",
            actor=ROOT,
        )
    assert refusal.value.fields == {
        "hours_saved": "must be at least 0",
        "hourly_rate": "must be at most 99,999,999.99",
        "retention": "must have at most 2 digits after the point",
        "note": "must be at most 300 characters in one line",
    }
    with pytest.raises(TypeError):
        entering.enter_month(module, "2026-02", revenue=D(1), actor=ROOT)


def test_the_same_again_and_an_old_picture_are_refused(module):
    a_month(module, retention="5")
    entering.set_cost(module, D(1), "EUR", actor=ROOT)
    with pytest.raises(Refused, match="has these figures already"):
        a_month(module, retention="5")
    with pytest.raises(Refused, match="look again"):
        entering.enter_month(module, "2026-02", retention=D(6), actor=ROOT, version=0)
    with pytest.raises(Refused, match="costs that already"):
        entering.set_cost(module, D(1), "EUR", actor=ROOT)
    with pytest.raises(Refused, match="look again"):
        entering.set_cost(module, D(2), "EUR", actor=ROOT, version=0)


def test_a_month_by_mistake_is_removed_and_the_trail_keeps_it(module):
    row = a_month(module, retention="5")
    with pytest.raises(Refused, match="look again"):
        entering.remove_month(row, actor=ROOT, version=7)
    entering.remove_month(row, actor=ROOT, version=1)
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.data["before"]["retention"]) == ("roi.month_removed", "5.00")
    assert not RoiMonth.objects.exists()
    with pytest.raises(NotFound):
        entering.remove_month(row, actor=ROOT)


@pytest.mark.parametrize("group", ["Viewer", "Support", "Release manager", "CTO"])
def test_who_only_looks_may_enter_nothing(module, group):
    actor = acting(builders.a_person("grace", group=group))
    assert actor.may("reports.view_roimonth")
    row = a_month(module)
    for refused in (
        lambda: entering.set_cost(module, D(1), "EUR", actor=actor),
        lambda: entering.enter_month(module, "2026-01", actor=actor),
        lambda: entering.remove_month(row, actor=actor),
    ):
        with pytest.raises(Forbidden):
            refused()


@pytest.mark.parametrize("group", ["Product manager", "Administrator"])
def test_product_managers_and_administrators_may_do_all_of_it(module, group):
    actor = acting(builders.a_person("ada", group=group))
    entering.set_cost(module, D(1), "EUR", actor=actor)
    entering.remove_month(entering.enter_month(module, "2026-01", actor=actor), actor=actor)


@pytest.mark.parametrize(
    "broken", [{"month": 13}, {"month": 0}, {"year": 1999}, {"hours_saved": D(-1)}, {"new_services": D(-1)}]
)
def test_the_database_itself_refuses_a_broken_month(module, broken):
    with pytest.raises(IntegrityError), transaction.atomic():
        RoiMonth.objects.create(**{"module": module, "year": 2026, "month": 1, "by": "x", **broken})


def test_the_database_keeps_each_month_once_and_no_cost_below_zero(module):
    a_month(module)
    with pytest.raises(IntegrityError), transaction.atomic():
        RoiMonth.objects.create(module=module, year=2026, month=2, by="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Investment.objects.create(module=module, cost=D(-1), currency="EUR", by="x")


def five_months(module: Module) -> None:
    """The worked example of docs/kpis.md; nobody entered 2025-12."""
    entering.set_cost(module, D("48000"), "EUR", actor=ROOT)
    lines: list[Any] = [
        ("2025-10", 120, 38, 400, 900, 300, 0),
        ("2025-11", 180, 38, 900, 1500, 700, 0),
        ("2026-01", 230, 38, 1200, 2400, 1100, 500),
        ("2026-02", 310, 39, 1300, 3100, 1500, 900),
        ("2026-03", 330, 39, 1300, 3600, 1900, 1400),
    ]
    names = ("hours_saved", "hourly_rate", "cost_reduction", "mtm_billing", "retention", "new_services")
    for month, *figures in lines:
        told: dict[str, Any] = {name: D(figure) for name, figure in zip(names, figures, strict=True)}
        entering.enter_month(module, month, actor=ROOT, **told)


def test_the_worked_example(module):
    five_months(module)
    found = documents.of(module)
    assert found["month"] == "2026-03"
    assert (found["monthlySavings"], found["monthlyRevenueIncrease"]) == ("14170.00", "6900.00")
    assert (found["annualSavings"], found["annualRevenueIncrease"]) == ("170040.00", "82800.00")
    assert (found["annualRoi"], found["totalRoi"]) == ("254.25", "526.75")
    assert found["toDate"] == {
        "savings": "50200.00",
        "revenueIncrease": "19800.00",
        "net": "22000.00",
        "totalRoi": "145.83",
        "paidBack": "2026-02",
        "monthsToGo": 0,
        "inWords": "Paid back by the end of 2026-02; 22,000.00 EUR above the cost to date.",
    }
    assert found["missingMonths"] == ["2025-12"]
    assert [each["cumulated"] for each in found["months"]] == [
        "6160.00",
        "16100.00",
        "30040.00",
        "48930.00",
        "70000.00",
    ]


def test_another_month_s_pace_can_be_asked_for_and_one_that_nobody_entered_not(module):
    five_months(module)
    found = documents.of(module, month="2025-10")
    assert (found["month"], found["annualSavings"]) == ("2025-10", "59520.00")
    with pytest.raises(Invalid, match="nobody entered"):
        documents.of(module, month="2025-12")


def test_what_is_unknown_says_why(module):
    assert documents.of(module)["unknown"] == wording.NO_MONTH
    a_month(module, retention="10")
    found = documents.of(module)
    assert (found["unknown"], found["totalRoi"], found["annualRoi"]) == (wording.NO_COST, None, None)
    assert found["toDate"]["net"] is None
    entering.set_cost(module, D(0), "EUR", actor=ROOT)
    found = documents.of(module)
    assert (found["unknown"], found["totalRoi"]) == (wording.ZERO_COST, None)
    assert found["toDate"]["paidBack"] == "2026-02"


def test_how_far_the_cost_is_from_paid_back_is_said_in_words(module):
    entering.set_cost(module, D(100), "EUR", actor=ROOT)
    a_month(module, "2026-01", retention="30")
    assert wording.break_even(statement.of(module)) == (
        "Not paid back yet: 70.00 EUR of the cost are still to come, which takes 3 more months like 2026-01."
    )
    a_month(module, "2026-02")
    assert wording.break_even(statement.of(module)) == (
        "Not paid back: 70.00 EUR of the cost are still to come, and 2026-02 brought nothing."
    )


def test_money_is_rounded_half_up_where_it_is_shown_and_nowhere_before(module):
    assert wording.money(D("0.005"), "EUR") == "0.01 EUR"
    assert wording.percent(D("12.25")) == "12.3 %"
    a_month(module, "2026-01", hours_saved="0.5", hourly_rate="0.01")
    a_month(module, "2026-02", hours_saved="0.5", hourly_rate="0.01")
    # Rounded month by month it would be 0.02.
    assert documents.of(module)["toDate"]["savings"] == "0.01"


def test_the_report_s_section_is_empty_with_a_hint_or_full(module):
    assert sections.section(module, now=NOW).empty == sections.EMPTY
    five_months(module)
    found = sections.section(module, now=NOW)
    figures = {figure.name: figure for figure in found.figures}
    assert (figures["annual_roi"].value, figures["annual_roi"].state) == (254.3, State.GOOD)
    assert (figures["net_to_date"].value, figures["net_to_date"].unit) == ("22,000.00", "EUR")
    assert found.text[1] == "Nobody entered 2025-12: counted as nothing."
    assert len(found.tables[0].rows) == len(found.series[0].points) == 5


def test_a_part_s_statement_is_that_of_the_whole(module):
    five_months(module)
    part = Module.objects.create(key="release_1", name="Release 1", part_of=module)
    assert documents.of(part) == documents.of(module)
