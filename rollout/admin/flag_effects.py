"""Who gains and who loses a flag by a change of it: the preview that its operations share."""

from collections.abc import Callable

from operations.actor import Actor
from operations.doors.admin import Inputs, Names, Preview
from rollout import cohorts
from rollout.admin.previews import names, units
from rollout.cohorts import Comparison
from rollout.models import Flag


class Effect:
    """The preview of what changes a flag's reach."""

    def __init__(self, compare: Callable[[Flag, Inputs], Comparison]) -> None:
        self.compare = compare

    def preview(self, flag: Flag, inputs: Inputs, actor: Actor) -> Preview:
        comparison: Comparison = self.compare(flag, inputs)
        changes = comparison.preview().flags
        own = next(change for change in changes if change.key == flag.key)
        first = {
            side: list(
                comparison.population.named(comparison.changing(flag.key, gain=gain)[: cohorts.FIRST_NAMES])
            )
            for side, gain, count in (("gain", True, own.gain), ("lose", False, own.lose))
            if count
        }
        context = {
            "flag": flag,
            "own": own,
            "gaining": first.get("gain", []),
            "losing": first.get("lose", []),
            "others": [
                change for change in changes if change.key != flag.key and (change.gain or change.lose)
            ],
            "units": units(flag.module),
            "by_user": comparison.before.by_user,
        }
        return Preview("admin/rollout/flag_preview.html", context)

    def names(self, flag: Flag, inputs: Inputs, actor: Actor, side: str) -> Names:
        comparison: Comparison = self.compare(flag, inputs)
        return names(comparison.before, comparison.changing(flag.key, gain=side == "gain"))
