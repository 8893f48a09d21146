"""The door, the explanation and the sets say the same, over random histories, and after a restart."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from operations.errors import Refused
from rollout import (
    answers,
    cohorts,
    facts,
    flags,
    modules,
    overrides,
    phases,
    segments,
    targeting,
    workspaces,
)
from rollout.models import Flag, Override, Plan, Workspace
from rollout.rules import evaluation
from rollout.rules.switches import Asked
from rollout.targeting import RuleDraft, VariantDraft
from tests import builders
from tests.builders import ROOT, where, within
from tests.doors import an_api_key
from tests.rollout.ofrep.calling import Product

pytestmark = pytest.mark.django_db

CORE, CHANNEL, BY_TEXT, RULED = "patient_engagement_module", "channel", "by_text", "ruled"
# The second needs the first, the third is for selected workspaces first, the last has targeting rules.
KEYS = [CORE, "appointment_scheduling", "patient_portal", CHANNEL, BY_TEXT, RULED]
CONTEXTS: list[dict[str, Any]] = [{}, {"country": "GB"}, {"country": "FR", "age": 70}]
STRANGER = "nobody-has-this-id"

some = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def start(ordering: str, eligible: int) -> None:
    """A draft plan with these workspaces."""
    builders.modules()
    Plan.objects.filter(module__key="patient_engagement").update(ordering=ordering)
    modules.set_eligibility(
        builders.module(), tiers=["professional"], statuses=["active", "trial"], roles=[], actor=ROOT
    )
    variants = [
        VariantDraft("text", "t", 3),
        VariantDraft("mail", "m", 2),
        VariantDraft("off", ""),
    ]
    channel = builders.a_flag(
        CHANNEL, value_type="string", variants=variants, prerequisite=builders.flag(CORE)
    )
    builders.a_flag(BY_TEXT, prerequisite=channel, prerequisite_variant="text")
    builders.a_segment("pilot")
    builders.a_flag(RULED, rules=[RuleDraft("pilot", within("pilot"), share=40)])
    builders.workspaces(f"{number * 7919 % 1000:03d}" for number in range(eligible))


def told(answer: Any) -> tuple[Any, str, str]:
    return answer.value, answer.variant, answer.reason


def heard(product: Product, unit: str, context: dict[str, Any]) -> dict[str, tuple[Any, str, str]]:
    found = product.answers(workspace=unit, **context)
    return {key: (found[key].get("value"), found[key]["variant"], found[key]["reason"]) for key in KEYS}


def everything(product: Product) -> dict[tuple[str, int], dict[str, tuple[Any, str, str]]]:
    units = [*Workspace.objects.values_list("pk", flat=True), STRANGER]
    return {
        (unit, number): heard(product, unit, context)
        for unit in units
        for number, context in enumerate(CONTEXTS)
    }


def check(product: Product, step: str) -> None:
    state = facts.state_for_answers(builders.module())
    switches = {switch.key: switch for switch in state.switches}
    found = everything(product)
    on: dict[str, set[str]] = {key: set() for key in KEYS}
    for (unit, number), answered in found.items():
        rows = facts.unit_of(builders.module(), state.plan_id, unit)
        context = {**CONTEXTS[number], "workspace": unit}
        for key in KEYS:
            explained = evaluation.explain(switches[key], Asked(rows, context, timezone.now()))
            assert answered[key] == told(explained), (step, key, unit, explained.steps)
            if explained.on and number == 0:
                on[key].add(unit)
    for flag in state.flags:
        if flag.key in KEYS and flag.key != RULED:
            members = set(cohorts.members_with(state, flag).values_list("pk", flat=True))
            assert on[flag.key] - {STRANGER} == members, (step, flag.key)


@some
@given(st.data())
def test_the_door_the_explanation_and_the_sets_agree_after_every_verb(data: st.DataObject) -> None:
    with transaction.atomic():
        walk(data)
        # The next example begins as this one did.
        transaction.set_rollback(True)


def walk(data: st.DataObject) -> None:
    start(data.draw(st.sampled_from(["workspace_id", "hash"])), data.draw(st.integers(3, 9)))
    ids = sorted(Workspace.objects.values_list("pk", flat=True))
    product = Product(an_api_key("evaluate"))
    phases.set_percentage(builders.engagement(), data.draw(st.integers(20, 100)), actor=ROOT)
    for _ in range(data.draw(st.integers(1, 7))):
        step, number = data.draw(st.sampled_from(sorted(VERBS))), data.draw(st.integers(0, 100))
        unit, key = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(KEYS))
        with suppress(Refused):
            VERBS[step](builders.flag(key), unit, number)
        product.look()
        check(product, step)
    assert everything(Product(product.key)) == everything(product)


def _moments(number: int) -> tuple[Any, Any]:
    now = timezone.now()
    hour = timedelta(hours=1)
    return [(None, None), (now - hour, now + hour), (now + hour, None), (None, now - hour)][number % 4]


def _weights(number: int) -> list[VariantDraft]:
    off = [VariantDraft("off", "", 0)] if number % 2 else []
    return [VariantDraft("text", "t", number), VariantDraft("mail", "m", 1), *off]


def _rules(number: int) -> list[RuleDraft]:
    drafts = [
        RuleDraft("old", [{"match": "all", "conditions": [OLD]}], serve="off"),
        RuleDraft("pilot", within("pilot"), share=number % 100 + 1),
        RuleDraft("named", where(workspace="007")),
    ]
    return drafts[number % 3 :]


OLD = {"attribute": "age", "operator": "greater", "values": ["60"]}

Verb = Callable[[Flag, str, int], object]
VERBS: dict[str, Verb] = {
    "set": lambda flag, unit, number: phases.set_percentage(builders.engagement(), number, actor=ROOT),
    "pause": lambda flag, unit, number: phases.pause(builders.engagement(), actor=ROOT),
    "resume": lambda flag, unit, number: phases.resume(builders.engagement(), number, actor=ROOT),
    "roll back": lambda flag, unit, number: phases.roll_back(builders.engagement(), actor=ROOT),
    "override": lambda flag, unit, number: overrides.override(
        flag,
        unit,
        bool(number % 3),
        reason="r",
        variant="mail" if flag.key == CHANNEL and number % 3 == 1 else "",
        expires_at=timezone.now() + timedelta(days=1) if number % 2 else None,
        actor=ROOT,
    ),
    "remove an override": lambda flag, unit, number: [
        overrides.remove_override(row, actor=ROOT) for row in Override.objects.filter(unit_id=unit)
    ],
    "internal": lambda flag, unit, number: modules.set_internal_list(
        builders.module(), [unit][: number % 2], actor=ROOT
    ),
    "kill": lambda flag, unit, number: flags.kill(flag, not flag.killed, actor=ROOT),
    "hold": lambda flag, unit, number: flags.hold(flag, number if number % 5 else None, actor=ROOT),
    "eligibility": lambda flag, unit, number: modules.set_eligibility(
        builders.module(),
        tiers=["professional"] if number % 4 else ["premium"],
        statuses=["active"],
        roles=["pharmacist"] if number % 2 else [],
        actor=ROOT,
    ),
    "schedule": lambda flag, unit, number: flags.schedule(flag, *_moments(number), actor=ROOT),
    "weights": lambda flag, unit, number: targeting.set_variants(
        builders.flag(CHANNEL), _weights(number), actor=ROOT
    ),
    "need": lambda flag, unit, number: flags.require(
        builders.flag(BY_TEXT), builders.flag(CHANNEL), ["text", "mail", ""][number % 3], actor=ROOT
    ),
    "rules": lambda flag, unit, number: targeting.set_rules(builders.flag(RULED), _rules(number), actor=ROOT),
    "segment": lambda flag, unit, number: segments.save(
        "pilot", "Pilot", "", where(country=["GB", "FR"][: number % 2 + 1]), actor=ROOT
    ),
    "phases": lambda flag, unit, number: flags.set_phases(
        flag, number % 3 + 2, 1 if number % 2 else None, actor=ROOT
    ),
    "select": lambda flag, unit, number: overrides.select(
        builders.flag("patient_portal"), [unit], actor=ROOT
    ),
    "deselect": lambda flag, unit, number: overrides.deselect(
        builders.flag("patient_portal"), [unit], actor=ROOT
    ),
    "status": lambda flag, unit, number: workspaces.edit(
        Workspace.objects.get(pk=unit), status=["active", "trial", "expired"][number % 3], actor=ROOT
    ),
    "arrive": lambda flag, unit, number: arrive(f"!{number}", "pharmacist"),
    "staff": lambda flag, unit, number: arrive(unit, ["pharmacist", "porter"][number % 2]),
}


def arrive(pk: str, role: str) -> None:
    """A workspace is sent with one member."""
    member = {"member": f"m-{pk}", "role": role, "email": "", "active": True}
    workspaces.upsert(
        [{"id": pk, "name": pk, "tier": "professional", "status": "active", "members": [member]}],
        source="test",
        actor=ROOT,
        confirm_loss=True,
    )


def test_users_hear_what_is_explained() -> None:
    builders.modules()
    builders.a_flag(
        "coach", module_key="health_management", rules=[RuleDraft("one", where(targetingKey="u7"))]
    )
    product = Product(an_api_key("evaluate"))
    for percentage in (0, 5, 40, 100):
        phases.set_percentage(builders.health(), percentage, actor=ROOT)
        product.look()
        for number in range(40):
            unit = f"u{number}"
            for key in ("health_management", "coach"):
                single = product.flag(key, targetingKey=unit).document
                explained = answers.explain(key, unit)
                assert (single["value"], single["variant"], single["reason"]) == told(explained)
