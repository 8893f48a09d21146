"""What an alert of Alertmanager's says in the portal's words: its level, its texts, whom it affects.

Pure. All texts are somebody else's: unprintable characters are dropped and lengths are cut.
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from monitoring.alertmanager.payload import Told
from monitoring.levels import CRITICAL, ERROR, INFO, WARNING

# Words that rules of others use in the label `severity`.
SEVERITIES: Mapping[str, str] = {
    **dict.fromkeys(("critical", "crit", "page", "fatal", "emergency", "disaster", "p1", "sev1"), CRITICAL),
    **dict.fromkeys(("error", "err", "high", "major", "p2", "sev2"), ERROR),
    **dict.fromkeys(("warning", "warn", "medium", "average", "minor", "ticket", "p3", "sev3"), WARNING),
    **dict.fromkeys(("info", "information", "informational", "notice", "low", "none", "debug"), INFO),
    **dict.fromkeys(("p4", "p5", "sev4", "sev5"), INFO),
}
# A label that is missing or misspelt must not hide an alert.
OTHERWISE = ERROR
AFFECTED = ("workspace", "tenant", "service", "instance", "pod", "namespace", "cluster", "region", "job")

PREFIX = "alertmanager:"
LONGEST_GROUP_KEY = 200
LONGEST_LABEL_NAME, LONGEST_LABEL, MOST_LABELS = 100, 500, 64
LONGEST_TITLE, LONGEST_SUMMARY = 200, 5_000
LONGEST_AFFECTED, LONGEST_ADVICE, LONGEST_URL = 500, 1_000, 1_000


def level_of(labels: Mapping[str, str]) -> str:
    """The level of the label `severity`; error where it is missing or says nothing known."""
    return SEVERITIES.get(labels.get("severity", "").strip().lower(), OTHERWISE)


def group_of(group_key: str) -> str:
    """The portal's key for a group of Alertmanager's: none of the portal's own begins like it."""
    found = PREFIX + line(group_key)
    if len(found) <= LONGEST_GROUP_KEY and found == PREFIX + group_key:
        return found
    return PREFIX + hashlib.sha256(group_key.encode(errors="surrogatepass")).hexdigest()


def texts_of(told: Told, truncated: int) -> dict[str, Any]:
    """Level, texts, labels and address of an alert, by the names of a signal's fields."""
    notes = told.annotations
    return {
        "level": level_of(told.labels),
        "title": cut(_title(told), LONGEST_TITLE),
        "summary": _summary(told, truncated),
        "affected": cut(_affected(told.labels), LONGEST_AFFECTED),
        "advice": cut(_advice(notes), LONGEST_ADVICE),
        "url": _url(notes, told.url),
        "labels": _labels(told.labels),
    }


def left_out(truncated: int) -> str:
    """That Alertmanager did not send all alerts of a group."""
    if not truncated:
        return ""
    which = "another alert" if truncated == 1 else f"{truncated:,} further alerts"
    return f"Alertmanager left {which} of this group out: its receiver's max_alerts is too low."


def line(text: str) -> str:
    """One line of printable characters."""
    return " ".join(paragraph(text).split())


def paragraph(text: str) -> str:
    """Printable characters and line ends."""
    if text.isprintable():
        return text.strip()
    return "".join(each for each in text.replace("\t", " ") if each.isprintable() or each == "\n").strip()


def cut(text: str, longest: int) -> str:
    """The text, with an ellipsis for what is too long of it."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _title(told: Told) -> str:
    notes = told.annotations
    given = (notes.get("summary", ""), notes.get("title", ""), told.labels.get("alertname", ""))
    return next(filter(None, map(line, given)), "An alert without a name")


def _summary(told: Told, truncated: int) -> str:
    described = cut(paragraph(_first(told.annotations, "description", "message")), LONGEST_SUMMARY)
    return "\n\n".join(filter(None, (described, left_out(truncated))))


def _affected(labels: Mapping[str, str]) -> str:
    found = {name: line(labels.get(name, "")) for name in AFFECTED}
    return ", ".join(f"{name} {value}" for name, value in found.items() if value)


def _advice(notes: Mapping[str, str]) -> str:
    found = paragraph(_first(notes, "action", "runbook"))
    return "" if _is_address(found) else found


def _url(notes: Mapping[str, str], generator: str) -> str:
    """Where to look: the first that is an address a browser opens, and nothing that it would run."""
    given = (notes.get("runbook_url", ""), notes.get("runbook", ""), generator)
    return next((each.strip() for each in given if _is_address(each.strip())), "")


def _is_address(text: str) -> bool:
    if len(text) > LONGEST_URL or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def _labels(labels: Mapping[str, str]) -> dict[str, str]:
    pairs = list(labels.items())[:MOST_LABELS]
    found = {cut(line(name), LONGEST_LABEL_NAME): cut(line(value), LONGEST_LABEL) for name, value in pairs}
    found.pop("", None)
    return found


def _first(notes: Mapping[str, str], *names: str) -> str:
    return next((notes[name] for name in names if notes.get(name, "").strip()), "")
