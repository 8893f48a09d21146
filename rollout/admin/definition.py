"""What a flag is, beside whom it reaches: creating it, describing it, its schedule, what it needs."""

from collections.abc import Iterator
from contextlib import contextmanager

from operations.actor import Actor
from operations.doors.admin import Inputs, Operation
from operations.errors import Invalid
from rollout import flags
from rollout.admin import definition_forms as forms
from rollout.admin.flag_effects import Effect
from rollout.cohorts import Comparison
from rollout.models import Flag

SCHEDULE = ("on_from", "off_at")
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


def _with_prerequisite(flag: Flag, inputs: Inputs) -> Comparison:
    needed, variant = inputs["prerequisite"]
    return flags.effect(flag, prerequisite=needed, prerequisite_variant=variant)


SCHEDULED = Effect(lambda flag, inputs: flags.effect(flag, **{name: inputs.get(name) for name in SCHEDULE}))
PHASED = Effect(lambda flag, inputs: flags.effect(flag, **{name: inputs.get(name) for name in PHASES}))
REQUIRED = Effect(_with_prerequisite)


OPERATIONS = (
    Operation(
        name="create",
        title="Create flag",
        permission="rollout.add_flag",
        perform=create,
        form=forms.CreateForm,
        creates=True,
        icon="flag",
        note="The flag answers off until the plan of its module reaches the phase that it starts in.",
    ),
    Operation(
        name="schedule",
        title="Schedule",
        permission="rollout.change_flag",
        perform=schedule,
        form=forms.ScheduleForm,
        initial=lambda flag: {name: getattr(flag, name) for name in SCHEDULE},
        preview=SCHEDULED.preview,
        names=SCHEDULED.names,
        previewed=SCHEDULE,
        offered=lambda flag: not flag.is_archived,
        icon="schedule",
        note="Outside these times the flag is off for everybody, above every override, as if it were killed.",
    ),
    Operation(
        name="phases",
        title="Change phases",
        permission="rollout.change_flag",
        perform=set_phases,
        form=forms.PhasesForm,
        initial=lambda flag: {name: getattr(flag, name) for name in PHASES},
        preview=PHASED.preview,
        names=PHASED.names,
        previewed=PHASES,
        offered=lambda flag: not flag.is_archived,
        icon="stairs",
        note="Whoever the plan reaches in the new phases has the flag at once, and nobody else.",
    ),
    Operation(
        name="prerequisite",
        title="Change prerequisite",
        permission="rollout.change_flag",
        perform=require,
        form=forms.PrerequisiteForm,
        initial=lambda flag: {
            "flag": flag,
            "prerequisite": f"{flag.prerequisite}:{flag.prerequisite_variant}" if flag.prerequisite else "",
        },
        preview=REQUIRED.preview,
        names=REQUIRED.names,
        previewed=("prerequisite",),
        offered=lambda flag: not flag.is_archived,
        icon="account_tree",
    ),
    Operation(
        name="describe",
        title="Describe",
        permission="rollout.change_flag",
        perform=describe,
        form=forms.DescribeForm,
        initial=lambda flag: {name: getattr(flag, name) for name in DESCRIBING},
        icon="edit",
        note="For people: it changes no answer.",
    ),
)
