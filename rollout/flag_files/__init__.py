"""Flags as files: a module's flags, with their variants, rules and segments, as YAML that people review.

A file holds what flags are and not how they stand at the moment: no kill switches, holds, overrides,
selections, archived flags or salts. Importing creates and changes what the file names, and deletes nothing.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from operations import yaml_text
from operations.actor import Actor
from operations.errors import Invalid, NotFound
from operations.spelling import camel
from rollout import definitions, segments
from rollout.flag_files import documents
from rollout.flag_files.loading import Loading
from rollout.models import Flag, Module, Rule, Segment
from rollout.modules import lock_plan
from rollout.rules import conditions
from rollout.segments import Uses

_HEAD = "# Flags of {}. What a flag leaves out is its default.\n"


@dataclass(frozen=True, kw_only=True)
class FileChange:
    """What an import did, or with `dry_run` would do: keys of flags and of segments.

    `shared` names, for each segment that changes, the other modules whose flags use it.
    """

    module: str
    created: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    segments_created: tuple[str, ...]
    segments_updated: tuple[str, ...]
    segments_unchanged: tuple[str, ...]
    shared: Mapping[str, tuple[str, ...]]
    dry_run: bool

    def as_dict(self) -> dict[str, Any]:
        """As JSON spells it."""
        return {camel(name): value for name, value in asdict(self).items()}


def dump(module: Module) -> str:
    """A module's live flags as a file, always in the same order; `load` of it changes nothing."""
    flags = list(
        Flag.objects.live().filter(module=module).select_related("prerequisite").order_by("from_phase", "key")
    )
    document = {
        "module": module.key,
        "segments": [_segment(row) for row in _segments_of(flags)],
        "flags": [_flag(flag) for flag in flags],
    }
    return _HEAD.format(module.name) + yaml_text.write(document)


def load(text: str, module: Module | None = None, *, actor: Actor, dry_run: bool = False) -> FileChange:
    """Create and change what a file says, all of it or nothing.

    `module` is the one that the file must be of; None: whichever it names. Raises Invalid that names every
    fault, such as "flags[2].rules[0].groups[0].conditions[1].values", NotFound for an unknown module, and
    Forbidden.
    """
    actor.require("rollout.change_flag", "import flags from a file")
    document = documents.read(text)
    found = Module.objects.filter(key=document.module).first()
    if found is None:
        raise NotFound(f"There is no module {document.module[:60]!r}, of which the file is.")
    if module is not None and module != found:
        raise Invalid({"module": f"the file is of {found.key}, and not of {module.key}"})
    with transaction.atomic():
        lock_plan(found)
        loading = Loading(document, found, actor)
        loading.apply()
        if loading.faults:
            raise Invalid(loading.faults)
        change = FileChange(
            module=found.key,
            **loading.flags.sorted(),
            **{f"segments_{name}": keys for name, keys in loading.segments.sorted().items()},
            shared=_shared(loading.segments.updated, found),
            dry_run=dry_run,
        )
        if dry_run:
            transaction.set_rollback(True)
    return change


def _segments_of(flags: list[Flag]) -> list[Segment]:
    """The segments that the rules of these flags use, and those that these use."""
    rows = {row.key: row for row in Segment.objects.all()}
    waiting = [
        key
        for groups in Rule.objects.filter(flag__in=flags).values_list("groups", flat=True)
        for key in conditions.segments_named(groups)
    ]
    found: set[str] = set()
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += conditions.segments_named(rows[key].groups)
    return [rows[key] for key in sorted(found)]


def _segment(row: Segment) -> dict[str, Any]:
    return {
        **_given({"key": row.key, "name": row.name, "description": row.description}),
        "groups": row.groups,
    }


def _flag(flag: Flag) -> dict[str, Any]:
    definition = definitions.of_flag(flag)
    value_type, phase = definition.pop("value_type"), definition.pop("from_phase")
    return _given(
        {
            "key": definition.pop("key"),
            "name": definition.pop("name"),
            "value_type": value_type if value_type != Flag.ValueType.BOOLEAN else "",
            **definition,
            "expires_on": flag.expires_on.isoformat() if flag.expires_on else "",
            "from_phase": phase,
            "on_from": _moment(flag.on_from),
            "off_at": _moment(flag.off_at),
            "variants": [{**row, "value": _stable(row["value"])} for row in definitions.variants(flag)],
            "rules": [_rule(row) for row in definitions.rules(flag)],
        }
    )


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    return _given({**rule, "share": rule["share"] if rule["share"] != 100 else ""})


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that say something, spelled as documents spell them."""
    return {camel(name): value for name, value in fields.items() if value not in ("", None, [])}


def _stable(value: Any) -> Any:
    """A value with its keys in order: databases keep none."""
    return json.loads(json.dumps(value, sort_keys=True))


def _moment(at: datetime | None) -> str:
    return at.isoformat().replace("+00:00", "Z") if at else ""


def _shared(keys: set[str], module: Module) -> dict[str, tuple[str, ...]]:
    uses = segments.uses() if keys else {}
    found = {key: tuple(sorted(set(_modules_using(key, uses)) - {module.key})) for key in sorted(keys)}
    return {key: others for key, others in found.items() if others}


def _modules_using(key: str, uses: Mapping[str, Uses]) -> Iterator[str]:
    """The modules of the flags that use a segment, themselves or by another segment."""
    used = uses.get(key, segments.UNUSED)
    yield from (flag.module.key for flag in used.flags)
    for other in used.segments:
        yield from _modules_using(other.key, uses)
