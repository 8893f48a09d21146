"""`rollout setup`: creates what the catalogue describes and changes nothing that is there."""

from dataclasses import asdict
from typing import Any

from django.db import transaction

from operations import audit, feed
from operations.actor import Actor
from operations.errors import Refused
from rollout import catalogue, facts, modules, phases
from rollout.catalogue import ModuleEntry
from rollout.models import Flag, Module, Phase, Plan
from rollout.topics import FLAGS


@transaction.atomic
def create_missing(*, actor: Actor) -> list[str]:
    """Create the modules, flags, plans and phases that are missing; return what was created.

    Running it again changes nothing that a product manager has edited.
    """
    actor.require("rollout.add_module", "set modules up")
    created: list[str] = []
    for entry in catalogue.MODULES:
        created += _create_module(entry, actor)
    return created


@transaction.atomic
def write_environment(*, actor: Actor) -> list[str]:
    """Write the health module's environment variables (SPEC 3.2) into its plan; return what changed.

    `ENABLE_HEALTH_MGMT=true` is 100 %, else the higher of the rollout's and the beta's percentage. Raises
    Refused when the plan refuses the percentage.
    """
    module = Module.objects.get(key=catalogue.HEALTH_MANAGEMENT.key)
    environment = facts.environment_of(module.key)
    done = []
    had = set(module.internal_units.values_list("unit_id", flat=True))
    if added := environment.internal - had:
        modules.set_internal_list(module, sorted(had | added), actor=actor)
        done.append(f"{module.key}: {len(added)} added to the internal list")
    shares = [
        environment.beta_percentage,
        environment.rollout_percentage,
        100 if environment.enabled else None,
    ]
    wanted = max((share for share in shares if share is not None), default=None)
    plan = Plan.objects.live().filter(module=module).first()
    if wanted is None or plan is None or plan.percentage == wanted:
        return done
    reason = "Written from the environment"
    if wanted == 0:
        # Setting to 0 is the emergency off; the guide's percentage of 0 leaves the internal list its feature.
        phases.roll_back(plan, target=0, actor=actor, reason=reason)
    else:
        phases.set_percentage(plan, wanted, actor=actor, reason=reason)
    return [*done, f"{module.key}: {plan.percentage} % to {wanted} %"]


def _create_module(entry: ModuleEntry, actor: Actor) -> list[str]:
    created = []
    module, is_new = Module.objects.get_or_create(
        key=entry.key,
        defaults={
            "name": entry.name,
            "unit": entry.unit,
            "tiers": list(entry.tiers),
            "statuses": list(entry.statuses),
            "roles": list(entry.roles),
            "business_goals": list(entry.business_goals),
        },
    )
    if is_new:
        created.append(f"module {module.key}")
    created += [f"flag {key}" for key in _create_flags(entry, module)]
    if not module.plans.live().exists():
        created.append(f"plan of {_create_plan(entry, module)}")
    if created:
        audit.record("rollout.set_up", actor=actor, subject=module, data={"created": created})
        feed.announce(FLAGS)
    return created


def _create_flags(entry: ModuleEntry, module: Module) -> list[str]:
    known = {flag.key: flag for flag in Flag.objects.filter(key__in=[flag.key for flag in entry.flags])}
    created = []
    for flag in entry.flags:
        found = known.get(flag.key)
        if found is not None and found.module_id != module.pk:
            raise Refused(
                "flag_taken", f"The flag {flag.key} exists in the module {found.module}: rename it first."
            )
        if found is None:
            values: dict[str, Any] = asdict(flag)
            values["prerequisite"] = known.get(values.pop("prerequisite"))
            known[flag.key] = Flag.objects.create(module=module, **values)
            created.append(flag.key)
    return created


def _create_plan(entry: ModuleEntry, module: Module) -> Plan:
    plan = Plan.objects.create(module=module, name=entry.name, ordering=entry.ordering)
    Phase.objects.bulk_create(Phase(plan=plan, **asdict(phase)) for phase in entry.phases)
    return plan
