"""Trying a flag on a unit and a context: what it would answer, and why. Changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from operations.errors import Invalid, Refused
from rollout import answers, facts, targeting
from rollout.admin import pairs
from rollout.answers import LONGEST_UNIT
from rollout.models import Flag, Module, Rule
from rollout.rules.evaluation import Answer
from rollout.targeting import RuleDraft

LONGEST_CONTEXT = 10_000
# The salt of a rule that has none yet: who falls into its share is settled when it is saved.
NEW = "new"
NOT_COUNTED = (
    "Rules reach whom the attributes say that the product sends with its question: "
    "the portal cannot count them, and no share or preview includes them."
)


class TrialForm(forms.Form):
    """Whom to try a flag on. What is wrong with it stands beside the answer, and holds nothing up."""

    unit = forms.CharField(
        required=False,
        widget=UnfoldAdminTextInputWidget({"maxlength": LONGEST_UNIT, "autocomplete": "off"}),
    )
    context = forms.CharField(
        required=False,
        label="Attributes that the product sends",
        help_text="One a line, as name = value.",
        widget=UnfoldAdminTextareaWidget(
            {"rows": 3, "placeholder": "country = GB", "maxlength": LONGEST_CONTEXT, "spellcheck": "false"}
        ),
    )


@dataclass(frozen=True)
class Trial:
    """The answer, or why there is none."""

    answer: Answer | None = None
    faults: Sequence[str] = field(default=())


def answered(
    flag: Flag,
    unit: str,
    context: str,
    *,
    rules: Sequence[RuleDraft] | None = None,
) -> Trial | None:
    """What the flag answers, by `rules` instead of its own where they are given; None where nothing is asked.

    `context` is text as `pairs.read` takes it.
    """
    asked = unit.strip() or None
    if asked is None and not context.strip():
        return None
    try:
        attributes = _attributes(context)
        if rules is not None:
            return Trial(answers.tried(flag, asked, attributes, rules=_unsaved(flag, rules)))
        state = facts.state_for_answers(flag.module)
        return Trial(answers.of_flag(flag, state, asked, attributes))
    except Invalid as refusal:
        return Trial(faults=[f"{place_in_words(place)} {rule}." for place, rule in refusal.fields.items()])
    except Refused as refusal:
        return Trial(faults=[refusal.message])


def _unsaved(flag: Flag, drafts: Sequence[RuleDraft]) -> list[Rule]:
    """Drafts as rules; one that exists keeps the salt that its share goes by."""
    targeting.check_rules(flag, drafts)
    salts = dict(flag.rules.values_list("pk", "salt"))
    return [
        Rule(
            name=draft.name,
            groups=draft.groups,
            serve=draft.serve,
            share=draft.share,
            salt=salts.get(draft.id or 0, NEW),
        )
        for draft in drafts
    ]


def _attributes(text: str) -> Mapping[str, Any]:
    if len(text) > LONGEST_CONTEXT:
        raise Invalid({"attributes": f"must have at most {LONGEST_CONTEXT:,} characters"})
    try:
        return pairs.read(text)
    except ValueError as error:
        raise Invalid({"attributes": str(error)}) from error


def place_in_words(place: str) -> str:
    """ "rules[0].groups[1]" as "Rule 1, group 2:"."""
    words = []
    for step in place.split("."):
        name, bracket, rest = step.partition("[")
        words.append(f"{name.removesuffix('s')} {int(rest[:-1]) + 1}" if bracket else name.replace("_", " "))
    return f"{', '.join(words).capitalize()}:"


def offered(flag: Flag) -> dict[str, Any]:
    """What the controls of the test box offer for this flag."""
    by_user = flag.module.unit == Module.Unit.USER
    return {
        "try_url": reverse("admin:rollout_flag_try", args=[flag.pk]),
        "unit_label": "User id" if by_user else "Workspace id",
    }
