"""The front page's part: releases in flight, what is planned, and what of them waits for the reader."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from operations.actor import Actor
from releases.admin.deployments import shares
from releases.admin.deployments.pages import share_of
from releases.admin.releases import links
from releases.admin.releases.wording import DEPLOYMENT_LABELS, role
from releases.checklists import signing, ticking
from releases.deployments import rows
from releases.lifecycle import UNDER_WAY, DeploymentState, StepState
from releases.models import PRODUCTION, ChangePolicy, ChecklistItem, Deployment, SignOff, Step
from rollout.models import Plan

# More than that stand in the list.
MOST = 8
Stage = ChecklistItem.Stage
DONE = (StepState.SUCCEEDED, StepState.SKIPPED)


@dataclass(frozen=True)
class Rung:
    """One percentage of a release's rollout: done, here, next or later."""

    percentage: int
    state: str


@dataclass(frozen=True)
class Flight:
    """One deployment that runs or is planned, and how far it is."""

    deployment: Deployment
    label: str
    share: str
    step: str
    steps: Sequence[Step]
    done: int
    ladder: Sequence[Rung]
    waits: str
    boxes: int
    url: str


@dataclass(frozen=True)
class Task:
    """Something that a person owes a release: `key` names it for good, `due` is by when, if anybody said.

    What only prepares a later step is not `urgent`.
    """

    key: str
    text: str
    why: str
    url: str
    due: datetime | None = None
    urgent: bool = True


@dataclass(frozen=True)
class InFlight:
    """What goes on, what is planned for production, and what of both waits for the reader."""

    going: Sequence[Flight]
    planned: Sequence[Flight]
    tasks: Sequence[Task]


def read(actor: Actor) -> InFlight:
    """What the front page shows, in at most six queries; nothing for who may not see releases."""
    if not actor.may("releases.view_deployment"):
        return InFlight((), (), ())
    found = _deployments()
    steps: dict[int, list[Step]] = defaultdict(list)
    for step in Step.objects.filter(deployment__in=[each.pk for each in found]).order_by("position"):
        steps[step.deployment_id].append(step)
    flights = [_flight(each, steps[each.pk]) for each in found]
    going = [each for each in flights if each.deployment.is_under_way]
    planned = [each for each in flights if not each.deployment.is_under_way]
    tasks = [*_steps(going, actor), *_held(going, actor), *_boxes(flights, actor)]
    return InFlight(going, planned, [*tasks, *_of_planned(planned, actor)])


def _deployments() -> list[Deployment]:
    """Those under way, and the newest that are planned for production."""
    planned = Q(environment=PRODUCTION, state=DeploymentState.PLANNED)
    last = Case(When(planned, then=Value(1)), default=Value(0))
    return list(
        Deployment.objects.filter(Q(state__in=UNDER_WAY) | planned)
        .select_related("release", "environment", "plan", "window")
        .annotate(open_before=_open(Stage.BEFORE), open_during=_open(Stage.DURING))
        .order_by(last, "-id")[: 2 * MOST]
    )


def _open(stage: str) -> Coalesce:
    """How many boxes of a stage a person may still tick."""
    own = ChecklistItem.objects.filter(
        deployment=OuterRef("pk"), stage=stage, state=ChecklistItem.State.OPEN, role=""
    )
    counted = own.order_by().values("deployment").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), Value(0))


def _flight(deployment: Deployment, steps: Sequence[Step]) -> Flight:
    running = next((step for step in steps if step.state == StepState.RUNNING), None)
    back = deployment.state == DeploymentState.ROLLING_BACK
    direction = Step.Direction.BACK if back else Step.Direction.FORWARD
    way = [step for step in steps if step.direction == direction]
    before = deployment.state == DeploymentState.PLANNED
    return Flight(
        deployment=deployment,
        label=DEPLOYMENT_LABELS[deployment.state],
        share=share_of(deployment),
        step=running.title if running else "",
        steps=way,
        done=sum(step.state in DONE for step in way),
        ladder=_ladder(deployment, steps),
        waits=deployment.held_because,
        boxes=_counted(deployment, "open_before" if before else "open_during"),
        url=links.deployment(deployment.pk),
    )


def _counted(deployment: Deployment, name: str) -> int:
    return int(getattr(deployment, name))


def _ladder(deployment: Deployment, steps: Sequence[Step]) -> list[Rung]:
    """The percentages of the step that rolls it out, with where it is now; none without such a step."""
    step = next((each for each in steps if each.action == shares.ROLLOUT), None)
    if step is None:
        return []
    plan = deployment.plan
    here = 0 if plan is None or plan.all_off else plan.percentage
    percentages = sorted({*step.params.get("ladder", shares.LADDER), deployment.target_percentage})
    following = next((each for each in percentages if each > here), None)
    # Beyond where it stops a person decides.
    goes_on = deployment.is_under_way and following is not None and following <= deployment.target_percentage
    return [Rung(each, _place(each, here, following if goes_on else None)) for each in percentages]


def _place(percentage: int, here: int, following: int | None) -> str:
    if percentage <= here:
        return shares.HERE if percentage == here else shares.DONE
    return shares.NEXT if percentage == following else shares.LATER


