"""Choosing where a plan's vitals come from."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction

from monitoring.membership import Membership
from monitoring.membership import of_plan as membership_of
from monitoring.models import Baseline, BaselineSet, VitalsSource
from monitoring.sources import promql
from monitoring.sources.base import Source
from monitoring.sources.prometheus import PrometheusSource
from monitoring.sources.pushed import PushedSource
from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, Refused
from rollout import changes
from rollout.models import Module, Plan

LONGEST = 500
MOST_COUNTERS = 50
LONGEST_COUNTER = 60

# How each text is checked. An empty one is not asked for, but for those in NEEDED.
TEXTS: Mapping[str, Callable[[str], object]] = {
    "workspace_label": promql.check_label,
    "arm_label": promql.check_label,
    **dict.fromkeys(
        ("requests", "errors", "timeouts", "module_requests", "module_errors", "used", "database_failures"),
        promql.selector,
    ),
    **dict.fromkeys(("latency", "database_latency"), promql.check_histogram),
    **dict.fromkeys(
        ("daily_users", "weekly_users", "memory", "cpu", "disk", "database_ms"), promql.check_expression
    ),
}
NEEDED = ("requests", "errors")
CONFIGURABLE = ("kind", *TEXTS, "counters")
# What the baselines were measured with: they cannot be compared with vitals of anything else.
MEASURED_WITH = frozenset({"kind", "requests", "errors", "workspace_label", "arm_label"})


def source_of(plan: Plan, membership: Membership | None = None) -> Source:
    """Where the plan's vitals come from: pushed by the product unless Prometheus was chosen.

    The plan of a part that has no source of its own has that of the whole module's live plan. `membership`
    spares the queries of who has read it.
    """
    chosen = chosen_for(plan)
    if chosen is None or chosen.kind != VitalsSource.Kind.PROMETHEUS:
        return PushedSource(plan)
    return PrometheusSource(chosen, membership or membership_of(plan))


def chosen_for(plan: Plan) -> VitalsSource | None:
    """The source that holds for a plan: its own, or for a part that of the whole; None: never configured."""
    own = VitalsSource.objects.filter(plan=plan).first()
    if own is not None or plan.module.part_of_id is None:
        return own
    wholes = Plan.objects.live().filter(module=plan.module.part_of_id)
    return VitalsSource.objects.filter(plan__in=wholes).first()


@transaction.atomic
def configure(
    plan: Plan, *, actor: Actor, version: int | None = None, dry_run: bool = False, **values: Any
) -> VitalsSource:
    """Choose a plan's source of vitals and the PromQL it is read with; what is not named stays as it was.

    With `dry_run` the source as it would be is returned, and nothing is written. A change of what requests
    and errors are measured with drops the plan's baselines: the next check takes them anew. Raises Invalid
    naming each bad field, Refused when the source changed since `version` (0: it was never configured) or
    the plan is archived.
    """
    actor.require("monitoring.change_vitalssource", "choose where a plan's vitals come from")
    plan = changes.lock(plan, version=None, dry_run=dry_run)
    source = VitalsSource.objects.filter(plan=plan).first() or VitalsSource(plan=plan)
    if version is not None and version != source.version:
        raise Refused("stale", f"{source}: the source changed since this was shown: look again.")
    values = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
    if faults := _faults(source, values):
        raise Invalid(faults)
    changed = {name: value for name, value in values.items() if getattr(source, name) != value}
    if not changed:
        return source
    before = {name: getattr(source, name) for name in changed}
    for name, value in changed.items():
        setattr(source, name, value)
    if dry_run:
        return source
    source.version += 1
    source.save()
    data: dict[str, Any] = {"before": before, "after": changed}
    if MEASURED_WITH & set(changed):
        data["baselines_dropped"] = BaselineSet.objects.filter(plan=plan).delete()[0] > 0
        Baseline.objects.filter(plan=plan).delete()
    audit.record("plan.source_configured", actor=actor, subject=plan, data=data)
    return source


def _faults(source: VitalsSource, values: Mapping[str, Any]) -> dict[str, str]:
    faults = {}
    for name, value in values.items():
        if fault := _fault(name, value):
            faults[name] = fault
    kind = values.get("kind", source.kind)
    if kind != VitalsSource.Kind.PROMETHEUS or faults:
        return faults
    if not settings.PROMETHEUS_URL:
        faults["kind"] = "needs the setting PROMETHEUS_URL: the server to ask"
    if source.plan.module.unit == Module.Unit.USER and not values.get("arm_label", source.arm_label):
        faults["arm_label"] = "must name the label that says on or off: this module is rolled out by user"
    if values.get("database_ms", source.database_ms) and values.get(
        "database_latency", source.database_latency
    ):
        faults["database_ms"] = "must be empty where database_latency is given"
    labels = [values.get(name, getattr(source, name)) for name in ("workspace_label", "arm_label")]
    if labels[0] and labels[0] == labels[1]:
        faults["arm_label"] = "must be another label than the workspace's"
    return faults


def _fault(name: str, value: object) -> str:
    """The rule that a value breaks; "" for none."""
    if name not in CONFIGURABLE:
        return f"must be one of {', '.join(CONFIGURABLE)}"
    if name == "kind":
        kinds = VitalsSource.Kind.values
        return "" if value in kinds else f"must be one of {', '.join(kinds)}"
    if name == "counters":
        return _fault_of_counters(value)
    if not isinstance(value, str) or len(value) > LONGEST:
        return f"must be a text of at most {LONGEST} characters"
    if not value:
        return "must not be empty" if name in NEEDED else ""
    return _broken(TEXTS[name], value)


def _fault_of_counters(value: object) -> str:
    if not isinstance(value, dict) or len(value) > MOST_COUNTERS:
        return f"must be an object of at most {MOST_COUNTERS} names with their selectors"
    for name, series in value.items():
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_COUNTER:
            return f"must have names of 1 to {LONGEST_COUNTER} characters"
        if not isinstance(series, str) or len(series) > LONGEST:
            return f"{name} must be a text of at most {LONGEST} characters"
        if fault := _broken(promql.selector, series):
            return f"{name} {fault}"
    return ""


def _broken(check: Callable[[str], object], text: str) -> str:
    try:
        check(text)
    except promql.BadText as fault:
        return str(fault)
    return ""
