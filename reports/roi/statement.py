"""A module's return on investment as it stands: its months, one of them as a year's pace, and the sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from operations.errors import Invalid
from reports.models import Investment, RoiMonth
from reports.models.roi import FIGURES
from reports.roi import arithmetic
from reports.roi.arithmetic import Month, Pace, ToDate
from rollout.models import Module


@dataclass(frozen=True)
class Statement:
    """`rows` are the months that were entered, the oldest first, and `sums` what they had brought by then.

    `chosen` is the month whose pace is told, the newest unless asked for another; None without any.
    """

    module: Module
    investment: Investment | None
    rows: Sequence[RoiMonth]
    months: Sequence[Month]
    sums: Sequence[Decimal]
    chosen: RoiMonth | None
    pace: Pace | None
    to_date: ToDate

    @property
    def cost(self) -> Decimal | None:
        return self.investment.cost if self.investment else None

    @property
    def currency(self) -> str:
        return self.investment.currency if self.investment else ""

    @property
    def paid_back(self) -> RoiMonth | None:
        """The month by whose end the cost had come in."""
        place = self.to_date.paid_back
        return None if place is None else self.rows[place]

    @property
    def months_to_go(self) -> int | None:
        """How many more months like the newest one it takes; 0 when it is paid back, None when never."""
        if self.to_date.net is None or not self.months:
            return None
        return arithmetic.months_to_go(-self.to_date.net, self.months[-1].benefit)

    @property
    def span(self) -> list[tuple[str, int | None]]:
        """Every month from the first to the last by its name, with its place among those entered."""
        if not self.rows:
            return []
        places = {_number(row): place for place, row in enumerate(self.rows)}
        numbers = range(_number(self.rows[0]), _number(self.rows[-1]) + 1)
        return [(f"{each // 12}-{each % 12 + 1:02}", places.get(each)) for each in numbers]

    @property
    def missing(self) -> list[str]:
        """Months between the first and the last that nobody entered: they count for nothing."""
        return [name for name, place in self.span if place is None]


def of(module: Module, *, month: str = "") -> Statement:
    """The statement of a module, in two queries. Raises Invalid when `month` was not entered."""
    module = module.whole
    investment = Investment.objects.filter(module=module).first()
    rows = list(RoiMonth.objects.filter(module=module).order_by("year", "month"))
    months = [Month(**{name: getattr(row, name) for name in FIGURES}) for row in rows]
    cost = investment.cost if investment else None
    place = _place(rows, month)
    return Statement(
        module=module,
        investment=investment,
        rows=rows,
        months=months,
        sums=arithmetic.cumulated(months),
        chosen=rows[place] if rows else None,
        pace=arithmetic.pace_of(months[place], cost) if rows else None,
        to_date=arithmetic.to_date(months, cost),
    )


def _place(rows: Sequence[RoiMonth], month: str) -> int:
    if not month:
        return -1
    for place, row in enumerate(rows):
        if row.name == month:
            return place
    raise Invalid({"month": f"nobody entered {month[:20]!r}"})


def _number(row: RoiMonth) -> int:
    return row.year * 12 + row.month - 1
