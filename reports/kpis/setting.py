"""The verbs on what KPIs are held against, and on a module's own KPIs."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, Refused
from reports.kpis import catalogue
from reports.kpis.checking import ADD, CHANGE, entry_of, locked, number_fault, text_fault
from reports.models import Kpi
from reports.standing import Judged, Rule
from rollout.models import Module

LONGEST_TITLE, LONGEST_UNIT, LONGEST_KEY = 100, 30, 60
MOST_OWN = 50


@transaction.atomic
def set_target(
    module: Module, key: str, target: float | None, *, actor: Actor, version: int | None = None
) -> Kpi:
    """Set what a KPI is held against; None is the guide's own target again.

    Of a KPI that is judged by its change, the target is in percent. Raises Invalid, NotFound, and Refused
    when nothing is different or somebody changed it since `version`.
    """
    actor.require(CHANGE, "set targets of KPIs")
    entry = entry_of(module, key)
    if target is not None and (fault := number_fault(target, *_range_of_target(entry.judged, entry.most))):
        raise Invalid({"target": fault})
    row = locked(module, entry, version, by=str(actor))
    if row.target == target:
        raise Refused("unchanged", f"{entry.title} has this target already.")
    before, row.target = row.target, target
    row.version += 1
    row.save(update_fields=["target", "version"])
    audit.record("kpi.target_set", actor=actor, subject=row, data={"target": [before, target]})
    return row


@transaction.atomic
def set_baseline(
    module: Module,
    key: str,
    baseline: float | None,
    *,
    note: str = "",
    actor: Actor,
    version: int | None = None,
) -> Kpi:
    """Set what a KPI was before the rollout; None is what was measured then, where anything was.

    Raises as `set_target` does; a baseline of 0 is Invalid where the change since is what is judged.
    """
    actor.require(CHANGE, "set baselines of KPIs")
    entry = entry_of(module, key)
    faults = {"note": fault} if (fault := text_fault(note)) else {}
    if baseline is not None and (fault := number_fault(baseline, entry.least, entry.most)):
        faults["baseline"] = fault
    elif baseline == 0 and entry.judged is Judged.CHANGE:
        faults["baseline"] = "must not be 0: no change is a percentage of nothing"
    if faults:
        raise Invalid(faults)
    row = locked(module, entry, version, by=str(actor))
    if row.baseline == baseline and row.baseline_note == note:
        raise Refused("unchanged", f"{entry.title} has this baseline already.")
    before, row.baseline = row.baseline, baseline
    row.baseline_note = note
    row.baseline_by, row.baseline_at = ("", None) if baseline is None else (actor.in_full, timezone.now())
    row.version += 1
    row.save(update_fields=["baseline", "baseline_note", "baseline_by", "baseline_at", "version"])
    data = {"baseline": [before, baseline]}
    audit.record("kpi.baseline_set", actor=actor, subject=row, data=data, reason=note)
    return row


@transaction.atomic
def add(
    module: Module,
    title: str,
    *,
    unit: str = "",
    rule: str = Rule.AT_LEAST,
    target: float | None = None,
    judged: str = Judged.VALUE,
    note: str = "",
    actor: Actor,
) -> Kpi:
    """Give a module a KPI of its own, whose values people enter. Raises Invalid, naming each bad field."""
    actor.require(ADD, "add KPIs")
    module = Module.objects.select_for_update().get(pk=module.whole.pk)
    values: dict[str, Any] = {
        "title": title,
        "unit": unit,
        "rule": rule,
        "target": target,
        "judged": judged,
        "note": note,
    }
    if faults := _faults_of_own(module, values):
        raise Invalid(faults)
    values |= {"title": title.strip(), "unit": unit.strip(), "note": note.strip()}
    row = Kpi.objects.create(
        module=module, key=_free_key(module, title), own=True, version=1, created_by=str(actor), **values
    )
    audit.record("kpi.added", actor=actor, subject=row, data={"key": row.key, **values})
    return row


@transaction.atomic
def retire(module: Module, key: str, *, actor: Actor, version: int | None = None) -> Kpi:
    """Take one of a module's own KPIs away; its readings stay.

    Raises NotFound, and Refused for the catalogue's or a stale `version`.
    """
    actor.require(ADD, "retire KPIs")
    entry = entry_of(module, key)
    if key in catalogue.entries_of(module.whole.key):
        raise Refused("of_the_guides", f"{entry.title} is one of the guides' KPIs: those stay.")
    row = locked(module, entry, version, by=str(actor))
    row.retired_at = timezone.now()
    row.version += 1
    row.save(update_fields=["retired_at", "version"])
    audit.record("kpi.retired", actor=actor, subject=row)
    return row


def _range_of_target(judged: Judged, most: float) -> tuple[float, float]:
    """A target of a change may be below zero and above any value's limit."""
    return (-catalogue.LARGEST, catalogue.LARGEST) if judged is Judged.CHANGE else (0, most)


def _faults_of_own(module: Module, values: dict[str, Any]) -> dict[str, str]:
    faults = {
        "title": text_fault(values["title"], LONGEST_TITLE, needed=True),
        "unit": text_fault(values["unit"], LONGEST_UNIT),
        "note": text_fault(values["note"]),
        "rule": "" if values["rule"] in list(Rule) else f"must be one of {', '.join(Rule)}",
        "judged": "" if values["judged"] in list(Judged) else f"must be one of {', '.join(Judged)}",
        "target": "" if values["target"] is None else number_fault(values["target"]),
    }
    own = Kpi.objects.in_use().filter(module=module, own=True)
    if not faults["title"]:
        if own.filter(title=values["title"].strip()).exists():
            faults["title"] = "is the title of another KPI of this module"
        elif own.count() >= MOST_OWN:
            faults["title"] = f"cannot be added: a module has at most {MOST_OWN} KPIs of its own"
    return {name: fault for name, fault in faults.items() if fault}


def _free_key(module: Module, title: str) -> str:
    """A key made of the title that no KPI of the module, retired ones included, has yet."""
    stem = slugify(title).replace("-", "_")[: LONGEST_KEY - 4] or "kpi"
    taken = {*catalogue.entries_of(module.key)}
    taken |= {*Kpi.objects.filter(module=module, key__startswith=stem).values_list("key", flat=True)}
    number, key = 1, stem
    while key in taken:
        number += 1
        key = f"{stem}_{number}"
    return key
