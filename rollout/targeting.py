"""The verbs on what a flag answers and to whom by the request: its variants and its targeting rules."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from operations.actor import Actor
from operations.errors import Invalid, Refused
from rollout import definitions, flag_changes, records
from rollout.models import Flag, Rule, Segment, Variant
from rollout.models.flags import new_salt
from rollout.models.targeting import MOST_WEIGHT, VARIANT_KEY
from rollout.rules import conditions, values
from rollout.rules.values import OFF, ON

MOST_VARIANTS = 50
MOST_RULES = 100
LONGEST_NAME = 100
# All rules of a flag as JSON, in characters: they stand in every process's memory and in the audit trail.
LONGEST_RULES = 500_000


@dataclass(frozen=True)
class VariantDraft:
    """A variant as somebody wants it: `value` is JSON of the flag's type, `weight` 0 to 10,000."""

    key: str
    value: Any
    weight: int = 0


@dataclass(frozen=True)
class RuleDraft:
    """A rule as somebody wants it. `groups` is JSON as `conditions.parse` reads it.

    `serve` is a variant, "off", or empty: on, by weight. `share` is in percent, 1 to 100. `id` is that of the
    rule this is an edit of: it keeps its salt, and so the units of its share.
    """

    name: str
    groups: Any = field(default_factory=list)
    serve: str = ""
    share: int = 100
    id: int | None = None


@transaction.atomic
def set_variants(
    flag: Flag, variants: Sequence[VariantDraft], *, actor: Actor, version: int | None = None
) -> Flag:
    """Replace a flag's variants, in this order; none: it answers the default in the product's code.

    Raises Invalid that names every fault, such as "variants[1].value", and Refused when the flag changed
    since `version`, is archived, or loses a variant that something names.
    """
    actor.require("rollout.change_flag", "change a flag's variants")
    flag = flag_changes.lock_live(flag, version=version)
    check_variants(flag, variants)
    before = definitions.variants(flag)
    made = [
        Variant(
            flag=flag,
            key=draft.key,
            value=values.canonical(flag.value_type, draft.value),
            weight=draft.weight,
            position=position,
        )
        for position, draft in enumerate(variants)
    ]
    after = [definitions.variant(variant) for variant in made]
    if values.same(after, before):
        return flag
    flag.variants.all().delete()
    Variant.objects.bulk_create(made)
    flag_changes.save(flag)
    if flag.dependents.exclude(prerequisite_variant="").exists():
        records.settle_flags(flag.module)
    return flag_changes.done(flag, "flag.variants_set", actor, data={"before": before, "after": after})


@transaction.atomic
def set_rules(flag: Flag, rules: Sequence[RuleDraft], *, actor: Actor, version: int | None = None) -> Flag:
    """Replace a flag's targeting rules, in this order: the first that matches decides.

    Raises Invalid that names every fault, such as "rules[0].groups[1].conditions[0].values", and Refused when
    the flag changed since `version` or is archived.
    """
    actor.require("rollout.change_flag", "change a flag's targeting rules")
    flag = flag_changes.lock_live(flag, version=version)
    # A segment that a rule begins to name cannot be removed meanwhile.
    list(Segment.objects.order_by("key").select_for_update().values_list("pk"))
    check_rules(flag, rules)
    before = definitions.rules(flag)
    salts = dict(flag.rules.values_list("pk", "salt"))
    made = [
        Rule(
            pk=draft.id,
            flag=flag,
            position=position,
            name=draft.name.strip(),
            groups=draft.groups,
            serve=_serve(flag, draft),
            share=draft.share,
            salt=salts[draft.id] if draft.id is not None else new_salt(),
        )
        for position, draft in enumerate(rules)
    ]
    after = [definitions.rule(rule) for rule in made]
    if after == before and [draft.id for draft in rules if draft.id is not None] == list(salts):
        return flag
    flag.rules.all().delete()
    Rule.objects.bulk_create(made)
    flag_changes.save(flag)
    return flag_changes.done(flag, "flag.rules_set", actor, data={"before": before, "after": after})


