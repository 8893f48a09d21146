"""When trouble began, and what it means where no control can tell the feature from the platform."""

from collections.abc import Callable
from typing import NamedTuple

from monitoring.judging.evidence import HOUR, Evidence
from monitoring.judging.findings import FEATURE, UNCLEAR
from monitoring.judging.wording import NO_CONTROL

# Trouble that began so soon after a change of the plan is blamed on it (SPEC 4.3).
SOON_AFTER = 2 * HOUR
# Without a control, longer trouble than this is acted on, whoever's fault. An incident of six hours that does
# not begin at a full hour touches seven, and does not stop a plan.
LONGEST_INCIDENT = 7


class Alone(NamedTuple):
    """What trouble without a control amounts to: whether it stops the plan, its cause, and why."""

    breaks: bool
    cause: str
    reason: str


def hours_in_a_row(ill: Callable[[int], bool], most: int) -> int:
    """How many hours in a row, the newest first, were ill; asks for no more than `most`."""
    return next((hours_ago for hours_ago in range(most) if not ill(hours_ago)), most)


def soon_after_change(evidence: Evidence, hours: int) -> bool:
    """Whether trouble of the last `hours` clock hours began within 2 h after the plan last changed."""
    if evidence.changed_at is None:
        return False
    began = evidence.slot - hours * HOUR
    return began + HOUR > evidence.changed_at and began <= evidence.changed_at + SOON_AFTER


def without_control(evidence: Evidence, ill: Callable[[int], bool], smear: int = 0) -> Alone:
    """Judge trouble that nothing can be compared with: by when it began and how long it lasts.

    `ill` says whether the check `hours_ago` saw it; each hour of trouble is seen by 1 + `smear` checks.
    """
    most = LONGEST_INCIDENT + smear + 1
    hours = hours_in_a_row(ill, most)
    if soon_after_change(evidence, hours):
        return Alone(True, FEATURE, "It began within two hours of the plan's last change.")
    if hours >= most:
        return Alone(True, UNCLEAR, f"It has lasted for more than {LONGEST_INCIDENT} hours. {NO_CONTROL}")
    return Alone(False, UNCLEAR, NO_CONTROL)
