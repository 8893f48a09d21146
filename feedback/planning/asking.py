"""A range as people and programs ask for it, in words."""

from datetime import date

from feedback.models import Enhancement
from feedback.planning.wishes import Range
from operations.errors import Invalid
from rollout.models import Module


def range_of(
    *, module: str = "", since: date | None = None, until: date | None = None, objective: str = ""
) -> Range:
    """The range of these words; `module` is a key, and nothing means all. Raises Invalid."""
    faults = {}
    found = Module.objects.whole().filter(key=module).first() if module and module.isprintable() else None
    if module and found is None:
        faults["module"] = f"there is no module {module[:60]!r}"
    if objective and objective not in Enhancement.Objective.values:
        faults["objective"] = f"must be one of {', '.join(Enhancement.Objective.values)}"
    if since and until and since > until:
        faults["until"] = "must not be before the first day"
    if faults:
        raise Invalid(faults)
    return Range(found, since, until, objective)
