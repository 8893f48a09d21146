"""What the pages of monitoring say, for a reader who knows no statistics."""

import re
from dataclasses import dataclass

from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime

from operations.models import AuditEvent

RESULT_LABELS = {"pass": "success", "hold": "warning", "breach": "danger", "unknown": ""}
RESULTS = {
    "pass": "Healthy",
    "hold": "Not yet: the gate stays closed",
    "breach": "Stop: the rollout does harm",
    "unknown": "Unknown: nothing was measured",
}
CAUSES = {
    "platform": "Not the feature: the whole platform is hit",
    "unclear": "Trouble, and not clear whose",
}
DOORS = {
    "beat": "the hourly schedule",
    "command": "{} on the command line",
    "api": "the key {} through the API",
    "admin": "{} in the admin",
}

# Whoever answers by the link of a message, and the name they gave.
LINK = re.compile(r"api:link:(?P<to>.*?)(?: \((?P<name>.*)\))?")


@dataclass(frozen=True)
class Kind:
    """A rule of the verdict: its heading, and when it is looked at and what for."""

    title: str
    lead: str


@dataclass(frozen=True)
class Word:
    """One criterion: its name as a sentence that should hold, what it means, and how its numbers are read.

    `rule` is the key of its `Kind`. `unit` is percent (of a fraction), points (a difference of two
    fractions), share (from 0 to 100), ms, chance, number or none; `least` says that the threshold is a
    minimum. `without` is its chip when it is not judged and holds nothing.
    """

    rule: str
    title: str
    meaning: str
    unit: str = "none"
    least: bool = False
    without: str = "Too little evidence"


KINDS = {
    "hard_stop": Kind(
        "Sudden breakage",
        "Looked at every hour: does it fail for many who have the feature, and for few who do not? Stops the "
        "rollout.",
    ),
    "partial_break": Kind(
        "Broken for some",
        "Looked at once a day: what breaks few customers, but for long. Stops the rollout.",
    ),
    "guardrail": Kind(
        "A little worse for many",
        "Looked at once a day: harm too small to see in one customer. Stops the rollout.",
    ),
    "trigger": Kind(
        "Rollback triggers",
        "Limits for the last hour that nothing may cross. Stops the rollout, unless those without the "
        "feature cross them too: then the platform has a problem, and only the gate is held.",
    ),
    "phase": Kind(
        "What the phase asks for",
        "Over the last 24 hours, before the next phase runs. Holds the gate, and never stops what already "
        "runs.",
    ),
}

_ERRORS = (
    "The share of requests that failed. The line is how far chance alone could move it: while the limit lies "
    "within, there are too few requests to decide, and waiting helps."
)
_P95 = (
    "95 of 100 answers come at least this fast, so that the slow ones count and single outliers do not. A "
    "mean would hide that one customer in ten waits."
)
_PLATFORM = (
    "Everybody shares it, with the feature or without. So it counts against the rollout only when the "
    "trouble began within two hours of a change of the plan."
)
_DATABASE_P95 = "95 of 100 times the database answered at least this fast."

WORDS = {
    "hard_stop": Word(
        "hard_stop",
        "No sudden breakage",
        "A workspace counts as failing when over the last 3 hours its error rate lies more than 5 points "
        "above its own past. When the share of failing workspaces with the feature is 30 points higher than "
        "without it, at least 3 fail, and the check an hour earlier saw the same, the feature breaks things "
        "for many. Comparing with those who do not have it yet keeps a bad day of the whole platform from "
        "being blamed on the feature.",
        "points",
    ),
    "partial_break": Word(
        "partial_break",
        "Not broken for some",
        "The same comparison over a whole day, for a feature that breaks only some: at least 2 failing "
        "workspaces, 15 points more than without the feature, on two days in a row.",
        "points",
    ),
    "guardrail": Word(
        "guardrail",
        "Not a little worse for many",
        "Each workspace is compared with its own two weeks before. Then those with the feature are compared "
        "with those without, equals in size with equals. The chance says how often luck alone would look at "
        "least this bad: 41 % is nothing, one in two thousand is no accident. Each daily look spends a part "
        "of the plan's 1.5 % chance of a false alarm, so that looking often does not cry wolf.",
        "chance",
    ),
    "errors_over_5_percent": Word("trigger", "Few errors in the last hour", _ERRORS, "percent"),
    "p95_over_2000_ms": Word("trigger", "Answers in the last hour are fast enough", _P95, "ms"),
    "database_failures": Word(
        "trigger", "The database is reached", _PLATFORM, "number", without="Not measured"
    ),
    "memory_over_95_percent": Word("trigger", "Memory is left", _PLATFORM, "share", without="Not measured"),
    "error_rate": Word("phase", "Few errors", _ERRORS, "percent"),
    "p95": Word("phase", "Fast answers", _P95, "ms"),
    "database_p95": Word("phase", "A fast database", _DATABASE_P95, "ms"),
    "adoption": Word(
        "phase",
        "The module is used",
        "How many of the workspaces that have had the module for at least 5 days used it in the last week. "
        "Low adoption is no fault of the software: ask the customers, train them, then go on.",
        "percent",
        least=True,
        without="Not asked for yet",
    ),
    "satisfaction": Word(
        "phase",
        "Users are satisfied",
        "The mean rating out of 5 in the tickets of the last 7 days. Fewer than 5 ratings say nothing, so a "
        "person who asked around may vouch for it with a note.",
        "number",
        least=True,
    ),
    "critical_issues": Word(
        "phase",
        "No open critical issue",
        "A critical bug that is known and not fixed would reach more customers with the next phase. They are "
        "the open bug reports about the module.",
        "number",
    ),
    "stable": Word(
        "phase",
        "Stable for the time asked for",
        "No rollback trigger and no critical alert in that time: calm once may be luck.",
    ),
    "flags_available": Word(
        "phase",
        "Every flag of the module reaches everybody",
        "A flag that is held back or killed would leave the module in pieces when the plan is complete.",
    ),
}


def word(name: str) -> Word:
    """The words of a criterion; one that is not known here is the phase's, under its own name."""
    return WORDS.get(name) or Word("phase", name.replace("_", " ").capitalize(), "")


def by_whom(label: str) -> str:
    """ "admin:ada" as "ada in the admin"."""
    if link := LINK.fullmatch(label):
        return f"{link['name'] or 'somebody'}, by the link sent to {link['to']}"
    door, _, name = label.partition(":")
    return DOORS.get(door, label).format(name)


def of_event(event: AuditEvent) -> str:
    """An event of monitoring in one line, where its plain facts do not read well; "" for any other event."""
    data = event.data
    if event.action == "monitoring.reviewed":
        return f"review {data['review']}"
    if event.action == "alert.silenced":
        return f"until {_at(data['to'])}"
    if event.action == "monitoring.criterion_ticked":
        return f"{word(data['criterion']).title.lower()}, phase {data['phase']}"
    return ""


def _at(text: str) -> str:
    """A moment of the trail in the portal's zone, which it names."""
    moment = parse_datetime(text)
    return formats.date_format(timezone.localtime(moment), "j M, H:i T") if moment else text
