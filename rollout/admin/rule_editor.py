"""A flag's targeting rules: as rows of a form, in plain words, and the operation that changes them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from rollout import targeting
from rollout.admin import groups_editor, trial
from rollout.admin.editors import ARRANGING, RowsField, RowsForm
from rollout.admin.rows import Row, Rows, Shape, whole
from rollout.models import Flag, Rule
from rollout.rules.values import OFF
from rollout.targeting import RuleDraft

BY_WEIGHT = ""


def _is_blank(row: Row) -> bool:
    return not row["id"] and not row["name"] and not row["groups"]


RULE = Shape(
    texts=("id", "name", "serve", "share"),
    new={
        "add": {"id": "", "name": "", "serve": BY_WEIGHT, "share": "100", "groups": [groups_editor.NEW_GROUP]}
    },
    lists={"groups": groups_editor.GROUP},
    is_blank=_is_blank,
)


class RulesField(RowsField):
    """Targeting rules; its clean value is a list of drafts."""

    def __init__(self) -> None:
        super().__init__(RULE, "admin/rollout/editor/rules.html", label="Targeting rules")

    def to_python(self, value: Any) -> list[RuleDraft]:
        return [_draft(row) for row in value.rows]


class RulesForm(RowsForm, trial.TrialForm):
    """The rules, and whom to try them on. `initial` also brings what the controls offer."""

    body = "admin/rollout/editor/rules_form.html"
    rules = RulesField()


def to_rows(rules: Iterable[Rule]) -> Rows:
    """Stored rules as rows."""
    return Rows(
        [
            {
                "id": str(rule.pk),
                "name": rule.name,
                "serve": rule.serve,
                "share": str(rule.share),
                "groups": groups_editor.to_rows(rule.groups),
            }
            for rule in rules
        ]
    )


def _draft(row: Row) -> RuleDraft:
    # What is no number is no share either: the verb says so at its row.
    return RuleDraft(
        name=row["name"],
        groups=groups_editor.to_groups(row["groups"]),
        serve=row["serve"],
        share=whole(row["share"]) or 0,
        id=whole(row["id"]),
    )


@dataclass(frozen=True)
class Sentence:
    """A rule in plain words."""

    name: str
    whom: str
    outcome: str


def in_words(flag: Flag, rules: Iterable[Rule | RuleDraft], segments: Mapping[str, str]) -> list[Sentence]:
    """What each rule says; `segments` are their names by key."""
    return [
        Sentence(rule.name, groups_editor.in_words(rule.groups, segments), _outcome(flag, rule))
        for rule in rules
    ]


def _outcome(flag: Flag, rule: Rule | RuleDraft) -> str:
    if rule.serve not in (BY_WEIGHT, OFF):
        found = rule.serve
    elif rule.serve == OFF:
        found = "off"
    else:
        found = "on" if flag.value_type == Flag.ValueType.BOOLEAN else "a variant by weight"
    return found if rule.share == 100 else f"{found} for {rule.share} %"


def serve_choices(flag: Flag, variants: Iterable[str]) -> list[tuple[str, str]]:
    """What a rule of this flag may answer."""
    if flag.value_type == Flag.ValueType.BOOLEAN:
        return [(BY_WEIGHT, "On"), (OFF, "Off")]
    named = [(key, key) for key in variants if key != OFF]
    return [(BY_WEIGHT, "A variant by weight"), *named, (OFF, "Off")]


def initial(flag: Flag) -> Inputs:
    """The form as the flag stands, with what its controls offer."""
    variants = flag.variants.values_list("key", flat=True)
    return {
        "rules": to_rows(flag.rules.all()),
        "serves": serve_choices(flag, variants),
        **groups_editor.offered(),
        **trial.offered(flag),
    }


def perform(flag: Flag, inputs: Inputs, actor: Actor, version: int | None) -> str:
    targeting.set_rules(flag, inputs["rules"], actor=actor, version=version)
    count = len(inputs["rules"])
    if not count:
        return f"{flag} has no targeting rules."
    return f"{flag} has {count} targeting rule{'' if count == 1 else 's'}."


def preview(flag: Flag, inputs: Inputs, actor: Actor) -> Preview | None:
    """The rules in words, as they are and as they would be, and what a tried unit would hear."""
    if inputs.get(ARRANGING):
        return None
    drafts: Sequence[RuleDraft] = inputs["rules"]
    targeting.check_rules(flag, drafts)
    segments = groups_editor.segment_names()
    context = {
        "now": in_words(flag, flag.rules.all(), segments),
        "then": in_words(flag, drafts, segments),
        "trial": trial.answered(flag, inputs.get("unit", ""), inputs.get("context", ""), rules=drafts),
    }
    return Preview("admin/rollout/rules_preview.html", context)


OPERATION = Operation(
    name="rules",
    title="Change rules",
    permission="rollout.change_flag",
    perform=perform,
    preview=preview,
    form=RulesForm,
    initial=initial,
    previewed=("rules",),
    offered=lambda flag: not flag.is_archived,
    on_page=False,
    icon="rule",
    note=(
        "The first rule that matches decides; a unit that none matches hears what its cohort hears. "
        f"{trial.NOT_COUNTED}"
    ),
)
