"""What was found out about a database as lines for people at a terminal: the worst first."""

import textwrap
from collections.abc import Iterator

from monitoring.database_health import Finding, Level, Report
from monitoring.database_health.findings import WORST_FIRST, Answer, Item
from monitoring.database_health.texts import size, span

WIDTH = 110
SHOWN = 10
LONGEST_NAME = 160
# What these found is worth reading when all is well, too.
ALWAYS_LISTED = {"busiest_statements", "portal_queries", "redundant_indexes"}
WORDS = {
    Level.BREACH: "BREACH",
    Level.HOLD: "HOLD",
    Level.UNKNOWN: "unknown",
    Level.PASS: "ok",
}
VERDICTS = {
    Level.BREACH: "BREACH: something is broken",
    Level.HOLD: "HOLD: something wants a look",
    Level.UNKNOWN: "UNKNOWN: what matters could not be asked",
    Level.PASS: "PASS: nothing to do",
}


def report_lines(report: Report) -> Iterator[str]:
    """The verdict, then every finding with what to do, then what is well in one line each."""
    yield _head(report)
    yield VERDICTS[report.verdict] + _counts(report)
    for level in WORST_FIRST:
        found = report.at(level)
        if found:
            yield ""
        for finding in found:
            yield from _lines(finding)


def _head(report: Report) -> str:
    known = report.database
    if known["vendor"] == "sqlite":
        return f"db_health {report.check}  SQLite {known.get('version', '')}  {known.get('name', '')}"
    where = f"{known.get('name', '')} at {known.get('host', '')}:{known.get('port', '')}"
    return (
        f"db_health {report.check}  PostgreSQL {known.get('version', '')}  {where} as {known.get('user', '')}"
    )


def _counts(report: Report) -> str:
    parts = [f"{len(report.at(level))} {WORDS[level]}" for level in WORST_FIRST if report.at(level)]
    return f" ({', '.join(parts)})"


def _lines(finding: Finding) -> Iterator[str]:
    answer = finding.answer
    yield from _wrapped(f"{WORDS[answer.level]:<8} {finding.name}: {answer.reason}{_limits(answer)}", 9)
    if answer.level == Level.PASS and not answer.remedy and finding.name not in ALWAYS_LISTED:
        return
    for item in answer.items[:SHOWN]:
        yield from _item_lines(item)
    if len(answer.items) > SHOWN:
        yield f"{' ' * 9}and {len(answer.items) - SHOWN} more: --json has them"
    if answer.remedy:
        yield from _wrapped(f"{' ' * 9}Do: {answer.remedy}", 13)


def _item_lines(item: Item) -> Iterator[str]:
    name = item.name if len(item.name) <= LONGEST_NAME else f"{item.name[: LONGEST_NAME - 1]}…"
    told = [part for part in (_amount(item.value, item.unit), item.reason) if part]
    yield from _wrapped(f"{' ' * 9}- {name}" + (f": {'; '.join(told)}" if told else ""), 11)
    if item.remedy:
        # On a line of its own, however long: it is there to be copied.
        yield f"{' ' * 11}> {item.remedy}"


def _limits(answer: Answer) -> str:
    """From where it holds and breaches, behind what does."""
    if answer.level in {Level.PASS, Level.UNKNOWN}:
        return ""
    limits = (("hold at", answer.threshold), ("breach at", answer.breach_at))
    told = [f"{word} {_amount(limit, answer.unit)}" for word, limit in limits if _is_amount(limit)]
    return f"  [{', '.join(told)}]" if told else ""


def _is_amount(limit: float | str | None) -> bool:
    """Whether a limit says more than "there should be none"."""
    return isinstance(limit, int | float) and limit != 1


def _amount(value: float | str | None, unit: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if unit == "bytes":
        return size(value)
    if unit == "s":
        return span(value)
    number = f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{number} {unit}".rstrip()


def _wrapped(text: str, indent: int) -> list[str]:
    begin = text[: len(text) - len(text.lstrip())]
    return textwrap.wrap(
        text.lstrip(),
        WIDTH,
        initial_indent=begin,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
