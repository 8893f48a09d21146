"""Answers, previews and the record follow one rule: checked over random plans and histories."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from operations.errors import Refused
from rollout import answers, cohorts, facts, flags, modules, overrides, phases, plans, records
from rollout.changes import Outcome
from rollout.models import Enrolment, Flag, InternalUnit, Member, Module, Override, Plan, Workspace
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db

ORDERINGS = st.sampled_from(["workspace_id", "hash"])
STATUSES = ["active", "trial", "expired"]
# The last two: one that answers weighted variants, and one that is for those who hear one of them.
KEYS = [
    "patient_engagement_module",
    "appointment_scheduling",
    "patient_portal",
    "clinical_alerts",
    "reminder_channel",
    "reminder_by_text",
]
STEPS = [
    "set",
    "pause",
    "resume",
    "override",
    "internal",
    "kill",
    "hold",
    "status",
    "arrive",
    "arrive",
    "role",
    "roll back",
    "eligibility",
    "schedule",
    "variant",
]

many = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def start(ordering: str, eligible: int) -> None:
    for model in (Enrolment, Override, InternalUnit, Workspace):
        model.objects.all().delete()
    builders.modules()
    Plan.objects.filter(module__key="patient_engagement").update(
        ordering=ordering,
        status="draft",
        percentage=0,
        cutoff_key="",
        cutoff_open=False,
        all_off=False,
        version=1,
        paused_at=None,
        share_changed_at=None,
        automatic=False,
    )
    Plan.objects.get(module__key="patient_engagement").runs.all().delete()
    Flag.objects.update(killed=False, max_percentage=None, hold_key="", on_from=None)
    Module.objects.filter(key="patient_engagement").update(
        tiers=["professional"], statuses=["active", "trial"]
    )
    channels()
    builders.workspaces(f"{number * 7919 % 1000:03d}" for number in range(eligible))


def channels() -> None:
    """A flag with weighted variants, the same each time, and another that needs one of them."""
    for key in reversed(KEYS[-2:]):
        Flag.objects.filter(key=key).delete()
    module, core = builders.module(), builders.flag()
    channel = Flag.objects.create(
        key=KEYS[-2],
        name="Channel",
        module=module,
        prerequisite=core,
        value_type="string",
        salt="0123456789abcdef",
    )
    for position, (key, weight) in enumerate([("text", 3), ("mail", 2), ("none", 0), ("off", 0)]):
        channel.variants.create(key=key, value=key, weight=weight, position=position)
    Flag.objects.create(
        key=KEYS[-1], name="By text", module=module, prerequisite=channel, prerequisite_variant="text"
    )


def evaluated() -> dict[str, set[str]]:
    """Who has each flag, asked one by one."""
    found: dict[str, set[str]] = {key: set() for key in KEYS}
    state = facts.state_for_answers(builders.module())
    rows = list(Flag.objects.filter(key__in=KEYS).select_related("module"))
    for pk in Workspace.objects.values_list("pk", flat=True):
        for flag in rows:
            if answers.of_flag(flag, state, pk).on:
                found[flag.key].add(pk)
    return found


def selected(flag: str) -> set[str]:
    """Who has a flag, asked of the database at once."""
    state = facts.state_of(builders.module())
    found = next(each for each in state.flags if each.key == flag)
    return set(cohorts.members_with(state, found).values_list("pk", flat=True))


@many
@given(st.data())
def test_nobody_loses_in_a_ramp(data: st.DataObject) -> None:
    start(data.draw(ORDERINGS), data.draw(st.integers(1, 60)))
    state = facts.state_of
    arrived = 0
    for _ in range(data.draw(st.integers(1, 8))):
        plan = builders.engagement()
        before = set(cohorts.members(state(builders.module())).values_list("pk", flat=True))
        step = data.draw(st.sampled_from(["raise", "raise", "arrive", "leave", "pause", "resume"]))
        gone: set[str] = set()
        if step == "raise" and plan.percentage < 100 and plan.status != Plan.Status.PAUSED:
            higher = data.draw(st.integers(plan.percentage + 1, 100))
            try:
                phases.set_percentage(plan, higher, actor=ROOT)
            except Refused as refusal:
                assert refusal.code == "nobody_eligible"  # noqa: PT017 - everybody may have left
        elif step == "arrive":
            count = data.draw(st.integers(1, 10))
            prefix = data.draw(st.sampled_from(["A-", "0-", "Z-"]))
            builders.workspaces(f"{prefix}{arrived + n}" for n in range(count))
            arrived += count
        elif step == "leave":
            gone = set(data.draw(st.lists(st.sampled_from(sorted(before)), max_size=5)) if before else [])
            Workspace.objects.filter(pk__in=gone).update(status="expired")
        elif step == "pause" and plan.status == Plan.Status.RUNNING:
            phases.pause(plan, actor=ROOT)
        elif step == "resume" and plan.status == Plan.Status.PAUSED:
            phases.resume(plan, plan.percentage, actor=ROOT)
        after = set(cohorts.members(state(builders.module())).values_list("pk", flat=True))
        assert before - gone <= after, step


@many
@given(st.data())
def test_answers_sets_previews_and_the_record_agree(data: st.DataObject) -> None:
    start(data.draw(ORDERINGS), data.draw(st.integers(4, 20)))
    ids = sorted(Workspace.objects.values_list("pk", flat=True))
    lapsed = data.draw(st.lists(st.sampled_from(ids), max_size=6))
    Workspace.objects.filter(pk__in=lapsed).exclude(pk=ids[-1]).update(status="expired")
    phases.set_percentage(builders.engagement(), data.draw(st.integers(20, 100)), actor=ROOT)
    if data.draw(st.booleans()):
        phases.pause(builders.engagement(), actor=ROOT)
    before = evaluated()
    for _ in range(data.draw(st.integers(1, 6))):
        step, unit = data.draw(st.sampled_from(STEPS)), data.draw(st.sampled_from(ids))
        outcome = take(step, unit, data.draw(st.sampled_from(KEYS)), data.draw(st.integers(0, 100)))
        after = evaluated()
        for key in KEYS:
            assert after[key] == selected(key), (step, key)
        for change in outcome.preview.flags if outcome else ():
            if change.key in KEYS:
                gained, lost = after[change.key] - before[change.key], before[change.key] - after[change.key]
                assert (change.gain, change.lose) == (len(gained), len(lost)), (step, change.key)
        records.reconcile()
        cohort = set(cohorts.members(facts.state_of(builders.module())).values_list("pk", flat=True))
        assert set(Enrolment.objects.open().values_list("workspace_id", flat=True)) == cohort
        before = after


def take(step: str, unit: str, key: str, number: int) -> Outcome | None:
    """One random step; a verb that is refused leaves everything as it was."""
    plan, flag, module = builders.engagement(), builders.flag(key), builders.module()
    expires = timezone.now() + timedelta(days=1) if number % 2 else None
    tiers = ["professional"] if number % 4 else ["premium"]
    steps: dict[str, Callable[[], object]] = {
        "set": lambda: phases.set_percentage(plan, number, actor=ROOT),
        "pause": lambda: phases.pause(plan, actor=ROOT),
        "resume": lambda: phases.resume(plan, number, actor=ROOT),
        "roll back": lambda: phases.roll_back(plan, actor=ROOT),
        "override": lambda: overrides.override(
            flag, unit, bool(number % 3), reason="r", expires_at=expires, actor=ROOT
        ),
        "internal": lambda: modules.set_internal_list(module, [unit], actor=ROOT),
        "kill": lambda: flags.kill(flag, not flag.killed, actor=ROOT),
        "hold": lambda: flags.hold(flag, number, actor=ROOT),
        "eligibility": lambda: modules.set_eligibility(
            module, tiers=tiers, statuses=["active"], roles=["pharmacist"], actor=ROOT
        ),
        "schedule": lambda: Flag.objects.filter(pk=flag.pk).update(
            on_from=timezone.now() + timedelta(days=number % 3 - 1)
        ),
        "variant": lambda: Override.objects.update_or_create(
            flag=builders.flag("reminder_channel"),
            unit_id=unit,
            defaults={"value": True, "variant": ["text", "mail", "none", ""][number % 4], "reason": "r"},
        ),
        "arrive": lambda: arrive(f"!{number}"),
        "status": lambda: Workspace.objects.filter(pk=unit).update(status=STATUSES[number % 3]),
        "role": lambda: Member.objects.filter(workspace=unit).update(active=bool(number % 2)),
    }
    try:
        done = steps[step]()
    except Refused:
        return None
    return done if isinstance(done, Outcome) else None


def arrive(pk: str) -> None:
    if not Workspace.objects.filter(pk=pk).exists():
        builders.workspaces([pk])


@many
@given(
    st.integers(0, 100),
    st.integers(0, 100) | st.none(),
    st.lists(st.integers(0, 300), unique=True, max_size=30),
)
def test_users_agree_too(percentage: int, hold: int | None, numbers: list[int]) -> None:
    start("hash", 1)
    Member.objects.bulk_create(
        Member(workspace_id="000", member=f"user-{n}", role="patient") for n in numbers
    )
    Plan.objects.filter(module__key="health_management").update(percentage=percentage, status="running")
    Flag.objects.filter(key="health_management").update(max_percentage=hold)
    state = facts.state_of(builders.module("health_management"))
    found = cohorts.members_with(state, state.flags[0])
    one_by_one = {f"user-{n}" for n in numbers if answers.explain("health_management", f"user-{n}").value}
    assert {row["member"] for row in found} == one_by_one
    answer = answers.explain("health_management", None)
    assert (answer.value, answer.reason) == (False, "DEFAULT")


def test_archiving_lets_everybody_go() -> None:
    plan = builders.a_plan_in_phase(1)
    with pytest.raises(Refused, match="set it to 0 %"):
        plans.archive(plan, actor=ROOT)
    phases.set_percentage(plan, 0, actor=ROOT)
    plans.archive(builders.engagement(), actor=ROOT)
    assert not any(evaluated().values())
    assert not Enrolment.objects.open().exists()