def check_variants(flag: Flag, variants: Sequence[VariantDraft]) -> None:
    """Raise Invalid or Refused as `set_variants` would for these variants; change nothing."""
    if variants and flag.value_type == values.BOOLEAN:
        raise Invalid({"variants": "a flag that is on or off has none"})
    if len(variants) > MOST_VARIANTS:
        raise Invalid({"variants": f"must be at most {MOST_VARIANTS}"})
    faults = dict(_variant_faults(flag, variants))
    if variants and not faults and not any(draft.weight for draft in variants):
        faults["variants"] = 'the weights of those beside "off" must add up to more than 0'
    if faults:
        raise Invalid(faults)
    removed = set(flag.variants.values_list("key", flat=True)) - {draft.key for draft in variants}
    if uses := [use for key in sorted(removed) for use in uses_of(flag, key)]:
        raise Refused("in_use", f"{'; '.join(uses[:20])}: change that first.")


def check_rules(flag: Flag, rules: Sequence[RuleDraft]) -> None:
    """Raise Invalid as `set_rules` would for these rules; change nothing."""
    if len(rules) > MOST_RULES:
        raise Invalid({"rules": f"must be at most {MOST_RULES}"})
    known = set(flag.rules.values_list("pk", flat=True))
    segments = set(Segment.objects.values_list("key", flat=True))
    serves = {"", OFF, *flag.variants.values_list("key", flat=True)}
    faults: dict[str, str] = {}
    for index, draft in enumerate(rules):
        path = f"rules[{index}]"
        if not values.is_line(draft.name.strip(), LONGEST_NAME):
            faults[f"{path}.name"] = f"must have 1 to {LONGEST_NAME} printable characters"
        if _serve(flag, draft) not in serves:
            faults[f"{path}.serve"] = f"must be empty or one of {', '.join(sorted(serves - {''}))}"
        if not values.is_whole(draft.share, 1, 100):
            faults[f"{path}.share"] = "must be a whole number from 1 to 100"
        if draft.id is not None and draft.id not in known:
            faults[f"{path}.id"] = "is no rule of this flag, or stands here twice"
        known.discard(draft.id or 0)
        try:
            conditions.parse(draft.groups, segments=segments, path=f"{path}.groups")
        except Invalid as refusal:
            faults |= refusal.fields
    if not faults and len(json.dumps([draft.groups for draft in rules])) > LONGEST_RULES:
        faults["rules"] = f"must have at most {LONGEST_RULES:,} characters in all"
    if faults:
        raise Invalid(faults)


def uses_of(flag: Flag, variant: str) -> Iterator[str]:
    """What names a variant of a flag, in words. Nothing needs "off": without it an off flag has no value."""
    if variant == OFF:
        return
    for rule in flag.rules.filter(serve=variant):
        yield f"the rule {rule.name!r} serves {variant}"
    overridden = flag.overrides.in_force().filter(variant=variant).count()
    if overridden:
        yield f"{overridden:,} of {flag}'s overrides answer {variant}"
    for dependent in flag.dependents.live().filter(prerequisite_variant=variant):
        yield f"{dependent} needs {flag} to answer {variant}"


def _variant_faults(flag: Flag, variants: Sequence[VariantDraft]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for index, draft in enumerate(variants):
        path = f"variants[{index}]"
        try:
            VARIANT_KEY(draft.key)
        except ValidationError as error:
            yield f"{path}.key", error.messages[0]
        if draft.key in seen:
            yield f"{path}.key", f"{draft.key!r} stands here twice"
        seen.add(draft.key)
        if fault := values.fault_of(flag.value_type, draft.value):
            yield f"{path}.value", fault
        if not values.is_whole(draft.weight, 0, MOST_WEIGHT):
            yield f"{path}.weight", f"must be a whole number from 0 to {MOST_WEIGHT:,}"
        elif draft.key == OFF and draft.weight:
            yield f"{path}.weight", 'must be 0: "off" is answered where the flag is off'


def _serve(flag: Flag, draft: RuleDraft) -> str:
    """Where a flag is on or off, "on" says no more than empty does."""
    return "" if flag.value_type == values.BOOLEAN and draft.serve == ON else draft.serve
