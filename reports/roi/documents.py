"""Return on investment for programs, in camelCase. Money and percentages are decimal texts, not floats."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from operations.spelling import camel
from reports.models.roi import FIGURES
from reports.roi import statement, wording
from reports.roi.arithmetic import Month
from reports.roi.statement import Statement
from rollout.models import Module

Document = dict[str, Any]

CENT = Decimal("0.01")


def of(module: Module, *, month: str = "") -> Document:
    """The statement of a module; `month` (2026-03) chooses whose pace is told. Raises Invalid."""
    return document_of(statement.of(module, month=month))


def document_of(found: Statement) -> Document:
    """The same of a statement that was read already."""
    pace, sums = found.pace, found.to_date
    return {
        "module": found.module.key,
        "moduleName": found.module.name,
        "currency": found.currency or None,
        "implementationCost": _text(found.cost),
        "month": found.chosen.name if found.chosen else None,
        "monthlySavings": _text(pace and _chosen(found).savings),
        "monthlyRevenueIncrease": _text(pace and _chosen(found).revenue),
        "annualSavings": _text(pace and pace.savings),
        "annualRevenueIncrease": _text(pace and pace.revenue),
        "annualRoi": _text(pace and pace.annual_roi),
        "totalRoi": _text(pace and pace.total_roi),
        "unknown": wording.unknown(found),
        "toDate": {
            "savings": _text(sums.savings),
            "revenueIncrease": _text(sums.revenue),
            "net": _text(sums.net),
            "totalRoi": _text(sums.total_roi),
            "paidBack": found.paid_back.name if found.paid_back else None,
            "monthsToGo": found.months_to_go,
            "inWords": wording.break_even(found),
        },
        "missingMonths": found.missing,
        "months": [
            {
                "month": row.name,
                **{camel(name): _text(getattr(row, name)) for name in FIGURES},
                "savings": _text(month.savings),
                "revenueIncrease": _text(month.revenue),
                "cumulated": _text(total),
            }
            for row, month, total in zip(found.rows, found.months, found.sums, strict=True)
        ],
    }


def _chosen(found: Statement) -> Month:
    return found.months[list(found.rows).index(found.chosen)] if found.chosen else Month()


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.quantize(CENT, ROUND_HALF_UP)}"
