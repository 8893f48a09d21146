"""What the health checks found: verdicts, scores over time, deductions, criteria, and what was done."""

from collections.abc import Iterable, Iterator, Sequence

from monitoring.models import HealthCheck
from reports.documents.checks import Check
from reports.documents.periods import Step
from reports.documents.scene import Scene
from reports.documents.wording import Said, Weight, at_least, counted, number, time, was
from reports.shape import Figure, Point, Section, Series, State, Table
from rollout.models import Verdict

NAME, TITLE = "health", "Health checks"
NO_CHECK = "No health check was made in this time."
EMPTY = "A plan is checked every hour once its first phase runs: see that the worker and beat run."
STATES = {"pass": State.GOOD, "hold": State.WARNING, "breach": State.BAD, "unknown": State.UNKNOWN}
MET = {True: "met", False: "not met", None: "unknown"}
# A score is good from here on, and bad under the other.
GOOD_SCORE, BAD_SCORE = 80, 60
MOST_ROWS = 50


def section(scene: Scene) -> Section:
    """The checks of the period beside those of the one before."""
    found = scene.checks
    if not found.now:
        return Section(NAME, TITLE, text=[NO_CHECK], figures=[*_figures(scene)], empty=EMPTY)
    return Section(
        NAME,
        TITLE,
        text=[_last(found.now[-1])],
        figures=[*_figures(scene)],
        series=[*_series(scene)],
        tables=[*_tables(scene)],
    )


def sentences(scene: Scene) -> Iterator[Said]:
    """Breaches and what was done about them, else how the checks went."""
    found = scene.checks
    if not found.now:
        if scene.plan is not None:
            yield Said(Weight.STATE, f"{NO_CHECK} Its health is unknown.")
        return
    tally, before = found.verdicts, found.verdicts_before
    breaches = [each for each in found.now if each.result == Verdict.Result.BREACH]
    if breaches:
        acted = [HealthCheck.Action(each.action).label.lower() for each in found.now if each.action]
        did = f"; the portal {', '.join(dict.fromkeys(acted))}" if acted else ""
        text = f"{counted(len(breaches), 'health check')} of {len(found.now)} found a breach{did}"
        yield Said(Weight.ALARM, f"{text}. The last: {breaches[-1].summary}")
    last = found.now[-1]
    scores = [each for each in _figures(scene) if each.name == "post_launch_score"]
    held = (
        f", {tally['hold']} on hold, {tally['unknown']} unknown" if tally["hold"] + tally["unknown"] else ""
    )
    earlier = f" (before: {before['pass']} of {len(found.before)})" if found.before else ""
    text = f"{tally['pass']} of {counted(len(found.now), 'health check')} passed{earlier}{held}"
    weight = Weight.STATE if last.result == Verdict.Result.PASS else Weight.CONCERN
    yield Said(weight, f"{text}; the post-launch score is {last.post_launch_score} of 100{was(scores[0])}.")


def _last(check: Check) -> str:
    result = Verdict.Result(check.result).label.lower()
    return f"The last check, {time(check.slot)}: {result}. {check.summary}"


def _figures(scene: Scene) -> Iterator[Figure]:
    found = scene.checks
    now, before = found.now, found.before
    unknown = "" if now else NO_CHECK
    yield Figure("checks", "Health checks", len(now), previous=len(before) if before else None)
    for result, label in Verdict.Result.choices:
        n = found.verdicts[result]
        state = STATES[result] if n and result != Verdict.Result.PASS else State.NEUTRAL
        earlier = found.verdicts_before[result] if before else None
        yield Figure(f"checks_{result}", f"Verdict: {label.lower()}", n, previous=earlier, state=state)
    missed = sum(each.missed for each in now)
    yield Figure("missed", "Hours without a check", missed, state=State.WARNING if missed else State.NEUTRAL)
    for name, title in (("post_launch_score", "Post-launch score"), ("rollout_score", "Rollout score")):
        value = getattr(now[-1], name) if now else None
        earlier = getattr(before[-1], name) if before else None
        lowest = min((getattr(each, name) for each in now), default=None)
        state = at_least(value, GOOD_SCORE, BAD_SCORE)
        target = f"≥ {GOOD_SCORE}"
        yield Figure(name, f"{title}, last", value, "", earlier, target, state, unknown=unknown)
        worst = State.NEUTRAL if now else State.UNKNOWN
        yield Figure(f"{name}_lowest", f"{title}, lowest", lowest, state=worst, unknown=unknown)


def _series(scene: Scene) -> Iterator[Series]:
    """The lowest score and the last adoption of each step; a step without a check is a gap."""
    parts = list(_parts(scene.checks.now, scene.period.steps()))
    for name, title in (("post_launch_score", "Post-launch score"), ("rollout_score", "Rollout score")):
        points = [
            Point(step.key, min((getattr(each, name) for each in checks), default=None))
            for step, checks in parts
        ]
        yield Series(name, f"{title}, the lowest", points)


def _parts(checks: Sequence[Check], steps: Iterable[Step]) -> Iterator[tuple[Step, list[Check]]]:
    """The checks of each step; both are in order."""
    place = 0
    for step in steps:
        found = []
        while place < len(checks) and checks[place].slot < step.until:
            found.append(checks[place])
            place += 1
        yield step, found


def _tables(scene: Scene) -> Iterator[Table]:
    last = scene.checks.last
    acted = [each for each in scene.checks.now if each.action]
    if acted:
        rows = [
            (time(each.slot), each.result, HealthCheck.Action(each.action).label, each.summary)
            for each in reversed(acted[-MOST_ROWS:])
        ]
        yield Table("What the portal did", ("When", "Verdict", "Done", "Why"), rows)
    if last is None:
        return
    criteria = [
        (
            each["name"].replace("_", " "),
            MET[each["met"]],
            number(each.get("n"), 0) if each.get("n") else "",
            each["reason"],
        )
        for each in last.details.get("criteria", ())
    ]
    yield Table("Criteria at the last check", ("Criterion", "State", "n", "Reason"), criteria)
    deductions = [
        ("post-launch" if name == "postLaunch" else name, each["group"], each["rule"], each["points"])
        for name, lost in last.details.get("deductions", {}).items()
        for each in lost
    ]
    if deductions:
        yield Table("Points lost at the last check", ("Score", "Group", "Rule", "Points"), deductions)
