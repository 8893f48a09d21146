"""The guide's formulas of return on investment. Pure; all money is decimal and is rounded where it is shown.

Guide post-launch-monitoring, "ROI Calculation":

    Monthly Savings  = (Time Saved * Hourly Rate) + Operational Cost Reduction
    Annual ROI       = (Annual Savings - Implementation Cost) / Implementation Cost * 100
    Revenue Increase = MTM Billing + Improved Patient Retention + New Services
    Total ROI        = (Cost Savings + Revenue Increase) / Implementation Cost * 100

Annual is twelve times monthly. A cost of zero, or of nobody knows what, makes both percentages unknown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

MONTHS_A_YEAR = 12
HUNDRED = Decimal(100)
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Month:
    """What one month brought, as it was entered: hours, and money in one currency."""

    hours_saved: Decimal = NOTHING
    hourly_rate: Decimal = NOTHING
    cost_reduction: Decimal = NOTHING
    mtm_billing: Decimal = NOTHING
    retention: Decimal = NOTHING
    new_services: Decimal = NOTHING

    @property
    def savings(self) -> Decimal:
        return self.hours_saved * self.hourly_rate + self.cost_reduction

    @property
    def revenue(self) -> Decimal:
        return self.mtm_billing + self.retention + self.new_services

    @property
    def benefit(self) -> Decimal:
        return self.savings + self.revenue


def annual(monthly: Decimal) -> Decimal:
    """What a year brings at a month's pace."""
    return MONTHS_A_YEAR * monthly


def annual_roi(annual_savings: Decimal, cost: Decimal | None) -> Decimal | None:
    """In percent of the cost what a year's savings leave above it; None of a cost of zero."""
    return HUNDRED * (annual_savings - cost) / cost if cost else None


def total_roi(savings: Decimal, revenue: Decimal, cost: Decimal | None) -> Decimal | None:
    """Savings and revenue increase in percent of the cost, which is not taken off; None of a cost of zero."""
    return HUNDRED * (savings + revenue) / cost if cost else None


class Pace(NamedTuple):
    """One month's figures as a year's."""

    savings: Decimal
    revenue: Decimal
    annual_roi: Decimal | None
    total_roi: Decimal | None


def pace_of(month: Month, cost: Decimal | None) -> Pace:
    """A year of months like this one."""
    savings, revenue = annual(month.savings), annual(month.revenue)
    return Pace(savings, revenue, annual_roi(savings, cost), total_roi(savings, revenue, cost))


@dataclass(frozen=True)
class ToDate:
    """What the months entered so far brought together; no month is made up for one that is missing.

    `paid_back` is the place, from 0, of the first month by whose end they had brought the cost, None while
    they have not or nobody knows the cost.
    """

    savings: Decimal
    revenue: Decimal
    net: Decimal | None
    total_roi: Decimal | None
    paid_back: int | None


def to_date(months: Sequence[Month], cost: Decimal | None) -> ToDate:
    """The sums of the months, the oldest first."""
    savings = sum((month.savings for month in months), NOTHING)
    revenue = sum((month.revenue for month in months), NOTHING)
    return ToDate(
        savings=savings,
        revenue=revenue,
        net=None if cost is None else savings + revenue - cost,
        total_roi=total_roi(savings, revenue, cost),
        paid_back=_paid_back(cumulated(months), cost),
    )


def cumulated(months: Iterable[Month]) -> list[Decimal]:
    """What had been brought by the end of each month, the oldest first."""
    found, total = [], NOTHING
    for month in months:
        total += month.benefit
        found.append(total)
    return found


def months_to_go(remaining: Decimal, benefit: Decimal) -> int | None:
    """How many more months of this benefit bring the rest of the cost; None when they never do."""
    if remaining <= 0:
        return 0
    return int((remaining / benefit).to_integral_value(ROUND_CEILING)) if benefit > 0 else None


def _paid_back(sums: Sequence[Decimal], cost: Decimal | None) -> int | None:
    if cost is None:
        return None
    return next((place for place, total in enumerate(sums) if total >= cost), None)
