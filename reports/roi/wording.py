"""Return on investment in words: money rounded half up to whole cents, and when it is paid back."""

from decimal import ROUND_HALF_UP, Decimal

from reports.roi.statement import Statement

CENT, TENTH = Decimal("0.01"), Decimal("0.1")
NO_COST = "Nobody has entered what the module cost."
ZERO_COST = "The module cost nothing, and no percentage can be told of nothing."
NO_MONTH = "Nobody has entered a month."


def money(amount: Decimal | None, currency: str = "") -> str:
    """1,234.50 EUR; a dash for none."""
    if amount is None:
        return "-"
    return f"{amount.quantize(CENT, ROUND_HALF_UP):,} {currency}".strip()


def hours(amount: Decimal) -> str:
    """1,234.5 of 1234.50."""
    text = f"{amount:,.2f}"
    return text.rstrip("0").rstrip(".")


def percent(share: Decimal | None) -> str:
    return "-" if share is None else f"{share.quantize(TENTH, ROUND_HALF_UP):,} %"


def unknown(found: Statement) -> str:
    """Why the percentages are not known; "" where they are."""
    if not found.rows:
        return NO_MONTH
    if found.cost is None:
        return NO_COST
    return "" if found.cost else ZERO_COST


def break_even(found: Statement) -> str:
    """One sentence: when the cost came in, or how far it is."""
    if found.cost is None or not found.rows:
        return f"When it pays back is unknown. {NO_MONTH if not found.rows else NO_COST}"
    net = found.to_date.net or Decimal(0)
    if found.paid_back is not None:
        over = money(net, found.currency)
        return f"Paid back by the end of {found.paid_back.name}; {over} above the cost to date."
    rest = f"{money(-net, found.currency)} of the cost are still to come"
    if found.months_to_go is None:
        return f"Not paid back: {rest}, and {found.rows[-1].name} brought nothing."
    months = f"{found.months_to_go} more month{'' if found.months_to_go == 1 else 's'}"
    return f"Not paid back yet: {rest}, which takes {months} like {found.rows[-1].name}."


def gaps(found: Statement) -> str:
    """Which months are missing, "" for none."""
    missing = found.missing
    if not missing:
        return ""
    more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
    return f"Nobody entered {', '.join(missing[:3])}{more}: counted as nothing."
