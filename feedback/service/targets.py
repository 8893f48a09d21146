"""Service targets: within how much business time each severity is answered first, and resolved."""

from django.db import transaction

from feedback.models import ServiceTarget
from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, NotFound

# In minutes: a year of eight hours a day.
LONGEST = 2_000 * 60


@transaction.atomic
def set_target(severity: str, *, first_response: int, resolution: int, actor: Actor) -> ServiceTarget:
    """Promise an answer and a resolution within so many minutes of business hours, for what comes in now.

    Raises Invalid, and NotFound for a severity that there is not.
    """
    actor.require("feedback.change_servicetarget", "set the service targets")
    target = ServiceTarget.objects.select_for_update().filter(severity=severity).first()
    if target is None:
        raise NotFound(f"There is no severity {severity!r}.")
    if faults := _faults(first_response, resolution):
        raise Invalid(faults)
    before = (target.first_response, target.resolution)
    if before != (first_response, resolution):
        target.first_response, target.resolution = first_response, resolution
        target.save(update_fields=["first_response", "resolution"])
        data = {
            "first_response_minutes": [before[0], first_response],
            "resolution_minutes": [before[1], resolution],
        }
        audit.record("service_target.set", actor=actor, subject=target, data=data)
    return target


def _faults(first_response: int, resolution: int) -> dict[str, str]:
    faults = {
        name: f"must be 1 minute to {LONGEST // 60:,} hours"
        for name, minutes in (("first_response", first_response), ("resolution", resolution))
        if not 1 <= minutes <= LONGEST
    }
    if not faults and resolution < first_response:
        faults["resolution"] = "can't be shorter than the time to the first response"
    return faults
