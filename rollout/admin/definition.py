"""What a flag is, beside whom it reaches: creating it, describing it, its schedule, what it needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from operations.actor import Actor
from operations.doors.admin import Inputs, Operation
from operations.doors.fields import Moment
from operations.errors import Invalid
from rollout import flag_checks, flags
from rollout.admin.fields import Day, reason
from rollout.models import Flag, Module, Variant
from rollout.values import OFF


class Needed(forms.ChoiceField):
    """A live flag and the variant of it that is needed: a pair, or (None, "")."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, choices=needed_choices, widget=UnfoldAdminSelectWidget(), **options)

    def clean(self, value: Any) -> Any:
        key, _, variant = super().clean(value).partition(":")
        if not key:
            return None, ""
        return Flag.objects.select_related("module").get(key=key), variant


def needed_choices(flag: Flag | None = None) -> list[Any]:
    """Each live flag that `flag` may need, or any flag at all, and each of its variants, by module."""
    found = Flag.objects.live().select_related("module").order_by("module__name", "key")
    if flag is not None:
        found = found.filter(module=flag.module_id).exclude(pk=flag.pk)
    variants: dict[int, list[str]] = {}
    for pk, key in Variant.objects.filter(flag__in=found).exclude(key=OFF).values_list("flag_id", "key"):
        variants.setdefault(pk, []).append(key)
    groups: dict[str, list[tuple[str, str]]] = {}
    for row in found:
        group = groups.setdefault(row.module.name, [])
        group.append((f"{row.key}:", row.key))
        group += [(f"{row.key}:{key}", f"{row.key}, variant {key}") for key in variants.get(row.pk, ())]
    return [("", "No other flag"), *groups.items()]


def text(*, longest: int = 100, **options: Any) -> forms.CharField:
    return forms.CharField(max_length=longest, widget=UnfoldAdminTextInputWidget(), **options)


def phase(**options: Any) -> forms.IntegerField:
    widget = UnfoldAdminIntegerFieldWidget({"min": 1, "inputmode": "numeric"})
    return forms.IntegerField(min_value=1, max_value=flag_checks.LAST_PHASE, widget=widget, **options)


class DescribeForm(forms.Form):
    name = text()
    description = forms.CharField(
        required=False,
        max_length=flag_checks.LONGEST_DESCRIPTION,
        widget=UnfoldAdminTextareaWidget({"rows": 4}),
    )
    owner = text(required=False, help_text="Who to ask about the flag: a person or a team.")
    expires_on = Day(
        required=False,
        label="Expires",
        help_text="When it should be gone from the code. Changes no answer; the list shows it for clean-up.",
    )


class CreateForm(DescribeForm):
    module = forms.ModelChoiceField(Module.objects.all(), widget=UnfoldAdminSelectWidget())
    key = text(
        longest=80,
        help_text="What the product asks for, such as refill_reminders. It stays as it is.",
    )
    value_type = forms.ChoiceField(
        choices=Flag.ValueType.choices,
        label="It answers",
        help_text="More than on or off: give it variants afterwards, each with a value.",
        widget=UnfoldAdminSelectWidget(),
    )
    from_phase = phase(
        initial=1, label="From phase", help_text="The phase of the module's plan in which the flag starts."
    )
    selected_from_phase = phase(
        required=False,
        label="For selected ones from phase",
        help_text="Empty: from the start for everybody whom the plan reaches.",
    )
    prerequisite = Needed(label="Needs")
    field_order = ("module", "key", "name", "value_type", "description", "owner", "expires_on")


class PhasesForm(forms.Form):
    from_phase = phase(label="From phase", help_text="The phase in which the whole cohort gets the flag.")
    selected_from_phase = phase(
        required=False,
        label="For selected ones from phase",
        help_text="Workspaces of the cohort that are selected get it earlier. Empty: none do.",
    )


