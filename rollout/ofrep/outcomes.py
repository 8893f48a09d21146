"""Decisions as they are sent: the JSON of each is made once."""

from typing import Any

import orjson

from rollout.ofrep.replies import json_reply
from rollout.rules.evaluation import DEFAULT, decide
from rollout.rules.switches import OFF, Asked, Decision, Switch, decision
from rollout.serving.snapshot import OUT_OF_REACH

# Said of what could not be looked up, where that decided: not the default of a rule, but of not knowing.
UNKNOWN = "UNKNOWN"
OFF_UNKNOWN = decision(False, OFF, UNKNOWN)


class Outcome:
    """One thing that a flag can answer, ready to be sent and counted."""

    __slots__ = ("alone", "body", "flag", "on", "reason", "reply", "variant")

    def __init__(self, switch: Switch, found: Decision) -> None:
        self.flag, self.on, self.variant, self.reason = switch.key, found.on, found.variant, found.reason
        told: dict[str, Any] = {"key": switch.key, "reason": found.reason, "variant": found.variant}
        value = switch.value_of(found)
        # Clients take null for a value of the wrong type, and a missing one for "use the code's default".
        if value is not None:
            told["value"] = value
        self.body = orjson.dumps(told)
        self.reply = json_reply(self.body)
        # As it is counted where nothing else was asked for.
        self.alone = (self,)


def outcome(switch: Switch, asked: Asked) -> Outcome:
    """What `switch` answers; where the database did not answer and that decided, it says UNKNOWN."""
    found = asked.decided.get(switch.key)
    if found is None:
        found = asked.decided[switch.key] = decide(switch, asked)
    if found.reason == DEFAULT and asked.unit is not None and asked.unit.ineligible is OUT_OF_REACH:
        found = OFF_UNKNOWN
    kept: Outcome | None = switch.kept.get(found)
    if kept is None:
        kept = switch.kept[found] = Outcome(switch, found)
    return kept
