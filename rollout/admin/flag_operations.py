"""The verbs on flags as the admin offers them."""

from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from operations.errors import NotFound
from rollout import answers, flags, overrides
from rollout.admin import definition, forms, rule_editor, variant_editor
from rollout.admin.flag_effects import Effect
from rollout.models import Flag, Override


def kill(flag: Flag, inputs: Inputs, actor: Actor, version: int | None) -> str:
    flags.kill(flag, True, actor=actor, reason=inputs["reason"])
    return f"The kill switch of {flag} is on: the flag is off for everybody."


def revive(flag: Flag, inputs: Inputs, actor: Actor, version: int | None) -> str:
    flags.kill(flag, False, actor=actor, reason=inputs["reason"])
    return f"The kill switch of {flag} is off: the flag follows its plan again."


def hold(flag: Flag, inputs: Inputs, actor: Actor, version: int | None) -> str:
    wanted = inputs["max_percentage"]
    flags.hold(flag, wanted, actor=actor, reason=inputs["reason"])
    return (
        f"{flag} is held back to {wanted} %." if wanted is not None else f"{flag} reaches as far as its plan."
    )


def override(flag: Flag, inputs: Inputs, actor: Actor, version: int | None) -> str:
    kind, _, variant = inputs["value"].partition(":")
    row = overrides.override(
        flag,
        inputs["unit"],
        kind != forms.OFF,
        variant=variant,
        reason=inputs["reason"],
        expires_at=inputs["expires_at"],
        actor=actor,
    )
    return f"{row}."


def variants_to_force(flag: Flag) -> Inputs:
    """What an override may force, beside on and off."""
    return {"variants": [key for key in flag.variants.values_list("key", flat=True) if key != forms.OFF]}


def remove_override(flag: Flag, inputs: Inputs, actor: Actor, version: int | None) -> str:
    row = Override.objects.select_related("flag__module").filter(flag=flag, unit_id=inputs["unit"]).first()
    if row is None:
        raise NotFound(f"{flag} has no override for {inputs['unit']}.")
    overrides.remove_override(row, actor=actor)
    return f"The override of {flag} for {inputs['unit']} is removed."


def select(flag: Flag, inputs: Inputs, actor: Actor, version: int | None) -> str:
    count = overrides.select(flag, inputs["workspaces"], actor=actor)
    return f"{count:,} workspaces were selected for {flag}."


def deselect(flag: Flag, inputs: Inputs, actor: Actor, version: int | None) -> str:
    return (
        f"{overrides.deselect(flag, inputs['workspaces'], actor=actor):,} workspaces were taken off {flag}."
    )


def archive(flag: Flag, inputs: Inputs, actor: Actor, version: int | None) -> str:
    return f"{flags.archive(flag, actor=actor)} is archived."


KILLED = Effect(lambda flag, inputs: flags.effect(flag, killed=True))
REVIVED = Effect(lambda flag, inputs: flags.effect(flag, killed=False))
HELD = Effect(lambda flag, inputs: flags.effect(flag, max_percentage=inputs.get("max_percentage")))


def preview_override(flag: Flag, inputs: Inputs, actor: Actor) -> Preview | None:
    """What the unit hears today."""
    if not inputs.get("unit"):
        return None
    return Preview("admin/rollout/answer_preview.html", {"answer": answers.explain(flag.key, inputs["unit"])})


OPERATIONS = (
    Operation(
        name="kill",
        title="Kill switch",
        label=lambda flag: "Turn the kill switch on",
        permission="rollout.kill_flag",
        perform=kill,
        preview=KILLED.preview,
        names=KILLED.names,
        form=forms.ReasonForm,
        offered=lambda flag: not flag.is_archived and not flag.killed,
        icon="power_settings_new",
        style="danger",
        note="While the kill switch is on the flag is off for everybody, above every override.",
        on_list=True,
    ),
    Operation(
        name="revive",
        title="End the kill switch",
        permission="rollout.kill_flag",
        perform=revive,
        preview=REVIVED.preview,
        names=REVIVED.names,
        form=forms.ReasonForm,
        offered=lambda flag: not flag.is_archived and flag.killed,
        icon="power",
        style="primary",
        note="The flag follows its plan and its overrides again.",
        on_list=True,
    ),
    Operation(
        name="hold",
        title="Hold back",
        permission="rollout.hold_flag",
        perform=hold,
        preview=HELD.preview,
        names=HELD.names,
        form=forms.HoldForm,
        initial=lambda flag: {"max_percentage": flag.max_percentage},
        previewed=("max_percentage",),
        offered=lambda flag: not flag.is_archived,
        icon="front_hand",
    ),
    Operation(
        name="override",
        title="Override for one unit",
        permission="rollout.override_flag",
        perform=override,
        preview=preview_override,
        form=forms.OverrideFlagForm,
        initial=variants_to_force,
        offered=lambda flag: not flag.is_archived,
        icon="person_edit",
        note="On or off for one workspace or user, whatever the cohort. An earlier override is replaced.",
    ),
    Operation(
        name="remove-override",
        title="Remove override",
        permission="rollout.override_flag",
        perform=remove_override,
        preview=preview_override,
        form=forms.RemoveOverrideForm,
        icon="person_remove",
        note="From then on the unit hears what its cohort hears.",
        on_page=False,
    ),
    Operation(
        name="select",
        title="Select workspaces",
        permission="rollout.select_units",
        perform=select,
        form=forms.SelectionForm,
        offered=lambda flag: not flag.is_archived and flag.selected_from_phase is not None,
        icon="playlist_add",
        note="Workspaces of the cohort that have the flag before the others. All ids must be in the cohort.",
    ),
    Operation(
        name="deselect",
        title="Take off the selection",
        permission="rollout.select_units",
        perform=deselect,
        form=forms.SelectionForm,
        icon="playlist_remove",
        on_page=False,
    ),
    *definition.OPERATIONS,
    rule_editor.OPERATION,
    variant_editor.OPERATION,
    Operation(
        name="archive",
        title="Archive",
        permission="rollout.change_flag",
        perform=archive,
        # An archived flag answers as a killed one does.
        preview=KILLED.preview,
        names=KILLED.names,
        offered=lambda flag: not flag.is_archived,
        icon="archive",
        note="The flag is put away for good and answers off. This cannot be undone.",
    ),
)