class PrerequisiteForm(forms.Form):
    """`initial` also brings the flag, whose module has those that it may need."""

    prerequisite = Needed(label="Needs", help_text="Where that flag is off, this one is off as well.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        flag = self.initial.get("flag")
        self.fields["prerequisite"].choices = lambda: needed_choices(flag)  # type: ignore[attr-defined]


class ScheduleForm(forms.Form):
    on_from = Moment(required=False, label="On from", help_text="Empty: no beginning.")
    off_at = Moment(required=False, label="Off at", help_text="Empty: no end.")
    reason = reason()


PHASES = ("from_phase", "selected_from_phase")
DESCRIBING = ("name", "description", "owner", "expires_on")


@contextmanager
def _one_control() -> Iterator[None]:
    """One control stands for the flag that is needed and its variant: it takes the faults of both."""
    try:
        yield
    except Invalid as refusal:
        fields = dict(refusal.fields)
        if rule := fields.pop("prerequisite_variant", ""):
            fields["prerequisite"] = rule
        raise Invalid(fields) from refusal


def create(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    prerequisite, variant = inputs["prerequisite"]
    described = {name: inputs[name] for name in DESCRIBING}
    starting = {name: inputs[name] for name in ("value_type", *PHASES)}
    with _one_control():
        flag = flags.create(
            inputs["module"],
            inputs["key"],
            **described,
            **starting,
            prerequisite=prerequisite,
            prerequisite_variant=variant,
            actor=actor,
        )
    return f"The flag {flag} is made. {_next_step(flag)}"


def _next_step(flag: Flag) -> str:
    if flag.value_type == Flag.ValueType.BOOLEAN:
        return "It follows the plan of its module."
    return "Give it variants, so that it has something to answer."


def describe(flag: Flag, inputs: Inputs, actor: Actor, version: int | None) -> str:
    flags.describe(flag, **{name: inputs[name] for name in DESCRIBING}, actor=actor)
    return f"{flag} is described."


def require(flag: Flag, inputs: Inputs, actor: Actor, version: int | None) -> str:
    needed, variant = inputs["prerequisite"]
    with _one_control():
        flags.require(flag, needed, variant, actor=actor, version=version)
    if needed is None:
        return f"{flag} needs no other flag."
    return f"{flag} needs {needed}{f', variant {variant}' if variant else ''}."


def set_phases(flag: Flag, inputs: Inputs, actor: Actor, version: int | None) -> str:
    flags.set_phases(flag, inputs["from_phase"], inputs["selected_from_phase"], actor=actor)
    return f"{flag} starts in phase {inputs['from_phase']}."


def schedule(flag: Flag, inputs: Inputs, actor: Actor, version: int | None) -> str:
    flags.schedule(flag, inputs["on_from"], inputs["off_at"], actor=actor, reason=inputs["reason"])
    return f"The schedule of {flag} is set."


def _live(flag: Flag) -> bool:
    return flag.archived_at is None


OPERATIONS = (
    Operation(
        name="create",
        title="Create flag",
        permission="rollout.add_flag",
        perform=create,
        form=CreateForm,
        creates=True,
        icon="flag",
        note="The flag answers off until the plan of its module reaches the phase that it starts in.",
    ),
    Operation(
        name="schedule",
        title="Schedule",
        permission="rollout.change_flag",
        perform=schedule,
        form=ScheduleForm,
        initial=lambda flag: {"on_from": flag.on_from, "off_at": flag.off_at},
        offered=_live,
        icon="schedule",
        note="Outside these times the flag is off for everybody, above every override, as if it were killed.",
    ),
    Operation(
        name="phases",
        title="Change phases",
        permission="rollout.change_flag",
        perform=set_phases,
        form=PhasesForm,
        initial=lambda flag: {name: getattr(flag, name) for name in PHASES},
        offered=_live,
        icon="stairs",
        note="Whoever the plan reaches in the new phases has the flag at once, and nobody else.",
    ),
    Operation(
        name="prerequisite",
        title="Change prerequisite",
        permission="rollout.change_flag",
        perform=require,
        form=PrerequisiteForm,
        initial=lambda flag: {
            "flag": flag,
            "prerequisite": f"{flag.prerequisite}:{flag.prerequisite_variant}" if flag.prerequisite else "",
        },
        offered=_live,
        icon="account_tree",
    ),
    Operation(
        name="describe",
        title="Describe",
        permission="rollout.change_flag",
        perform=describe,
        form=DescribeForm,
        initial=lambda flag: {name: getattr(flag, name) for name in DESCRIBING},
        icon="edit",
        note="For people: it changes no answer.",
    ),
)
