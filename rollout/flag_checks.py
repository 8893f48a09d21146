"""What a flag's definition must be: each function returns the faults it finds, by field."""

from django.core.exceptions import ValidationError

from rollout.models import Flag, Module
from rollout.models.flags import FLAG_KEY
from rollout.rules.values import BOOLEAN, OFF, ON, is_line, is_whole, storable

LONGEST_NAME = 100
LONGEST_OWNER = 100
LONGEST_DESCRIPTION = 5_000
LAST_PHASE = 1_000


def of_key(key: str) -> dict[str, str]:
    """A key that no flag may have, or that one has already."""
    try:
        FLAG_KEY(key)
    except ValidationError as error:
        return {"key": error.messages[0]}
    taken = Flag.objects.select_related("module").filter(key=key).first()
    if taken is None:
        return {}
    return {"key": f"is that of {'an archived' if taken.is_archived else 'a'} flag of {taken.module} already"}


def of_description(flag: Flag) -> dict[str, str]:
    """What people read about a flag."""
    faults = {}
    if not is_line(flag.name, LONGEST_NAME):
        faults["name"] = f"must have 1 to {LONGEST_NAME} characters"
    if len(flag.description) > LONGEST_DESCRIPTION or not storable(flag.description):
        faults["description"] = f"must have at most {LONGEST_DESCRIPTION:,} characters"
    if flag.owner and not is_line(flag.owner, LONGEST_OWNER):
        faults["owner"] = f"must have at most {LONGEST_OWNER} characters"
    return faults


def of_phases(flag: Flag) -> dict[str, str]:
    """From which phases the selected workspaces, and the whole cohort, have a flag."""
    faults = {}
    if not is_whole(flag.from_phase, 1, LAST_PHASE):
        faults["from_phase"] = f"must be a whole number from 1 to {LAST_PHASE:,}"
    if flag.selected_from_phase is None:
        return faults
    if flag.module.unit == Module.Unit.USER:
        faults["selected_from_phase"] = "workspaces are selected, and this module is rolled out to users"
    elif not is_whole(flag.selected_from_phase, 1, flag.from_phase - 1):
        faults["selected_from_phase"] = "must be a phase before the one from which the whole cohort has it"
    return faults


def variant_of(prerequisite: Flag | None, variant: str) -> str:
    """The variant to ask of a prerequisite: where that is on or off, "on" says no more than empty does."""
    is_boolean = prerequisite is not None and prerequisite.value_type == BOOLEAN
    return "" if is_boolean and variant == ON else variant


def of_prerequisite(flag: Flag) -> dict[str, str]:
    """The flag that a flag needs, and the variant of it; the plan's lock holds the module's flags."""
    variant = flag.prerequisite_variant
    if flag.prerequisite_id is None:
        return {"prerequisite_variant": "is that of no flag: name the flag too"} if variant else {}
    needed = Flag.objects.select_related("module").get(pk=flag.prerequisite_id)
    if needed.module_id != flag.module_id:
        return {"prerequisite": f"must be a flag of {flag.module}, {needed} is one of {needed.module}"}
    if needed.is_archived:
        return {"prerequisite": f"must not be archived, and {needed} is"}
    path = [flag.key]
    step: Flag | None = needed
    while step is not None:
        path.append(step.key)
        if step.pk == flag.pk:
            return {"prerequisite": f"would go in a circle: {' → '.join(path)}"}
        step = step.prerequisite
    if variant and (variant == OFF or not needed.variants.filter(key=variant).exists()):
        return {"prerequisite_variant": f"must be empty or a variant that {needed} answers where it is on"}
    return {}
