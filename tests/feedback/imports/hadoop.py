"""The reports of Apache Hadoop, and a program of its own that counts them: only csv and arithmetic.

What stands here is what docs/tickets.md says of `--preset jira`, written a second time.
"""

import csv
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HADOOP = Path(__file__).resolve().parents[4] / "shared" / "data" / "hadoop_bugs.csv"
needs_hadoop = pytest.mark.skipif(not HADOOP.exists(), reason="needs ../shared/data/hadoop_bugs.csv")

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
DAYS_BEFORE = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
DONE = {
    "Fixed",
    "Done",
    "Implemented",
    "Resolved",
    "Workaround",
    "Information Provided",
    "Pending Closed",
}
SEVERITY = {
    "Blocker": "critical",
    "Critical": "critical",
    "Major": "high",
    "Minor": "medium",
    "Trivial": "low",
}


@dataclass
class Counted:
    """The totals of the file, in UTC."""

    reports: int = 0
    severities: Counter[str] = field(default_factory=Counter)
    months: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    critical_by_month: Counter[str] = field(default_factory=Counter)
    minutes: list[int] = field(default_factory=list)

    def percentile(self, percent: int) -> int:
        """The least time that so many percent of the times do not exceed."""
        times = sorted(self.minutes)
        return times[-(-percent * len(times) // 100) - 1]


def count(file: Path = HADOOP) -> Counted:
    found = Counted()
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            severity, month = SEVERITY[row["Priority"]], month_of(row["Created"])
            found.reports += 1
            found.severities[severity] += 1
            found.months[month] += 1
            found.critical_by_month[month] += severity == "critical"
            state = {"Open": "new", "Reopened": "reopened", "Resolved": "declined"}.get(row["Status"])
            if row["Resolution"] in DONE:
                state = "resolved"
                found.minutes.append(minutes_of(row["Resolved"]) - minutes_of(row["Created"]))
            found.states[state or "in_progress"] += 1
    return found


def month_of(text: str) -> str:
    """Such as 2021-09 for 30/Sep/21 17:20."""
    return f"20{text[7:9]}-{MONTHS.index(text[3:6]) + 1:02}"


def minutes_of(text: str) -> int:
    """Minutes since the year 2000."""
    day, month, year = int(text[:2]), MONTHS.index(text[3:6]), int(text[7:9])
    leap = year % 4 == 0
    days = year * 365 + (year + 3) // 4 + DAYS_BEFORE[month] + (leap and month > 1) + day - 1
    return days * 1440 + int(text[10:12]) * 60 + int(text[13:15])
