"""Where the rollout stands: phases, soak and gate, the cohort over time, and who did what."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from operations.spelling import span
from reports.documents.scene import Document, Scene
from reports.documents.wording import Said, Weight, counted, listed, number, time
from reports.shape import Figure, Point, Section, Series, State, Table
from rollout.models import Module, PhaseRun, Plan

Operation = PhaseRun.Operation
NAME, TITLE = "rollout", "Rollout"
NO_PLAN = "The module has no rollout plan: run `manage.py rollout setup`, or add one in the admin."
NOT_BEGUN = "The plan has not begun: nobody has the module. Preview phase 1 and run it in the admin."
HALTED = {
    Plan.Status.PAUSED: "is paused: nobody new gets the module until somebody resumes it",
    Plan.Status.ROLLED_BACK: "was rolled back: only a resume goes on",
}
# So many of the newest lines a table shows; the API and the admin have them all.
MOST_ROWS = 50


def section(scene: Scene) -> Section:
    """The plan as it stands now, and what was done to it in the period."""
    found = scene.rollout
    if scene.plan is None or found is None:
        return Section(NAME, TITLE, empty=NO_PLAN)
    return Section(
        NAME,
        TITLE,
        text=[*_text(scene.plan, scene, found)],
        figures=[*_figures(scene.plan, scene, found)],
        series=[*_series(scene)],
        tables=[_phases(scene, found), *_operations(scene), *_trail(scene)],
        empty=NOT_BEGUN if found["status"] == Plan.Status.DRAFT else "",
    )


def sentences(scene: Scene) -> Iterator[Said]:
    """Where the plan stands, what was done, and whether the next phase may run."""
    found = scene.rollout
    if scene.plan is None or found is None:
        yield Said(Weight.STATE, f"{scene.module.name} has no rollout plan, so nothing is rolled out.")
        return
    halted = HALTED.get(Plan.Status(found["status"]))
    if halted:
        yield Said(Weight.CONCERN, f"The rollout {halted}.", waits=True)
    yield Said(Weight.STATE, _standing(scene.plan, scene, found))
    if scene.runs_within:
        yield Said(Weight.DONE, f"Done to the rollout: {_done(scene.runs_within)}.")
    if waits := _waits(found):
        yield Said(Weight.DECISION, waits, waits=True)


def _text(plan: Plan, scene: Scene, found: Document) -> Iterator[str]:
    yield _standing(plan, scene, found)
    if waits := _waits(found):
        yield waits
    if found["status"] != Plan.Status.DRAFT and not scene.runs_within:
        yield "Nothing was done to the plan in this time."


def _standing(plan: Plan, scene: Scene, found: Document) -> str:
    if found["status"] == Plan.Status.DRAFT:
        return f"{scene.module.name} has not begun: nobody has it, and {_eligible(found, scene)} could."
    phase = f"phase {found['phase']}, " if found["phase"] else ""
    share = f"{found['enabled']:,} of {_eligible(found, scene)}"
    since = f" since {time(plan.share_changed_at)}" if plan.share_changed_at else ""
    status = Plan.Status(str(found["status"])).label.lower()
    return f"{scene.module.name} is {status} in {phase}at {found['percentage']} %{since}: {share} have it."


def _eligible(found: Document, scene: Scene) -> str:
    unit = "user" if _by_user(scene) else "workspace"
    n = found["eligible"]
    return f"{n:,} eligible {unit}{'' if n == 1 else 's'}"


def _waits(found: Document) -> str:
    """What the next phase, or the completion, waits for; "" where nothing is left to do."""
    following, completion = found["nextPhase"], found["completion"]
    if isinstance(following, dict):
        what = f"Phase {following['number']} ({following['name']}, {following['percentage']} %)"
        gate = following
    elif isinstance(completion, dict):
        what, gate = "The completion", completion
    else:
        return ""
    if gate["allowed"]:
        return f"{what} may run now: it waits for a decision."
    return f"{what} has to wait: {' '.join(gate['reasons'])}"


def _done(runs: Sequence[PhaseRun]) -> str:
    """`2 phases run, 1 pause`."""
    names = {
        Operation.PHASE: ("phase run", "phases run"),
        Operation.SET: ("percentage set", "percentages set"),
        Operation.PAUSE: ("pause", ""),
        Operation.RESUME: ("resume", ""),
        Operation.ROLLBACK: ("rollback", ""),
        Operation.COMPLETE: ("completion", ""),
    }
    tally = {name: sum(run.operation == name for run in runs) for name in names}
    words = [counted(n, *names[name]) for name, n in tally.items() if n]
    last = runs[-1]
    return f"{listed(words)}; the last took it from {last.from_percentage} % to {last.to_percentage} %"


def _figures(plan: Plan, scene: Scene, found: Document) -> Iterator[Figure]:
    by_user = _by_user(scene)
    state = State.WARNING if plan.status in HALTED else State.NEUTRAL
    yield Figure("percentage", "Percentage", plan.percentage, "%", _percentage_before(scene), state=state)
    yield Figure("share", "Share that has it", round(100 * found["share"], 1), "%", n=found["eligible"])
    yield Figure("enabled", "Have the module", found["enabled"], "users" if by_user else "workspaces")
    yield Figure("control", "Eligible, do not have it yet", found["control"])
    yield Figure("operations", "Operations on the plan", len(scene.runs_within))
    if not by_user:
        entered = sum(scene.period.has(since) for since, _ in scene.stays)
        left = sum(scene.period.has(until) for _, until in scene.stays)
        yield Figure("entered", "Workspaces that got it", entered)
        yield Figure("left", "Workspaces that lost it", left)


def _percentage_before(scene: Scene) -> int | None:
    """The percentage at the beginning of the period; 0 before anything was done."""
    earlier = [run for run in scene.runs if run.at < scene.period.since]
    return earlier[-1].to_percentage if earlier else 0


def _series(scene: Scene) -> Iterator[Series]:
    """The cohort and the percentage as they were at the end of each step."""
    steps = scene.period.steps()
    if not _by_user(scene):
        points = [
            Point(
                step.key,
                sum(
                    since < step.until and (left is None or left >= step.until) for since, left in scene.stays
                ),
            )
            for step in steps
        ]
        yield Series("cohort", "Workspaces that have the module", points)
    percentages = []
    for step in steps:
        reached = [run.to_percentage for run in scene.runs if run.at < step.until]
        percentages.append(Point(step.key, reached[-1] if reached else 0))
    yield Series("percentage", "Percentage of the plan", percentages, "%")


def _phases(scene: Scene, found: Document) -> Table:
    first: dict[int, datetime] = {}
    for run in scene.runs:
        if run.operation == Operation.PHASE and run.phase_number is not None:
            first.setdefault(run.phase_number, run.at)
    rows = [
        (
            each["number"],
            each["name"],
            f"{each['percentage']} %",
            time(first.get(each["number"])),
            f"{number(each['minSoakHours'] / 24)} days",
            _rate(each["maxErrorRate"]),
            _rate(each["minAdoption"]),
            each["status"].replace("_", " "),
        )
        for each in found["phases"]
    ]
    columns = ("Phase", "Name", "Share", "First run", "Soak", "Errors at most", "Adoption at least", "State")
    return Table("Phases", columns, rows)


def _operations(scene: Scene) -> Iterator[Table]:
    if not scene.runs_within:
        return
    rows = [
        (
            time(run.at),
            run.get_operation_display(),
            run.phase_number,
            f"{run.from_percentage} %",
            f"{run.to_percentage} %",
            run.gain,
            run.lose,
            ", ".join(run.overridden),
            run.by,
        )
        for run in reversed(scene.runs_within[-MOST_ROWS:])
    ]
    columns = ("When", "What", "Phase", "From", "To", "Gained", "Lost", "Gate overridden", "By")
    yield Table("What was done", columns, rows)


def _trail(scene: Scene) -> Iterator[Table]:
    """The rest of the audit trail: settings, approvals, criteria that were vouched for."""
    if not scene.events:
        return
    rows = [
        (time(event.at), event.action, f"{event.door}:{event.actor}", event.on_behalf_of)
        for event in reversed(scene.events[-MOST_ROWS:])
    ]
    yield Table("In the audit trail", ("When", "Action", "By", "On behalf of"), rows)


def soak_left(scene: Scene) -> str:
    """How long the present phase must last yet, in words; "" where it is over."""
    plan = scene.plan
    if plan is None or plan.share_changed_at is None:
        return ""
    reached = [phase for phase in plan.phases.all() if phase.percentage <= plan.percentage]
    phase = max(reached, key=lambda each: each.percentage, default=None)
    if phase is None:
        return ""
    left = plan.share_changed_at + phase.min_soak - scene.now
    return span(left) if left.total_seconds() > 0 else ""


def _rate(fraction: float | None) -> str:
    return "" if fraction is None else f"{number(100 * fraction, 2)} %"


def _by_user(scene: Scene) -> bool:
    return scene.module.unit == Module.Unit.USER
