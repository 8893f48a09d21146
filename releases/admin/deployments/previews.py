"""What the confirmation pages show of a deployment's verbs: steps, who gains, who loses, what is undone."""

from collections.abc import Sequence
from typing import Any

from operations.actor import Actor, Door
from operations.doors.admin import Inputs, Preview
from operations.errors import Refused
from releases import template_text, templates
from releases.admin.releases import missing
from releases.admin.releases.wording import DEPLOYMENT_LABELS, RUNNERS, by_whom
from releases.deployments import planning, reporting, rolling_back, starting
from releases.models import PRODUCTION, Deployment, Release, Template
from rollout import gates, phases
from rollout.admin import previews as rollout_previews
from rollout.admin import shares
from rollout.models import Module, Plan

TEMPLATE = "admin/releases/deployment_preview.html"
# Whoever looks at what a rollback would do need not be one who may halt a plan by itself.
LOOKING = Actor(door=Door.BEAT, label="preview", grants=frozenset({phases.HALT, phases.RUN}))
FIRST_SHARE = 10


def of_start(release: Release, environment: str, percentage: int, actor: Actor) -> Preview:
    """A start as a dry run: what is missing, the steps, and how many would have it at the first rung."""
    found = starting.start(release, environment, actor=actor, percentage=percentage, dry_run=True)
    context: dict[str, Any] = {
        "release": release,
        "environment": found.environment,
        "by_hand": found.environment.channel_id is None,
        "missing": missing.grouped(found.refused, found.deployment),
    }
    if found.deployment is None:
        context["steps"] = steps_to_come(release, environment, by_hand=context["by_hand"])
    else:
        context["steps"] = steps_of(found.deployment)
        context["signed"] = [each.username for each in found.deployment.sign_offs.all()]
    if environment == PRODUCTION:
        context["percentage"] = percentage
        context["reach"] = reach_of(release.module, min(FIRST_SHARE, percentage))
    return Preview(TEMPLATE, context, _refusal(found.refused))


def of_rollback(deployment: Deployment, inputs: Inputs, actor: Actor) -> Preview:
    """A rollback as a dry run: who loses the release at once, and what is undone then, in order."""
    found = rolling_back.roll_back(
        deployment.release, environment=deployment.environment_id, actor=actor, reason="", dry_run=True
    )
    if found.pk != deployment.pk:
        raise Refused("not_the_last", f"{found} came after {deployment}: roll that one back first.")
    by_hand = deployment.environment.channel_id is None
    undone = rolling_back.back_steps(deployment)
    steps = [(step.title, _runner(step.runner, by_hand=by_hand)) for step in undone]
    return Preview(
        TEMPLATE,
        {
            **_about(deployment),
            "back": True,
            "steps": steps,
            "rollout": _all_off(deployment.plan),
            "issues": deployment.environment_id == PRODUCTION,
        },
    )


def of_proceed(deployment: Deployment, inputs: Inputs, actor: Actor) -> Preview:
    """Going on as a dry run: where it stops next, who gains with the next rung, what its gate says now."""
    reporting.proceed(deployment, inputs["percentage"], actor=actor, dry_run=True)
    plan = plan_of(deployment)
    following = gates.next_phase(plan)
    context = {**_about(deployment), "percentage": inputs["percentage"], "following": following}
    if following is not None:
        outcome = phases.run(plan, following.number, actor=LOOKING, dry_run=True)
        context["rollout"] = rollout_previews.of_outcome(outcome)
        context["gate"] = outcome.refused
    return Preview(TEMPLATE, context)


def rungs_above(deployment: Deployment) -> list[int]:
    """The percentages that a deployment may go on to, in one query."""
    if deployment.plan is None:
        return []
    above = deployment.plan.phases.filter(percentage__gt=deployment.plan.percentage)
    return sorted(above.values_list("percentage", flat=True))


def plan_of(deployment: Deployment) -> Plan:
    """The deployment's plan with what a gate asks of it."""
    return Plan.objects.select_related("module").prefetch_related("phases").get(deployments=deployment)


def steps_of(deployment: Deployment) -> list[tuple[str, str]]:
    """The titles of its steps with who runs each."""
    return [(step.title, RUNNERS[step.runner]) for step in deployment.steps.order_by("position")]


def steps_to_come(release: Release, environment: str, *, by_hand: bool) -> list[tuple[str, str]]:
    """The titles of the steps that a deployment would get now."""
    template = templates.current(Template.Kind.STEPS, planning.template_key(release, environment))
    steps = template_text.read_steps(template.text).steps
    return [(step.title, _runner(step.runner, by_hand=by_hand)) for step in steps]


def reach_of(module: Module, percentage: int) -> dict[str, Any]:
    """How many a share of a module is. Who they are, chance decides when the deployment begins."""
    by_user = module.unit == Module.Unit.USER
    eligible = None if by_user else shares.eligible_of([module])[module.pk]
    return {
        "percentage": percentage,
        "units": rollout_previews.units(module),
        "eligible": eligible,
        "gain": None if eligible is None else -(-percentage * eligible // 100),
    }


def _runner(runner: str, *, by_hand: bool) -> str:
    """Who will do a step: without a webhook a person does what the CI would."""
    return RUNNERS["person" if by_hand and runner == "webhook" else runner]


def _all_off(plan: Plan | None) -> Preview | None:
    if plan is None or plan.status in (Plan.Status.DRAFT, Plan.Status.ARCHIVED) or not plan.percentage:
        return None
    outcome = phases.roll_back(plan, target=0, all_off=True, actor=LOOKING, reason="", dry_run=True)
    return rollout_previews.of_outcome(outcome)


def _about(deployment: Deployment) -> dict[str, Any]:
    return {
        "deployment": deployment,
        "label": DEPLOYMENT_LABELS[deployment.state],
        "deployed_by": by_whom(deployment.deployed_by),
    }


def _refusal(reasons: Sequence[Any]) -> Sequence[Any]:
    """One line for the lock that the page shows: the list below it says it in full."""
    if not reasons:
        return ()
    noun = "thing is" if len(reasons) == 1 else "things are"
    return [type(reasons[0])("not_ready", f"{len(reasons)} {noun} missing: see below.")]
