"""Files of programs that many teams come from: which columns they have, and what their words stand for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from feedback.imports.fields import DECLINED, RESOLVED
from operations.csv_files import columns
from operations.errors import Invalid

# By field, then by what the file says in lower case.
Values = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Preset:
    """For each field the columns that may hold it, the first that the file has is taken."""

    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    values: Values = field(default_factory=dict)

    def mapping(self, header: Sequence[str]) -> dict[str, str]:
        """The column of each field, as far as the file has one."""
        return {
            field: found
            for field, names in self.columns.items()
            if (found := next((name for name in names if columns.has(header, name)), ""))
        }


# What Jira calls the end of a report that was not done as asked for.
_NOT_DONE = (
    "won't fix",
    "won't do",
    "invalid",
    "not a problem",
    "not a bug",
    "cannot reproduce",
    "works for me",
    "incomplete",
    "abandoned",
    "declined",
    "later",
    "duplicate",
    "auto closed",
)
_DONE = (
    "fixed",
    "done",
    "resolved",
    "implemented",
    "delivered",
    "workaround",
    "information provided",
    "pending closed",
)

JIRA = Preset(
    columns={
        "externalId": ("Issue key", "Issue id"),
        "title": ("Summary",),
        "description": ("Description",),
        "category": ("Issue Type",),
        "severity": ("Priority",),
        "status": ("Status",),
        "resolution": ("Resolution",),
        "receivedAt": ("Created",),
        "resolvedAt": ("Resolved",),
        "release": ("Affects Version/s", "Affects versions"),
        "fixedIn": ("Fix Version/s", "Fix versions"),
        "featureArea": ("Component/s", "Components"),
        "tags": ("Labels",),
        "reporterName": ("Reporter",),
    },
    defaults={"category": "bug_report"},
    values={
        "category": {
            "bug": "bug_report",
            "defect": "bug_report",
            "new feature": "feature_request",
            "improvement": "feature_request",
            "wish": "feature_request",
            "story": "feature_request",
            "epic": "feature_request",
            "task": "general_feedback",
            "sub-task": "general_feedback",
            "question": "general_feedback",
            "support": "general_feedback",
        },
        "severity": {
            "blocker": "critical",
            "critical": "critical",
            "highest": "critical",
            "major": "high",
            "minor": "medium",
            "trivial": "low",
            "lowest": "low",
        },
        "status": {
            "open": "new",
            "to do": "new",
            "backlog": "new",
            "patch available": "in_progress",
            "in review": "in_progress",
            "done": "resolved",
        },
        "resolution": {
            "unresolved": "",
            **dict.fromkeys(_DONE, RESOLVED),
            **dict.fromkeys(_NOT_DONE, DECLINED),
        },
    },
)
NONE = ""
PRESETS = {NONE: Preset(), "jira": JIRA}


def preset_of(name: str) -> Preset:
    """The preset of this name, the empty one for none. Raises Invalid."""
    if name not in PRESETS:
        raise Invalid({"preset": f"must be one of {', '.join(filter(None, PRESETS))}"})
    return PRESETS[name]


def values_of(given: Sequence[str]) -> Values:
    """FIELD:FROM=TO as what each field's words stand for. Raises Invalid."""
    found: dict[str, dict[str, str]] = {}
    for each in given:
        field, colon, words = each.partition(":")
        said, equals, meant = words.rpartition("=")
        if not (colon and equals):
            raise Invalid({"value": f"{each[:60]!r} is not of the form FIELD:FROM=TO"})
        found.setdefault(field.strip(), {})[said.strip()] = meant.strip()
    return found
