"""Named builders: every state is reached through the verbs, as a user would reach it."""

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import Group, User
from django.utils import timezone

from operations.actor import Actor, Door
from rollout import gates, phases, setup
from rollout.models import Flag, Member, Module, Plan, Verdict, Workspace

ROOT = Actor(door=Door.COMMAND, label="root", grants=None)


def a_person(username: str = "ada", *, group: str = "Administrator") -> User:
    """A member of staff in one group."""
    user, _ = User.objects.get_or_create(username=username, defaults={"is_staff": True})
    user.groups.set([Group.objects.get(name=group)])
    return User.objects.get(pk=user.pk)


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
