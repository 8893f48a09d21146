"""What a walk found, for programs and for people."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from operations.doors.command import table
from ops_portal.smoke.asking import Asker
from ops_portal.smoke.calls import WRITES
from ops_portal.smoke.deploy import Finding
from ops_portal.smoke.walk import Row

# Hundreds of lines that say the same are one, unless something is wrong.
IN_ONE_LINE = {
    "admin": "pages of the admin ask strangers to sign in",
    "static": "files of the login page are there, and kept by browsers",
}
WORDS = {True: "ok", False: "FAILED", None: "advice"}


def document(
    asker: Asker, rows: Sequence[Row], findings: Sequence[Finding], *, keyed: bool
) -> dict[str, Any]:
    """The whole walk as JSON."""
    counted = Counter(row.result for row in rows)
    return {
        "url": asker.url,
        "ok": not (counted["failed"] or any(found.ok is False for found in findings)),
        "withKey": keyed,
        "asked": counted["ok"] + counted["failed"],
        "failed": counted["failed"],
        "skipped": counted["skipped"],
        "calls": [
            {
                "method": row.method,
                "route": row.route,
                "group": row.group,
                "result": row.result,
                "status": row.status or None,
                "contentType": row.content_type,
                "milliseconds": row.milliseconds,
                "faults": list(row.faults),
                "reason": row.skipped or row.note,
            }
            for row in rows
        ],
        "deploy": [{"name": found.name, "ok": found.ok, "reason": found.reason} for found in findings],
    }


def lines(
    asker: Asker, rows: Sequence[Row], findings: Sequence[Finding], *, keyed: bool, everything: bool
) -> Iterator[str]:
    """The table, what was looked at beside it, and one line of sums."""
    yield f"{asker.url}{' as ' + asker.seen_as if asker.seen_as else ''}"
    shown = [row for row in rows if everything or row.faults or not _goes_without_saying(row)]
    yield from table([_cells(row) for row in shown])
    if not everything:
        yield from _sums(rows)
    if findings:
        yield ""
        yield from table([(found.name, WORDS[found.ok], found.reason) for found in findings])
    yield ""
    counted = Counter(row.result for row in rows)
    yield f"{counted['ok']} ok, {counted['failed']} failed, {counted['skipped']} skipped"
    if not keyed:
        yield "Answers that ask for a key were not seen: set OPS_PORTAL_KEY to one with read and evaluate."


def _sums(rows: Sequence[Row]) -> Iterator[str]:
    for group, words in IN_ONE_LINE.items():
        well = sum(row.group == group and row.result == "ok" for row in rows)
        yield f"{well} {words}"
    yield f"{sum(row.skipped == WRITES for row in rows)} calls are not asked, because they write"


def _goes_without_saying(row: Row) -> bool:
    return row.group in IN_ONE_LINE or row.skipped == WRITES


def _cells(row: Row) -> tuple[object, ...]:
    said = "; ".join(row.faults) or row.skipped or row.note
    result = "FAILED" if row.faults else row.result
    took = f"{row.milliseconds:,.0f} ms" if row.status else ""
    return (result, row.method, row.route, str(row.status or ""), took.rjust(9), row.content_type, said)
