"""The verbs on segments: named sets of conditions that rules of any flag, and other segments, can use."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from operations import audit, feed
from operations.actor import Actor
from operations.errors import Invalid, Refused
from rollout.models import Flag, Rule, Segment
from rollout.models.workspaces import SLUG
from rollout.rules import conditions, values
from rollout.topics import FLAGS

LONGEST_NAME = 100
LONGEST_DESCRIPTION = 2_000
# A segment that uses a segment that uses a segment …
DEEPEST = 5
# With those of the segments it uses.
MOST_CONDITIONS = 10_000


@dataclass(frozen=True)
class Uses:
    """What names a segment: rules with their flags, and other segments."""

    rules: tuple[Rule, ...] = ()
    segments: tuple[Segment, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rules or self.segments)

    def __str__(self) -> str:
        rules = [f"the rule {rule.name!r} of {rule.flag.key}" for rule in self.rules]
        return ", ".join([*rules, *(f"the segment {segment.key}" for segment in self.segments)])

    @property
    def flags(self) -> list[Flag]:
        """The flags of the rules, each once."""
        return list(dict.fromkeys(rule.flag for rule in self.rules))


UNUSED = Uses()


@transaction.atomic
def save(
    key: str, name: str, description: str, groups: Any, *, actor: Actor, version: int | None = None
) -> Segment:
    """Create the segment `key`, or change it. `groups` is JSON as `conditions.parse` reads it.

    `version` is what the asker was shown, 0 for a new one, None when it doesn't matter: Refused when the
    segment changed since, or is there already. Raises Invalid that names every fault.
    """
    rows = {row.key: row for row in Segment.objects.order_by("key").select_for_update()}
    segment = rows.get(key)
    if segment is None:
        actor.require("rollout.add_segment", "create segments")
    else:
        actor.require("rollout.change_segment", "change segments")
    _check_version(key, segment, version)
    wanted = {"name": name.strip(), "description": description.strip(), "groups": groups}
    check(key, name=name, description=description, groups=groups)
    before = {field: getattr(segment, field) for field in wanted} if segment else {}
    if before == wanted:
        return rows[key]
    segment = segment or Segment(key=key, version=0)
    for field, value in {**wanted, "version": segment.version + 1}.items():
        setattr(segment, field, value)
    try:
        with transaction.atomic():
            segment.save()
    except IntegrityError:
        # Somebody else created it since the rows were locked.
        raise Invalid({"key": f"there is a segment {key!r} already"}) from None
    audit.record(
        "segment.saved", actor=actor, subject=segment, data={"key": key, "before": before, "after": wanted}
    )
    feed.announce(FLAGS)
    return segment


@transaction.atomic
def remove(segment: Segment, *, actor: Actor) -> None:
    """Remove a segment for good. Refused while a rule or a segment names it, or when it is gone."""
    actor.require("rollout.delete_segment", "remove segments")
    current = Segment.objects.select_for_update().filter(pk=segment.pk).first()
    if current is None:
        raise Refused("gone", f"The segment {segment} was removed before.")
    if used := uses_of(current.key):
        raise Refused("in_use", f"The segment {current} is used by {used}: change that first.")
    audit.record("segment.removed", actor=actor, subject=current, data={"key": current.key})
    current.delete()
    feed.announce(FLAGS)


def check(key: str, *, name: str, description: str, groups: Any) -> None:
    """Raise Invalid as `save` would for these values; change nothing."""
    faults = {}
    try:
        SLUG(key)
    except ValidationError as error:
        faults["key"] = error.messages[0]
    if not values.is_line(name.strip(), LONGEST_NAME):
        faults["name"] = f"must have 1 to {LONGEST_NAME} printable characters"
    if len(description) > LONGEST_DESCRIPTION or not values.storable(description):
        faults["description"] = f"must have at most {LONGEST_DESCRIPTION:,} characters, none of them NUL"
    stored = {row.key: row.groups for row in Segment.objects.all()}
    try:
        conditions.parse(groups, segments={*stored, key})
    except Invalid as refusal:
        faults |= refusal.fields
    else:
        if not groups:
            faults["groups"] = "must have a group: a segment of everybody says nothing"
        elif fault := _fault_of_graph({**stored, key: groups}):
            faults["groups"] = fault
    if faults:
        raise Invalid(faults)


def uses_of(key: str) -> Uses:
    """Everything that names the segment `key`."""
    return uses().get(key, UNUSED)


def uses() -> dict[str, Uses]:
    """What names each segment, in two queries; without those that nothing names."""
    rules: dict[str, list[Rule]] = defaultdict(list)
    for rule in Rule.objects.select_related("flag__module").order_by("flag__key", "position").iterator():
        for key in set(conditions.segments_named(rule.groups)):
            rules[key].append(rule)
    segments: dict[str, list[Segment]] = defaultdict(list)
    for segment in Segment.objects.order_by("key"):
        for key in set(conditions.segments_named(segment.groups)):
            segments[key].append(segment)
    return {key: Uses(tuple(rules[key]), tuple(segments[key])) for key in {*rules, *segments}}


def _check_version(key: str, segment: Segment | None, version: int | None) -> None:
    if version == 0 and segment is not None:
        raise Invalid({"key": f"there is a segment {key!r} already"})
    if version and segment is None:
        raise Refused("gone", f"The segment {key} was removed since this was shown.")
    if version and segment is not None and version != segment.version:
        raise Refused(
            "stale",
            f"The segment {segment} changed since this was shown (version {version}, now {segment.version}): "
            "look again.",
        )


def _fault_of_graph(stored: Mapping[str, list[dict[str, Any]]]) -> str:
    """Why segments cannot use one another as these groups say; "" where they can."""
    # Of each segment: how deep it goes, and how many conditions it comes to.
    measured: dict[str, tuple[int, int]] = {}

    def measure(key: str, path: tuple[str, ...]) -> str:
        path = (*path, key)
        if key in path[:-1]:
            return f"would go in a circle: {' → '.join(path)}"
        if len(path) > DEEPEST:
            return f"would nest more than {DEEPEST} segments: {' → '.join(path)}"
        named = conditions.segments_named(stored[key])
        for each in named:
            if each not in measured and (fault := measure(each, path)):
                return fault
        depth = 1 + max((measured[each][0] for each in named), default=0)
        own = sum(len(group["conditions"]) for group in stored[key])
        count = own + sum(measured[each][1] for each in named)
        if len(path) - 1 + depth > DEEPEST:
            return f"would nest more than {DEEPEST} segments from {path[0]} on"
        if count > MOST_CONDITIONS:
            return f"would come to more than {MOST_CONDITIONS:,} conditions in {key}"
        measured[key] = depth, count
        return ""

    for key in stored:
        if key not in measured and (fault := measure(key, ())):
            return fault
    return ""
