"""How the module is used: adoption, users, and what they did with it."""

from collections.abc import Iterator
from datetime import timedelta

from reports.documents.scene import Scene
from reports.documents.sections.health import _parts as parts_of
from reports.documents.wording import Said, Weight, at_least, number, rounded, told
from reports.shape import Figure, Point, Section, Series, State, Table
from rollout.models import Phase

NAME, TITLE = "adoption", "Adoption"
EMPTY = "The product sends who used the module as `users` of its samples, and what they did as `counters`."
NO_SHARE = "No check of this time could tell which workspaces used the module."
NOT_TOLD = "The product sent no such counter in this time."
# The counters that the guides name, with the figure's name and title.
COUNTERS = (
    ("appointmentsCreated", "appointments_created", "Appointments created"),
    ("followupsCompleted", "follow_ups_completed", "Follow-ups completed"),
    ("remindersDelivered", "reminders_delivered", "Reminders delivered"),
    ("portalVisits", "patient_portal_usage", "Visits of the patient portal"),
)
# Post-launch guide: under 30 % of the enabled users a day costs points.
LEAST_DAILY = 30


def section(scene: Scene) -> Section:
    """Adoption at the last check, distinct users, and the sums of the counters."""
    shown = [*every(scene)]
    nothing = all(figure.value is None for figure in shown)
    return Section(
        NAME,
        TITLE,
        figures=shown,
        series=[] if nothing else [*_series(scene)],
        tables=[*_others(scene)],
        empty=EMPTY if nothing and scene.plan is not None else "",
    )


def sentences(scene: Scene) -> Iterator[Said]:
    """Adoption where it is known, and where it is too low."""
    for figure in every(scene):
        if figure.value is None or figure.name not in ("adoption", "daily_share"):
            continue
        if figure.state in (State.WARNING, State.BAD):
            yield Said(Weight.CONCERN, f"{told(figure)}, below the {figure.target.lstrip('≥ ')} asked for.")
        elif figure.name == "adoption":
            asked = f", {figure.target.lstrip('≥ ')} are asked for" if figure.target else ""
            yield Said(Weight.STATE, f"{told(figure)}{asked}.")


def every(scene: Scene) -> Iterator[Figure]:
    """Each figure of how the module is used."""
    yield _adopted(scene)
    now, before = scene.traffic.now, scene.traffic.before
    users = "" if now.users is not None else scene.traffic.fault or scene.traffic.users_unknown
    yield Figure(
        "users", "Distinct users", now.users, "", before.users, state=_known(now.users), unknown=users
    )
    yield _daily(scene, users)
    yield _share(scene, users)
    for counter, name, title in COUNTERS:
        value = now.counters.get(counter)
        unknown = "" if value is not None else scene.traffic.fault or NOT_TOLD
        previous = before.counters.get(counter)
        yield Figure(name, title, value, "", previous, state=_known(value), unknown=unknown)


def _adopted(scene: Scene) -> Figure:
    """Of the last check of the period that could tell: settled workspaces that used it in a week."""
    now = next((each.adoption for each in reversed(scene.checks.now) if each.adoption is not None), None)
    before = next(
        (each.adoption for each in reversed(scene.checks.before) if each.adoption is not None), None
    )
    least = phase.min_adoption if (phase := _phase(scene)) else None
    value = None if now is None else rounded(100 * now)
    state = _known(value) if least is None else at_least(value, 100 * float(least))
    return Figure(
        "adoption",
        "Adoption",
        value,
        "%",
        None if before is None else rounded(100 * before),
        "" if least is None else f"≥ {number(100 * float(least))} %",
        state,
        unknown=NO_SHARE if value is None else "",
    )


def _phase(scene: Scene) -> Phase | None:
    """The phase whose criteria hold now."""
    if scene.plan is None:
        return None
    reached = [each for each in scene.plan.phases.all() if each.percentage <= scene.plan.percentage]
    return max(reached, key=lambda each: each.percentage, default=None)


def _daily(scene: Scene, unknown: str) -> Figure:
    """The mean over all days of the period; a day without a user counts as one."""
    value = rounded(_mean_daily(scene))
    return Figure("daily_users", "Users a day, mean", value, state=_known(value), unknown=unknown)


def _mean_daily(scene: Scene) -> float | None:
    if scene.traffic.now.users is None:
        return None
    return sum(scene.traffic.users.values()) / scene.period.days


def _share(scene: Scene, unknown: str) -> Figure:
    """The mean users of a day in percent of the people who have the module now."""
    daily, health = _mean_daily(scene), scene.system_health
    enabled = health["adoption"]["enabledUsers"] if health else None
    value = None if daily is None or not enabled else rounded(100 * daily / enabled)
    if daily is not None and not enabled:
        unknown = "Nobody has the module."
    state = at_least(value, LEAST_DAILY)
    title = "Daily users, of those who have it"
    return Figure("daily_share", title, value, "%", None, f"≥ {LEAST_DAILY} %", state, enabled, unknown)


def _series(scene: Scene) -> Iterator[Series]:
    parts = parts_of(scene.checks.now, scene.period.steps())
    adopted = [
        Point(
            step.key,
            next(
                (rounded(100 * each.adoption) for each in reversed(found) if each.adoption is not None), None
            ),
        )
        for step, found in parts
    ]
    if any(point.value is not None for point in adopted):
        yield Series("adoption", "Adoption", adopted, "%")
    if not scene.traffic.users_unknown:
        first = scene.period.first
        days = [first + timedelta(days=number) for number in range(scene.period.days)]
        points = [Point(f"{day}", scene.traffic.users.get(day, 0)) for day in days]
        yield Series("daily_users", "Users of the day", points)


def _others(scene: Scene) -> Iterator[Table]:
    """Every counter that the product names itself."""
    named = {counter for counter, _, _ in COUNTERS}
    now, before = scene.traffic.now.counters, scene.traffic.before.counters
    others = sorted({*now, *before} - named)
    if others:
        rows = [(name, now.get(name), before.get(name)) for name in others]
        yield Table("Other counters", ("Counter", "In this time", "Before"), rows)


def _known(value: object) -> State:
    return State.UNKNOWN if value is None else State.NEUTRAL
