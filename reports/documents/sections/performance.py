"""The performance of those who have the module, and the platform under it, against the guide's targets."""

from collections.abc import Callable, Iterator
from dataclasses import asdict

from monitoring import figures, targets
from monitoring.figures import PerformanceMetrics
from monitoring.vitals import Arms, Vitals
from reports.documents.scene import Scene
from reports.documents.wording import NOTHING_MEASURED, Said, Weight, below, number, rounded, told
from reports.shape import Figure, Point, Section, Series, State

NAME, TITLE = "performance", "Performance"
EMPTY = (
    "The product posts its vitals to POST /api/monitoring/metrics: see that it does, and with which module."
)
NO_PLAN = "Without a plan nobody has the module, so nothing of it is measured."
# Name, title, unit, what it stands on; what has no target beside these is shown without one.
SHOWN = (
    ("error_rate", "Error rate", "%", "requests"),
    ("timeout_rate", "Timeout rate", "%", "requests"),
    ("api_response_time", "API response, mean", "ms", "requests"),
    ("api_response_time_p95", "API response, 95th percentile", "ms", "requests"),
    ("database_response_time", "Database response, mean", "ms", "readings"),
    ("memory_usage", "Memory, mean", "%", "readings"),
    ("cpu_usage", "CPU, mean", "%", "readings"),
    ("disk_usage", "Disk, highest", "%", "readings"),
)
LIMITS = {target.name: target.limit for target in targets.TARGETS}
# From where on something is bad and no longer to be watched: the alerts of level error (SPEC 4.4).
WORST = {"error_rate": 5, "api_response_time_p95": 1_000, "memory_usage": 90}


def section(scene: Scene) -> Section:
    """Rates and times of the whole period, from its sums; the same of the period before."""
    found = scene.traffic
    shown = [*every(scene)]
    nothing = not found.now.arms.cohort.requests and not found.now.gauges.readings
    return Section(
        NAME,
        TITLE,
        text=[*_text(scene)],
        figures=shown,
        series=[] if nothing else [*_series(scene)],
        empty=EMPTY if nothing and scene.plan is not None else "",
    )


def sentences(scene: Scene) -> Iterator[Said]:
    """The error rate always, and every other figure that misses its target."""
    if scene.plan is None:
        yield Said(Weight.STATE, NO_PLAN)
        return
    if scene.traffic.fault:
        text = f"The source of the vitals did not answer, so performance is unknown: {scene.traffic.fault}"
        yield Said(Weight.CONCERN, text)
        return
    missed = [figure for figure in every(scene) if figure.state in (State.WARNING, State.BAD)]
    for figure in every(scene):
        if figure.name == "error_rate" and figure.value is not None:
            yield _error_rate(figure)
    others = [figure for figure in missed if figure.name != "error_rate"]
    if others:
        worst = any(figure.state == State.BAD for figure in others)
        misses = "; ".join(f"{told(figure)}, asked for {figure.target}" for figure in others)
        yield Said(Weight.ALARM if worst else Weight.CONCERN, f"{misses}.")
    if not scene.traffic.now.arms.cohort.requests:
        yield Said(Weight.CONCERN, f"{_why_unknown(scene)} Error rate and response times are unknown.")


def _error_rate(figure: Figure) -> Said:
    limit = f"{number(LIMITS['error_rate'])} %"
    match figure.state:
        case State.BAD:
            return Said(Weight.ALARM, f"{told(figure, 2)}, far above the target of {limit}.")
        case State.WARNING:
            return Said(Weight.CONCERN, f"{told(figure, 2)}, not below the target of {limit}.")
    return Said(Weight.STATE, f"{told(figure, 2)}, below the target of {limit}.")


def every(scene: Scene) -> Iterator[Figure]:
    """Each figure with its value before, its target and what it stands on."""
    now, before = _measured(scene, later=True), _measured(scene, later=False)
    unknown = _why_unknown(scene)
    yield _requests(scene, unknown)
    for name, title, unit, basis in SHOWN:
        value, limit = rounded(getattr(now, name)), LIMITS.get(name)
        state = State.NEUTRAL if limit is None else below(value, limit, WORST.get(name))
        if value is None:
            state = State.UNKNOWN
        yield Figure(
            name,
            title,
            value,
            unit,
            rounded(getattr(before, name)),
            "" if limit is None else f"< {number(limit)} {unit}",
            state,
            getattr(now, basis),
            unknown if value is None else "",
        )


def known(scene: Scene) -> dict[str, float | int | None]:
    """The figures by name, for what is derived from them."""
    return dict(asdict(_measured(scene, later=True)))


def _measured(scene: Scene, *, later: bool) -> PerformanceMetrics:
    told_of = scene.traffic.now if later else scene.traffic.before
    return figures.performance(told_of.arms.cohort, told_of.gauges)


def _requests(scene: Scene, unknown: str) -> Figure:
    now, before = (each.arms.cohort.requests for each in (scene.traffic.now, scene.traffic.before))
    if not now:
        return Figure(
            "requests", "Requests", None, previous=before or None, state=State.UNKNOWN, unknown=unknown
        )
    return Figure("requests", "Requests", now, previous=before or None)


def _text(scene: Scene) -> Iterator[str]:
    if not scene.traffic.now.arms.cohort.requests:
        yield _why_unknown(scene)
        return
    control = scene.traffic.now.arms.control
    if control.requests:
        rate = 100 * control.errors / control.requests
        yield (
            f"Of those who could have the module and do not have it yet, {number(rate, 2)} % of "
            f"{control.requests:,} requests failed."
        )
    yield "The workspaces are those that have the module now, in both periods."


def _why_unknown(scene: Scene) -> str:
    if scene.plan is None:
        return NO_PLAN
    if scene.traffic.fault:
        return f"The source of the vitals did not answer: {scene.traffic.fault}"
    if scene.rollout and not scene.rollout["enabled"]:
        return "Nobody has the module, so nothing of it was measured."
    return NOTHING_MEASURED


def _series(scene: Scene) -> Iterator[Series]:
    steps = scene.traffic.steps

    def points(read: Callable[[Arms], float | None]) -> list[Point]:
        return [Point(step.key, read(arms)) for step, arms in steps]

    yield Series("requests", "Requests", points(lambda arms: arms.cohort.requests or None))
    yield Series("error_rate", "Error rate, with the module", points(lambda arms: _rate(arms.cohort)), "%")
    yield Series(
        "control_error_rate", "Error rate, without it", points(lambda arms: _rate(arms.control)), "%"
    )
    yield Series(
        "p95", "API response, 95th percentile", points(lambda arms: rounded(arms.cohort.p95_ms)), "ms"
    )


def _rate(vitals: Vitals) -> float | int | None:
    return rounded(figures.percent(vitals.errors, vitals.requests))