def _steps(going: Sequence[Flight], actor: Actor) -> list[Task]:
    """The steps that wait for a person, for who may report them."""
    if not actor.may(rows.REPORT):
        return []
    found = []
    for flight in going:
        step = next((each for each in flight.steps if each.state == StepState.RUNNING), None)
        if step is None or step.runner != Step.Runner.PERSON:
            continue
        each = flight.deployment
        url = links.operation("deployment", "report", each, step=step.key, attempt=step.attempts)
        text = f"{step.title}: release {each.release} in {each.environment_id} waits for a person"
        why = "Do what the step says, and report how it went: the next step begins then."
        found.append(Task(f"step:{step.pk}:{step.attempts}", text, why, url, step.deadline_at))
    return found


def _held(going: Sequence[Flight], actor: Actor) -> list[Task]:
    """The rollouts that stopped: where they were told to stop, or paused. They wait for a person."""
    if not actor.may(rows.DEPLOY):
        return []
    found = []
    for each in (flight.deployment for flight in going):
        plan = each.plan
        if plan is None or each.state != DeploymentState.RUNNING or plan.percentage >= 100:
            continue
        paused = plan.status == Plan.Status.PAUSED
        if paused or plan.percentage == each.target_percentage:
            text = f"Release {each.release} {'is paused' if paused else 'stopped'} at {plan.percentage} %"
            why = "Let it go on, or roll it back."
            found.append(Task(f"held:{each.pk}:{plan.percentage}", text, why, links.deployment(each.pk)))
    return found


def _boxes(flights: Sequence[Flight], actor: Actor) -> list[Task]:
    """The boxes that are to be ticked now: before production, and while a deployment runs."""
    if not actor.may(ticking.TICK):
        return []
    found = []
    for flight in flights:
        each = flight.deployment
        if not flight.boxes or each.state == DeploymentState.ROLLING_BACK:
            continue
        count = f"{flight.boxes} box{'' if flight.boxes == 1 else 'es'}"
        before = each.state == DeploymentState.PLANNED
        why = "Production begins when they are ticked." if before else "It runs now: they are part of it."
        text, url = f"Tick {count} of release {each.release}", links.checklist(each.pk)
        due = _begins(each) if before else None
        found.append(Task(f"boxes:{each.pk}", text, why, url, due, urgent=False))
    return found


def _begins(deployment: Deployment) -> datetime | None:
    """When a planned deployment should begin: with its maintenance window, if it has one."""
    return deployment.window.starts_at if deployment.window else None


def _of_planned(planned: Sequence[Flight], actor: Actor) -> list[Task]:
    """The signatures that the reader may give now, and the deployments that they may start."""
    mine = signing.roles_of(actor.user) if actor.user and planned else ()
    starts = actor.may(rows.DEPLOY)
    if not planned or not (mine or starts):
        return []
    policies: Mapping[str, ChangePolicy] = {each.category: each for each in ChangePolicy.objects.all()}
    signed: dict[int, list[SignOff]] = defaultdict(list)
    for each in SignOff.objects.filter(deployment__in=[flight.deployment.pk for flight in planned]):
        signed[each.deployment_id].append(each)
    found = []
    for flight in planned:
        deployment = flight.deployment
        policy = policies.get(deployment.release.category)
        if policy is None:
            continue
        if names := _owed(deployment, policy, signed[deployment.pk], mine, actor):
            found.append(_to_sign(deployment, names))
        if starts and not flight.boxes and _all_signed(deployment, policy, signed[deployment.pk]):
            found.append(_to_start(deployment))
    return found


def _to_sign(deployment: Deployment, roles: Sequence[str]) -> Task:
    text = f"Release {deployment.release} wants your signature: {', '.join(map(role, roles))}"
    why = f"{deployment.release.get_category_display()}: it goes to production when all have signed."
    url = f"{links.checklist(deployment.pk)}#sign-off"
    return Task(f"sign:{deployment.pk}:{','.join(roles)}", text, why, url, _begins(deployment))


def _to_start(deployment: Deployment) -> Task:
    text = f"Deploy release {deployment.release} to production"
    why = "Its checklist is ticked and signed."
    url = links.operation("release", "deploy", deployment.release)
    return Task(f"start:{deployment.pk}", text, why, url, _begins(deployment))


def _all_signed(deployment: Deployment, policy: ChangePolicy, signed: Sequence[SignOff]) -> bool:
    """Whether the signatures are there that the policy asks for."""
    counted = _counting(deployment, policy, signed)
    people = {each.user_id for each in counted}
    return set(policy.roles) <= {each.role for each in counted} and len(people) >= policy.people


def _counting(deployment: Deployment, policy: ChangePolicy, signed: Sequence[SignOff]) -> list[SignOff]:
    author = deployment.release.author_id if policy.not_the_author else None
    return [each for each in signed if author is None or each.user_id != author]


def _owed(
    deployment: Deployment, policy: ChangePolicy, signed: Sequence[SignOff], mine: Sequence[str], actor: Actor
) -> list[str]:
    """Those of the reader's roles that would help now."""
    user = actor.user.pk if actor.user else None
    if policy.not_the_author and deployment.release.author_id == user:
        return []
    given = {each.role for each in signed}
    if policy.roles:
        before = set(policy.roles) - {policy.last} - given
        asked = [each for each in mine if each in policy.roles and each not in given]
        return [each for each in asked if each != policy.last or not before]
    counted = {each.user_id for each in _counting(deployment, policy, signed)}
    lacks = len(counted) < policy.people and user not in counted
    return [each for each in mine if each not in given][:1] if lacks else []
