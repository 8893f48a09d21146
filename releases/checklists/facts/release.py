"""What a release and its deployments show: staging, steps, the share, the way back, who was told."""

from operations.spelling import local_time
from releases.checklists.facts.scene import Ask, Fact, Scene
from releases.lifecycle import DeploymentState, StepState
from releases.models import Announcement, Method, Step
from rollout.models import Plan

DONE = (StepState.SUCCEEDED, StepState.SKIPPED)
LADDER = " → "


def staging(scene: Scene) -> Fact:
    found = scene.staging
    if found is None or found.state != DeploymentState.COMPLETE or found.finished_at is None:
        return Fact(False, "The release has not passed staging.")
    return Fact(True, f"Staging is complete since {local_time(found.finished_at)} (deployment {found.pk}).")


def staging_scan(scene: Scene) -> Fact:
    """The security scan among staging's steps."""
    steps = scene.staging.steps.filter(key="security_scanning") if scene.staging else Step.objects.none()
    scan = steps.first()
    if scan is None or scan.state != StepState.SUCCEEDED:
        return Fact(False, "No security scan of the release has passed on staging.")
    return Fact(True, f"The security scan passed on staging (deployment {scan.deployment_id}).")


def flag_off(scene: Scene) -> Fact:
    key = scene.deployment.release.flag_key
    if scene.plan is None:
        return Fact(True, f"The flag {key} is not there yet, which is off.")
    share = scene.plan.percentage
    return Fact(share == 0, f"The flag {key} is {f'on for {share} %' if share else 'off for everybody'}.")


def ladder(scene: Scene) -> Fact:
    percentages, _ = scene.template.rollout()
    return Fact(True, f"The rollout is prepared: {LADDER.join(map(str, percentages))} %.")


def way_back(scene: Scene) -> Fact:
    """A template cannot be saved with a change that has no undo, or without the flags first."""
    rollback = scene.template.rollback
    undone = sum(step.undo is not None for step in scene.template.steps)
    text = f"The way back has {len(rollback)} steps, and {undone} of the steps have an undo"
    return Fact(True, f"{text}: version {scene.deployment.steps_from.version} of the template.")


def share(percentage: int) -> Ask:
    """Whether the rollout has come as far as this."""

    def ask(scene: Scene) -> Fact:
        reached = scene.plan.percentage if scene.plan else 0
        return Fact(reached >= percentage, f"The release is served to {reached} %.")

    return ask


def whole_share(scene: Scene) -> Fact:
    target = scene.deployment.target_percentage
    plan = scene.plan
    arrived = plan is not None and (plan.percentage >= target or plan.status == Plan.Status.COMPLETE)
    reached = plan.percentage if plan else 0
    return Fact(arrived, f"The flag serves {reached} %, of {target} % that are wanted.")


def backup_steps(scene: Scene) -> Fact:
    return _all_done([step for step in scene.steps if "backup" in step.key], "step of the backup")


def applied(scene: Scene) -> Fact:
    return _all_done([step for step in scene.before_rollout if step.changes], "step that changes something")


def verified(scene: Scene) -> Fact:
    """The steps of the CI and of people that follow the last change before the rollout."""
    before = scene.before_rollout
    last = max((step.position for step in before if step.changes), default=0)
    after = [step for step in before if step.position > last and step.runner != Step.Runner.PORTAL]
    return _all_done(after, "step of the verification")


def all_steps(scene: Scene) -> Fact:
    done = sum(step.state in DONE for step in scene.steps)
    complete = scene.deployment.state == DeploymentState.COMPLETE
    return Fact(complete, f"{done} of {len(scene.steps)} steps are done.")


def _all_done(steps: list[Step], name: str) -> Fact:
    if not steps:
        return Fact(None, f"There is no {name}.")
    words = ", ".join(f"{step.title}: {step.get_state_display().lower()}" for step in steps)
    return Fact(all(step.state == StepState.SUCCEEDED for step in steps), f"{words}.")


def window_planned(scene: Scene) -> Fact:
    if scene.deployment.method != Method.MAINTENANCE_WINDOW:
        return Fact(None, "This method needs no maintenance window.")
    window = scene.deployment.window
    if window is None or window.state in ("over", "cancelled"):
        return Fact(False, "No maintenance window is planned.")
    told = window.announced_at is not None
    text = f"{window} begins {local_time(window.starts_at)}"
    return Fact(told, f"{text} and is announced." if told else f"{text} and is not announced yet.")


def maintenance_mode(scene: Scene) -> Fact:
    if scene.deployment.method != Method.MAINTENANCE_WINDOW:
        return Fact(True, "This method needs no maintenance mode.")
    window = scene.deployment.window
    on = window is not None and window.state == "in force"
    return Fact(on, f"Maintenance mode is {'on' if on else 'off'}.")


def announced(scene: Scene) -> Fact:
    """An announcement of this deployment that went out and was not cancelled."""
    found = (
        Announcement.objects.filter(
            deployment=scene.deployment, published_at__isnull=False, cancelled_at=None
        )
        .order_by("-pk")
        .first()
    )
    if found is None or found.published_at is None:
        return Fact(None, "The portal has announced nothing of it: only a person can tell who knows.")
    return Fact(True, f"{found} was announced {local_time(found.published_at)}.")
