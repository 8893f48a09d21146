"""The guide's formulas, by tables and by properties."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.roi import arithmetic
from reports.roi.arithmetic import Month

D = Decimal
AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=2)
COSTS = st.decimals(min_value=D("0.01"), max_value=10**9, places=2)
MONTHS = st.builds(Month, *[AMOUNTS] * 6)


def month(**figures: str) -> Month:
    return Month(**{name: D(value) for name, value in figures.items()})


@pytest.mark.parametrize(
    ("given", "savings", "revenue"),
    [
        (month(), "0", "0"),
        (month(hours_saved="330", hourly_rate="39", cost_reduction="1300"), "14170", "0"),
        (month(hours_saved="0.5", hourly_rate="0.01"), "0.005", "0"),
        (month(mtm_billing="3600", retention="1900", new_services="1400"), "0", "6900"),
        (month(hours_saved="330", cost_reduction="7.25"), "7.25", "0"),
    ],
)
def test_monthly_savings_and_revenue_increase_are_the_guides(given, savings, revenue):
    assert (given.savings, given.revenue) == (D(savings), D(revenue))
    assert given.benefit == D(savings) + D(revenue)


@pytest.mark.parametrize(
    ("savings", "cost", "percent"),
    [
        ("170040", "48000", "254.25"),
        ("48000", "48000", "0"),
        ("24000", "48000", "-50"),
        ("0", "48000", "-100"),
        ("100", "0", None),
        ("100", None, None),
    ],
)
def test_annual_roi_takes_the_cost_off_and_is_unknown_of_a_cost_of_zero(savings, cost, percent):
    found = arithmetic.annual_roi(D(savings), None if cost is None else D(cost))
    assert found == (None if percent is None else D(percent))


@pytest.mark.parametrize(
    ("savings", "revenue", "cost", "percent"),
    [
        ("170040", "82800", "48000", "526.75"),
        ("0", "0", "48000", "0"),
        ("24000", "24000", "48000", "100"),
        ("100", "100", "0", None),
    ],
)
def test_total_roi_does_not_take_the_cost_off(savings, revenue, cost, percent):
    found = arithmetic.total_roi(D(savings), D(revenue), D(cost))
    assert found == (None if percent is None else D(percent))


def test_a_year_is_twelve_months_like_the_chosen_one():
    pace = arithmetic.pace_of(month(cost_reduction="10.10", new_services="0.05"), D(100))
    assert (pace.savings, pace.revenue) == (D("121.20"), D("0.60"))
    assert (pace.annual_roi, pace.total_roi) == (D("21.2"), D("121.8"))


@pytest.mark.parametrize(
    ("brought", "cost", "paid_back", "net"),
    [
        ([10, 20, 30], 60, 2, 0),
        ([10, 20, 30], 30, 1, 30),
        ([10, 20, 30], 61, None, -1),
        ([10], 0, 0, 10),
        ([], 5, None, -5),
    ],
)
def test_it_is_paid_back_by_the_month_in_which_the_cost_had_come_in(brought, cost, paid_back, net):
    found = arithmetic.to_date([Month(new_services=D(each)) for each in brought], D(cost))
    assert (found.paid_back, found.net) == (paid_back, D(net))


def test_without_a_cost_nothing_is_said_of_paying_back():
    found = arithmetic.to_date([month(new_services="5")], None)
    assert (found.net, found.total_roi, found.paid_back, found.revenue) == (None, None, None, D(5))


@pytest.mark.parametrize(
    ("remaining", "benefit", "months"),
    [("0", "5", 0), ("-1", "0", 0), ("10", "5", 2), ("10.01", "5", 3), ("10", "0", None)],
)
def test_months_to_go_are_whole_ones(remaining, benefit, months):
    assert arithmetic.months_to_go(D(remaining), D(benefit)) == months


@given(MONTHS, COSTS)
def test_both_percentages_tell_the_same_savings(found, cost):
    """Without revenue the total is the annual one and the cost itself: 100 percentage points apart."""
    pace = arithmetic.pace_of(found, cost)
    alone = arithmetic.total_roi(pace.savings, D(0), cost)
    assert pace.annual_roi is not None
    assert alone is not None
    assert alone - pace.annual_roi == pytest.approx(D(100), abs=D("1e-9"))
    assert pace.total_roi is not None
    assert pace.total_roi >= alone


@given(st.lists(MONTHS, max_size=12), COSTS)
def test_the_sums_never_fall_and_are_paid_back_at_the_first_that_reaches_the_cost(months, cost):
    sums = arithmetic.cumulated(months)
    found = arithmetic.to_date(months, cost)
    assert sums == sorted(sums)
    assert found.savings + found.revenue == (sums[-1] if sums else 0)
    reached = [place for place, total in enumerate(sums) if total >= cost]
    assert found.paid_back == (reached[0] if reached else None)
    assert (found.net is not None and found.net >= 0) is bool(reached)
