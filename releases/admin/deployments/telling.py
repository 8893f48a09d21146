"""Everything that the pages tell of deployments, in a fixed number of queries, however many there are."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone

from monitoring.admin import links as monitoring_links
from monitoring.models import Review
from operations.actor import Actor
from releases.admin.deployments import ladder, shares
from releases.admin.deployments.ladder import Ladder
from releases.admin.releases import links
from releases.admin.releases.wording import DEPLOYMENT_LABELS, by_whom, role
from releases.models import ChecklistItem, Deployment, Evidence, SignOff, Step
from rollout.models import Plan

Stage = ChecklistItem.Stage
REVIEWED = (Deployment.State.RUNNING, Deployment.State.COMPLETE)


@dataclass(frozen=True)
class Boxes:
    """How far the checklist is worked: of all boxes, and of those that must be ticked before it starts."""

    done: int
    of: int
    before_done: int
    before: int
    url: str

    @property
    def filled(self) -> float:
        return 100 * self.done / self.of if self.of else 0

    @property
    def open_before(self) -> int:
        return self.before - self.before_done


@dataclass(frozen=True)
class Reviews:
    """The looks that people owe after a deployment."""

    due: int
    ahead: Review | None
    url: str


@dataclass(frozen=True)
class Told:
    """One deployment as the pages show it."""

    deployment: Deployment
    label: str
    ladder: Ladder
    shares: Sequence[shares.Rung]
    boxes: Boxes | None
    signatures: Sequence[tuple[str, SignOff]]
    deployed_by: str
    rolled_back_by: str
    reviews: Reviews | None
    url: str
    plan_url: str

    @property
    def is_open(self) -> bool:
        return not self.deployment.has_ended


def read(deployments: Sequence[Deployment], actor: Actor) -> list[Told]:
    """The deployments of one release, or a single one; `plan`, `window` and `environment` were read along."""
    keys = [each.pk for each in deployments]
    steps: dict[int, list[Step]] = defaultdict(list)
    for step in Step.objects.filter(deployment__in=keys).order_by("deployment", "position"):
        steps[step.deployment_id].append(step)
    left: dict[int, list[Evidence]] = defaultdict(list)
    for evidence in Evidence.objects.filter(step__deployment__in=keys).order_by("at", "id"):
        left[evidence.step_id].append(evidence)
    signed: dict[int, list[SignOff]] = defaultdict(list)
    for signature in SignOff.objects.filter(deployment__in=keys).order_by("at", "id"):
        signed[signature.deployment_id].append(signature)
    boxes = _boxes(keys)
    # A release has one plan, which all its deployments to production share.
    plan = next((each.plan for each in deployments if each.plan), None)
    facts = shares.read(plan)
    reviews = _reviews(plan, actor)
    return [
        Told(
            deployment=each,
            label=DEPLOYMENT_LABELS[each.state],
            ladder=ladder.ladder(each, steps[each.pk], left, actor),
            shares=shares.rungs(each, steps[each.pk], facts),
            boxes=boxes.get(each.pk),
            signatures=[(role(signature.role), signature) for signature in signed[each.pk]],
            deployed_by=by_whom(each.deployed_by),
            rolled_back_by=by_whom(each.rollback_by),
            reviews=reviews if each.plan_id and each.state in REVIEWED else None,
            url=links.deployment(each.pk),
            plan_url=_plan_url(each, actor),
        )
        for each in deployments
    ]


def _boxes(keys: Sequence[int]) -> dict[int, Boxes]:
    worked, before = ~Q(state=ChecklistItem.State.OPEN), Q(stage=Stage.BEFORE)
    counted = (
        ChecklistItem.objects.filter(deployment__in=keys)
        .order_by()
        .values("deployment")
        .annotate(
            of=Count("pk"),
            done=Count("pk", filter=worked),
            before=Count("pk", filter=before),
            before_done=Count("pk", filter=before & worked),
        )
    )
    return {
        row["deployment"]: Boxes(
            done=row["done"],
            of=row["of"],
            before_done=row["before_done"],
            before=row["before"],
            url=links.checklist(row["deployment"]),
        )
        for row in counted
    }


def _reviews(plan: Plan | None, actor: Actor) -> Reviews | None:
    if plan is None or not actor.may("monitoring.view_review"):
        return None
    now = timezone.now()
    owed = list(Review.objects.open().filter(plan=plan).order_by("due_at")[:100])
    due = sum(review.due_at <= now for review in owed)
    ahead = next((review for review in owed if review.due_at > now), None)
    return Reviews(due, ahead, monitoring_links.reviews(plan=plan.pk)) if owed else None


def _plan_url(deployment: Deployment, actor: Actor) -> str:
    return links.plan(deployment.plan_id) if deployment.plan_id and actor.may("rollout.view_plan") else ""
