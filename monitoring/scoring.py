"""The two health scores (SPEC 4.2), 0 to 100, with each deduction listed. Pure arithmetic."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor
from typing import NamedTuple

# Kept with each score; raise it when a rule below changes.
SCORING_VERSION = 1
BEST = 100


class Deduction(NamedTuple):
    """Points that a rule took, after the limit of its group."""

    group: str
    rule: str
    points: float


@dataclass(frozen=True, slots=True)
class Score:
    """A score from 0 to 100, what was deducted, and which inputs were unknown and so deducted nothing."""

    value: int
    deductions: tuple[Deduction, ...]
    unknown: tuple[str, ...]
    version: int = SCORING_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutInputs:
    """Rates are fractions, issues are open ones; None is unknown (a phase's limit: not asked for)."""

    error_rate: float | None
    max_error_rate: float | None
    adoption: float | None
    min_adoption: float | None
    critical_issues: int | None
    high_issues: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostLaunchInputs:
    """Rates and shares are fractions; None is unknown.

    `daily_active` is daily active users over enabled users, `satisfaction` a mean of 1 to 5 from at least
    five ratings, `critical_errors` are open critical alerts, `high_issues` open issues of high priority.
    """

    mean_response_ms: float | None
    error_rate: float | None
    daily_active: float | None
    appointment_completion: float | None
    satisfaction: float | None
    critical_errors: int | None
    high_issues: int | None


# Post-launch: (more than, points), the first that applies counts.
RESPONSE_POINTS = ((500, 20), (300, 10))
ERROR_POINTS = ((0.05, 25), (0.02, 10))
GROUP_LIMITS = {"performance": 30, "adoption": 25, "quality": 25}


def rollout_score(given: RolloutInputs) -> Score:
    """The rollout guide's score: error rate up to 30, adoption up to 25, 20 and 10 for each open issue."""
    found, unknown = [], []
    if given.error_rate is None or given.max_error_rate is None:
        unknown.append("error rate")
    else:
        share = _share(given.error_rate, 2 * given.max_error_rate)
        found.append(Deduction("error rate", f"{_percent(given.error_rate)} of requests fail", 30 * share))
    if given.adoption is None or given.min_adoption is None:
        unknown.append("adoption")
    else:
        missing = max(0.0, 1 - given.adoption / given.min_adoption) if given.min_adoption else 0.0
        rule = f"adoption {_percent(given.adoption)}, {_percent(given.min_adoption)} are asked for"
        found.append(Deduction("adoption", rule, 25 * missing))
    for name, count, points in (
        ("critical", given.critical_issues, 20),
        ("high", given.high_issues, 10),
    ):
        if count is None:
            unknown.append(f"{name} issues")
        else:
            rule = f"{_counted(count, f'{name} issue')} open"
            found.append(Deduction("issues", rule, float(points * count)))
    return _score(found, unknown)


def post_launch_score(given: PostLaunchInputs) -> Score:
    """The post-launch guide's score, in four groups of which three have a limit."""
    found: list[Deduction] = []
    unknown: list[str] = []

    def rule(group: str, name: str, value: float | None, points: float, text: str) -> None:
        if value is None:
            unknown.append(name)
        else:
            found.append(Deduction(group, text, points))

    response, errors = given.mean_response_ms, given.error_rate
    text = f"mean response {response or 0:.0f} ms"
    rule("performance", "mean response", response, _steps(response, RESPONSE_POINTS), text)
    text = f"{_percent(errors or 0)} of requests fail"
    rule("performance", "error rate", errors, _steps(errors, ERROR_POINTS), text)
    daily, done, stars = given.daily_active, given.appointment_completion, given.satisfaction
    text = f"{_percent(daily or 0)} of the enabled users are active daily, under 30 %"
    rule("adoption", "daily active users", daily, 15 * _under(daily, 0.3), text)
    text = f"{_percent(done or 0)} of the appointments are completed, under 80 %"
    rule("quality", "appointment completion", done, 15 * _under(done, 0.8), text)
    text = f"satisfaction {stars or 0:.1f}, under 4.0"
    rule("quality", "user satisfaction", stars, 10 * _under(stars, 4.0), text)
    critical, high = given.critical_errors, given.high_issues
    rule(
        "stability", "critical errors", critical, 15.0 * (critical or 0), _counted(critical, "critical error")
    )
    rule("stability", "high-priority issues", high, 5.0 * (high or 0), _counted(high, "high-priority issue"))
    return _score(found, unknown)


def _score(found: Iterable[Deduction], unknown: Iterable[str]) -> Score:
    """The deductions within their groups' limits; their sum is rounded half up."""
    kept: list[Deduction] = []
    spent: dict[str, float] = {}
    for each in found:
        left = GROUP_LIMITS.get(each.group, float("inf")) - spent.get(each.group, 0.0)
        points = round(min(each.points, left), 4)
        if points > 0:
            spent[each.group] = spent.get(each.group, 0.0) + points
            kept.append(each._replace(points=points))
    deducted = floor(round(sum(each.points for each in kept), 4) + 0.5)
    return Score(max(0, BEST - deducted), tuple(kept), tuple(unknown))


def _share(part: float, whole: float) -> float:
    """part / whole, at most 1; of nothing any part is all."""
    if not whole:
        return 1.0 if part else 0.0
    return min(1.0, part / whole)


def _steps(value: float | None, steps: tuple[tuple[float, int], ...]) -> float:
    """The points of the first limit that the value exceeds; 0 when it is unknown or exceeds none."""
    return next((float(points) for limit, points in steps if value is not None and value > limit), 0.0)


def _under(value: float | None, limit: float) -> bool:
    return value is not None and value < limit


def _counted(count: int | None, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f} %"
