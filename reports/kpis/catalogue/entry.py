"""What a KPI of the guides is made of. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from reports.standing import Judged, Rule

# What people enter is a month's figure, and somebody may be on holiday when the next is due.
MONTHLY = timedelta(days=35)
# A load test holds until the product is another one.
HALF_A_YEAR = timedelta(days=183)
LARGEST = 1e12


class Group(StrEnum):
    """The guides' own headings."""

    RESPONSE = "response_time"
    THROUGHPUT = "throughput"
    ERRORS = "errors"
    RELIABILITY = "reliability"
    ENGAGEMENT = "patient_engagement"
    EFFICIENCY = "operational_efficiency"
    CLINICAL = "clinical_outcomes"
    ADOPTION = "user_adoption"
    OWN = "own"

    @property
    def heading(self) -> str:
        return TITLES[self]


TITLES = {
    Group.RESPONSE: "Response time",
    Group.THROUGHPUT: "Throughput and resources",
    Group.ERRORS: "Errors",
    Group.RELIABILITY: "System reliability",
    Group.ENGAGEMENT: "Patient engagement",
    Group.EFFICIENCY: "Operational efficiency",
    Group.CLINICAL: "Clinical outcomes",
    Group.ADOPTION: "User adoption",
    Group.OWN: "This module's own",
}


class Bound(StrEnum):
    """What is measured says no more than that the true value is at least, or at most, as much.

    It can then decide one way only: a busiest hour of 600 requests a second meets a target of 500, one of
    twelve does not miss it.
    """

    NONE = ""
    LEAST = "least"
    MOST = "most"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One KPI. `target` is None where the guide names none: a product manager sets one.

    `measure` names what `reports.kpis.measuring` measures, "" where people enter it. `note` says how, or what
    to enter. `least` and `most` are what may be entered. `guides` are guide and section.
    """

    key: str
    title: str
    group: Group
    unit: str
    rule: Rule
    guides: str
    note: str
    target: float | None = None
    judged: Judged = Judged.VALUE
    measure: str = ""
    bound: Bound = Bound.NONE
    least: float = 0
    most: float = LARGEST
    valid_for: timedelta = MONTHLY
