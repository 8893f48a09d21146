"""Which part of the front page stands where: what a person is there for comes first. Pure."""

from collections.abc import Callable

NEEDS, PLANS, RELEASES, FEEDBACK = "needs", "plans", "releases", "feedback"
ALERTS, WINDOWS, EVENTS = "alerts", "windows", "events"

May = Callable[[str], bool]

LEADS = "rollout.run_phase"
SHIPS = "releases.deploy_release"
ANSWERS = "feedback.triage_ticket"
SIGNS = "releases.sign_off"
VOUCHES = "monitoring.do_review"
RESPONDS = "monitoring.respond_alert"
APPROVES = "rollout.approve_phase"
DECIDES = (LEADS, SHIPS, ANSWERS, SIGNS, VOUCHES, RESPONDS, APPROVES)

# The first permission that a person has says what they are there for.
BY_DUTY = (
    (LEADS, (PLANS, ALERTS, RELEASES, FEEDBACK)),
    (SHIPS, (RELEASES, ALERTS, PLANS, FEEDBACK)),
    (ANSWERS, (FEEDBACK, ALERTS, PLANS, RELEASES)),
    (SIGNS, (RELEASES, PLANS, ALERTS, FEEDBACK)),
)
OF_READERS = (PLANS, ALERTS, RELEASES, FEEDBACK)


def order(may: May) -> tuple[str, ...]:
    """The parts in order for who may what; who may decide nothing has no list of decisions."""
    middle = next((parts for duty, parts in BY_DUTY if may(duty)), OF_READERS)
    return (*((NEEDS,) if decides(may) else ()), *middle, WINDOWS, EVENTS)


def decides(may: May) -> bool:
    """Whether anything could ever wait for this person."""
    return any(may(each) for each in DECIDES)


def inbox_is_theirs(may: May) -> bool:
    """Whether tickets are what this person is there for, and not one thing among others."""
    return may(ANSWERS) and not may(LEADS) and not may(SHIPS)
