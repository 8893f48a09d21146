"""Named builders: every state is reached through the verbs, as a user would reach it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from operations.actor import Actor, Door
from rollout import flags, gates, phases, segments, setup, targeting
from rollout.models import Flag, Member, Module, Plan, Segment, Verdict, Workspace
from rollout.rules.conditions import Condition
from rollout.rules.conditions import Group as ConditionGroup
from rollout.targeting import RuleDraft, VariantDraft

ROOT = Actor(door=Door.COMMAND, label="root", grants=None)


def a_person(username: str = "ada", *, group: str = "Administrator") -> User:
    """A member of staff in one group."""
    user, _ = User.objects.get_or_create(username=username, defaults={"is_staff": True})
    user.groups.set([Group.objects.get(name=group)])
    return User.objects.get(pk=user.pk)


def signed_in(group: str, username: str = "ada") -> Client:
    """The browser of a member of staff in one group."""
    client = Client()
    client.force_login(a_person(username, group=group))
    return client


def acting(user: User) -> Actor:
    return Actor(door=Door.ADMIN, label=user.get_username(), user=user)


def modules() -> None:
    """Both modules of the catalogue, as `rollout setup` makes them."""
    setup.create_missing(actor=ROOT)


def engagement() -> Plan:
    """The Patient Engagement plan, as it stands."""
    return Plan.objects.live().select_related("module").get(module__key="patient_engagement")


def health() -> Plan:
    """The Health Management plan, as it stands."""
    return Plan.objects.live().select_related("module").get(module__key="health_management")


def workspaces(ids: Iterable[str], *, tier: str = "professional", status: str = "active") -> None:
    """Eligible workspaces of these ids, with one pharmacist each."""
    made = [Workspace(id=pk, name=f"Pharmacy {pk}", tier=tier, status=status) for pk in ids]
    Workspace.objects.bulk_create(made)
    Member.objects.bulk_create(
        Member(workspace=workspace, member="unnamed:pharmacist", role="pharmacist") for workspace in made
    )


def numbered(count: int, start: int = 0) -> list[str]:
    return [f"W{number:05d}" for number in range(start, start + count)]


def a_plan(eligible: int = 40) -> Plan:
    """A draft of Patient Engagement with this many eligible workspaces, W00000 and on."""
    modules()
    workspaces(numbered(eligible))
    return engagement()


def a_plan_in_phase(number: int, eligible: int = 40) -> Plan:
    """A plan whose phases 1 to `number` ran, each through an open gate."""
    plan = a_plan(eligible)
    for each in range(1, number + 1):
        if each > 1:
            open_gate(plan)
        phases.run(plan, each, actor=ROOT)
        plan = engagement()
    return plan


def a_verdict(plan: Plan, result: str = "pass", *, age: timedelta = timedelta(0)) -> Verdict:
    """A verdict on the plan's present version."""
    return gates.record_verdict(
        plan,
        result,
        f"a {result} for the test",
        plan_version=plan.version,
        measured_at=timezone.now() - age,
    )


def open_gate(plan: Plan) -> None:
    """Let the soak be over and the latest verdict pass."""
    Plan.objects.filter(pk=plan.pk).update(share_changed_at=timezone.now() - timedelta(days=8))
    a_verdict(plan)


def flag(key: str = "patient_engagement_module") -> Flag:
    return Flag.objects.select_related("module").get(key=key)


def module(key: str = "patient_engagement") -> Module:
    return Module.objects.get(key=key)


def a_flag(
    key: str = "checkout",
    *,
    module_key: str = "patient_engagement",
    variants: Sequence[VariantDraft] = (),
    rules: Sequence[RuleDraft] = (),
    **values: Any,
) -> Flag:
    """A flag of its own beside the catalogue's, with these variants and rules."""
    made = flags.create(module(module_key), key, **{"name": key.title(), **values}, actor=ROOT)
    if variants:
        targeting.set_variants(made, variants, actor=ROOT)
    if rules:
        targeting.set_rules(made, rules, actor=ROOT)
    return flag(key)


def an_experiment(key: str = "colour", **values: Any) -> Flag:
    """A text flag that answers red or blue, half each, and grey where it is off."""
    variants = [VariantDraft("red", "#f00", 1), VariantDraft("blue", "#00f", 1), VariantDraft("off", "#888")]
    return a_flag(key, value_type="string", variants=variants, **values)


def where(*, match: str = "all", **wanted: str | Sequence[str]) -> list[dict[str, Any]]:
    """Groups that hold where attributes have one of the values: `where(country="GB", tier=["a", "b"])`."""
    conditions = [
        {"attribute": name, "operator": "in", "values": [values] if isinstance(values, str) else [*values]}
        for name, values in wanted.items()
    ]
    return [{"match": match, "conditions": conditions}]


def as_json(groups: Sequence[ConditionGroup]) -> list[dict[str, Any]]:
    """The JSON that `conditions.parse` read these groups from."""

    def plain(condition: Condition) -> dict[str, Any]:
        if condition.segment:
            return {"segment": condition.segment}
        values = list(condition.values)
        return {"attribute": condition.attribute, "operator": condition.operator, "values": values}

    return [{"match": group.match, "conditions": [*map(plain, group.conditions)]} for group in groups]


def within(*keys: str, match: str = "all") -> list[dict[str, Any]]:
    """Groups that hold for the members of segments."""
    return [{"match": match, "conditions": [{"segment": key} for key in keys]}]


def a_segment(key: str = "pilot", groups: Any = None) -> Segment:
    """A segment of requests from GB, unless `groups` says otherwise."""
    return segments.save(key, key.title(), "", where(country="GB") if groups is None else groups, actor=ROOT)
