"""What was shipped, and how well: deployments, rollbacks and DORA's metrics."""

from collections.abc import Iterator
from datetime import timedelta

from operations.spelling import span
from releases.models import PRODUCTION, Deployment
from reports.documents.scene import Document, Scene
from reports.documents.wording import Said, Weight, counted, rounded, time
from reports.shape import Figure, Point, Section, Series, State, Table

NAME, TITLE = "releases", "Releases"
NONE = "Nothing was deployed in this time."
NO_DEPLOYMENT = "No deployment to production reached anybody in this time."
NO_FIX = "No deployment of this time brought a fix to everybody."
NO_ROLLBACK = "No deployment of this time was rolled back after it reached anybody."
MOST_ROWS = 50
State_ = Deployment.State


def section(scene: Scene) -> Section:
    """DORA's metrics of the deployments to production that ended in the period, and every deployment."""
    return Section(
        NAME,
        TITLE,
        text=[] if scene.deployments else [NONE],
        figures=[*_figures(scene.dora, scene.dora_before)],
        series=[*_series(scene.dora)],
        tables=[*_deployments(scene)],
    )


def sentences(scene: Scene) -> Iterator[Said]:
    """Rollbacks and failures first; then what went out; then what waits."""
    production = [each for each in scene.deployments if each.environment_id == PRODUCTION]
    ended = [each for each in production if scene.period.has(each.finished_at)]
    back = [each for each in ended if each.state in (State_.ROLLED_BACK, State_.FAILED)]
    if back:
        names = ", ".join(f"{each.release.version} {each.get_state_display().lower()}" for each in back[:5])
        yield Said(Weight.CONCERN, f"{counted(len(back), 'deployment')} to production went wrong: {names}.")
    done = [each for each in ended if each.state == State_.COMPLETE]
    if done:
        names = ", ".join(each.release.version for each in done[:5])
        before = scene.dora_before["deploymentFrequency"]["n"]
        text = f"{counted(len(done), 'deployment')} to production complete (before: {before}): {names}."
        yield Said(Weight.DONE, text)
    waiting = [each for each in production if each.is_under_way and each.held_because]
    for each in waiting[:2]:
        yield Said(Weight.DECISION, f"The deployment of {each.release.version} waits.", waits=True)


def _figures(now: Document, before: Document) -> Iterator[Figure]:
    frequency = now["deploymentFrequency"]
    earlier = before["deploymentFrequency"]
    yield Figure("deployments", "Deployments to production", frequency["n"], previous=earlier["n"])
    yield Figure(
        "per_week", "Deployments a week", rounded(frequency["perWeek"]), previous=rounded(earlier["perWeek"])
    )
    yield _time("lead_time", "Lead time, median", now["leadTime"], before["leadTime"], NO_FIX)
    yield _rate("change_fail_rate", "Change fail rate", now, before, "changeFailRate")
    yield _time(
        "recovery_time", "Recovery time, median", now["recoveryTime"], before["recoveryTime"], NO_ROLLBACK
    )
    yield _rate("rework_rate", "Rework rate", now, before, "reworkRate")
    yield Figure(
        "stopped", "Stopped before they changed anything", now["stopped"], previous=before["stopped"]
    )


def _time(name: str, title: str, now: Document, before: Document, none: str) -> Figure:
    value = _hours(now["medianSeconds"])
    state, unknown = (State.UNKNOWN, none) if value is None else (State.NEUTRAL, "")
    return Figure(name, title, value, "h", _hours(before["medianSeconds"]), "", state, now["n"], unknown)


def _rate(name: str, title: str, now: Document, before: Document, key: str) -> Figure:
    value, earlier = _percent(now[key]["share"]), _percent(before[key]["share"])
    state, unknown = (State.UNKNOWN, NO_DEPLOYMENT) if value is None else (State.NEUTRAL, "")
    return Figure(name, title, value, "%", earlier, "", state, now[key]["n"], unknown)


def _series(found: Document) -> Iterator[Series]:
    trend = found["trend"]
    if len(trend) > 1 and any(each["deployments"] or each["stopped"] for each in trend):
        points = [Point(f"{each['from']}", each["deployments"]) for each in trend]
        yield Series("deployments", f"Deployments to production, by {found['step']}", points)


def _deployments(scene: Scene) -> Iterator[Table]:
    if not scene.deployments:
        return
    rows = [
        (
            each.release.version,
            each.environment_id,
            each.get_state_display(),
            time(each.started_at),
            time(each.finished_at),
            span(each.finished_at - each.started_at) if each.finished_at and each.started_at else "",
            each.deployed_by,
            each.get_trigger_display() if each.trigger else "",
        )
        for each in reversed(scene.deployments[-MOST_ROWS:])
    ]
    columns = ("Release", "To", "State", "Begun", "Ended", "Took", "By", "Rolled back by")
    yield Table("Deployments", columns, rows)


def _hours(seconds: int | None) -> float | None:
    return None if seconds is None else round(timedelta(seconds=seconds) / timedelta(hours=1), 2)


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 2)
