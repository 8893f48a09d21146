"""Return on investment as a report's section."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from reports.roi import statement, wording
from reports.roi.statement import Statement
from reports.shape import Figure, Point, Section, Series, State, Table, Value
from rollout.models import Module

TENTH = Decimal("0.1")
EMPTY = (
    "Nobody has entered what the module cost or what a month brought: enter them on the page Return on "
    "investment."
)


def section(module: Module, *, now: datetime) -> Section:
    """What the module brings for what it cost, in words, figures and month by month."""
    found = statement.of(module)
    if not found.rows and found.investment is None:
        return Section("roi", "Return on investment", empty=EMPTY)
    return Section(
        name="roi",
        title="Return on investment",
        text=[text for text in (wording.break_even(found), wording.gaps(found)) if text],
        figures=_figures(found),
        series=[
            Series(
                "roi_cumulated",
                "Savings and revenue increase, cumulated",
                [Point(row.name, float(total)) for row, total in zip(found.rows, found.sums, strict=True)],
                found.currency,
            )
        ]
        if found.rows
        else (),
        tables=[Table("Month by month", _columns(found), _rows(found))] if found.rows else (),
    )


def _figures(found: Statement) -> list[Figure]:
    pace, currency, unknown = found.pace, found.currency, wording.unknown(found)
    at = f" at the pace of {found.chosen.name}" if found.chosen else ""
    annual = pace.annual_roi if pace else None
    return [
        Figure("implementation_cost", "Implementation cost", _money(found.cost), currency,
               unknown="" if found.cost is not None else wording.NO_COST),
        Figure("annual_savings", f"Savings of a year{at}", _money(pace and pace.savings), currency,
               unknown="" if pace else unknown),
        Figure("annual_revenue", f"Revenue increase of a year{at}", _money(pace and pace.revenue), currency,
               unknown="" if pace else unknown),
        Figure("annual_roi", "Annual ROI, savings alone", _percent(annual), "%",
               state=_state(annual), unknown=unknown),
        Figure("total_roi", "Total ROI of a year", _percent(pace and pace.total_roi), "%", unknown=unknown),
        Figure("net_to_date", "Above the cost to date", _money(found.to_date.net), currency,
               state=_state(found.to_date.net), unknown="" if found.cost is not None else wording.NO_COST),
    ]  # fmt: skip


def _columns(found: Statement) -> list[str]:
    money = f" ({found.currency})" if found.currency else ""
    return ["Month", f"Savings{money}", f"Revenue increase{money}", f"Cumulated{money}"]


def _rows(found: Statement) -> list[list[Value]]:
    return [
        [row.name, wording.money(month.savings), wording.money(month.revenue), wording.money(total)]
        for row, month, total in zip(found.rows, found.months, found.sums, strict=True)
    ]


def _state(amount: Decimal | None) -> State:
    if amount is None:
        return State.UNKNOWN
    return State.GOOD if amount >= 0 else State.NEUTRAL


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else wording.money(amount)


def _percent(share: Decimal | None) -> float | None:
    return None if share is None else float(share.quantize(TENTH, ROUND_HALF_UP))
