"""Carrying out a file of flags: each step by its verb, in an order in which every one finds what it needs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from operations.actor import Actor
from operations.errors import Forbidden, Invalid, Refused
from operations.spelling import camel
from rollout import flags, segments, targeting
from rollout.flag_files.documents import Document, FlagEntry, SegmentEntry
from rollout.models import Flag, Module, Segment
from rollout.rules import conditions
from rollout.targeting import RuleDraft, VariantDraft

Entry = TypeVar("Entry", SegmentEntry, FlagEntry)
Done = TypeVar("Done")


@dataclass
class Tally:
    """The keys of what was created, changed and left as it was."""

    created: set[str] = field(default_factory=set)
    updated: set[str] = field(default_factory=set)
    unchanged: set[str] = field(default_factory=set)

    def count(self, key: str, before: int | None, after: int) -> None:
        """Count a row by its version before, None for a new one, and after."""
        kind = self.created if before is None else self.unchanged if before == after else self.updated
        kind.add(key)

    def sorted(self) -> dict[str, tuple[str, ...]]:
        return {
            "created": tuple(sorted(self.created)),
            "updated": tuple(sorted(self.updated)),
            "unchanged": tuple(sorted(self.unchanged)),
        }


class Loading:
    """An import in progress, under the lock of the module's plan; the caller rolls back what has faults."""

    def __init__(self, document: Document, module: Module, actor: Actor) -> None:
        self.document, self.module, self.actor = document, module, actor
        self.faults = dict(document.faults)
        self.flags, self.segments = Tally(), Tally()

    def apply(self) -> None:
        """Do what the document says as far as it can be done; `faults` then names what could not."""
        self._save_segments()
        before = {
            flag.key: flag.version
            for flag in Flag.objects.filter(key__in=[entry.key for entry in self.document.flags])
        }
        rows = {entry.key: flag for entry in self.document.flags if (flag := self._define(entry))}
        entries = [entry for entry in self.document.flags if entry.key in rows]
        for entry in entries:
            self._target(entry, rows[entry.key])
        for entry in self._ordered(entries, lambda each: {each.prerequisite}, "prerequisite"):
            self._require(entry, rows)
        for entry in entries:
            # What named a variant that the file leaves out does so no longer.
            self._set_variants(entry, rows[entry.key], entry.variants)
            self._schedule(entry, rows[entry.key])
        for key, version in Flag.objects.filter(key__in=rows).values_list("key", "version"):
            self.flags.count(key, before.get(key), version)

    def _save_segments(self) -> None:
        before = dict(Segment.objects.values_list("key", "version"))
        named = {entry.key: set(conditions.segments_named(entry.groups)) for entry in self.document.segments}
        for entry in self._ordered(self.document.segments, lambda each: named[each.key], "groups"):
            saved = self._try(
                entry.path,
                partial(
                    segments.save, entry.key, entry.name, entry.description, entry.groups, actor=self.actor
                ),
            )
            if saved:
                self.segments.count(entry.key, before.get(entry.key), saved.version)

    def _define(self, entry: FlagEntry) -> Flag | None:
        """Create the flag, or change what is no targeting; None where the file cannot have it so."""
        describing: dict[str, Any] = {
            "name": entry.name,
            "description": entry.description,
            "owner": entry.owner,
            "expires_on": entry.expires_on,
            "actor": self.actor,
        }
        phases: dict[str, Any] = {
            "from_phase": entry.from_phase,
            "selected_from_phase": entry.selected_from_phase,
        }
        flag = Flag.objects.select_related("module").filter(key=entry.key).first()
        if flag is None:
            create = partial(flags.create, self.module, entry.key, value_type=entry.value_type)
            return self._try(entry.path, partial(create, **describing, **phases))
        if flag.module_id != self.module.pk:
            self.faults[f"{entry.path}.key"] = f"is that of a flag of {flag.module}"
        elif flag.is_archived:
            self.faults[f"{entry.path}.key"] = "is that of an archived flag"
        elif flag.value_type != entry.value_type:
            self.faults[f"{entry.path}.valueType"] = f"stays {flag.value_type}: make another flag"
        else:
            self._try(entry.path, partial(flags.describe, flag, **describing))
            self._try(entry.path, partial(flags.set_phases, flag, **phases, actor=self.actor))
            return flag
        return None

    def _target(self, entry: FlagEntry, flag: Flag) -> None:
        wanted = {draft.key for draft in entry.variants}
        # These are named until the new rules and prerequisites stand.
        leaving = [
            VariantDraft(row.key, row.value)
            for row in flag.variants.all()
            if row.key not in wanted and any(targeting.uses_of(flag, row.key))
        ]
        had = len(self.faults)
        if entry.variants:
            self._set_variants(entry, flag, [*entry.variants, *leaving])
        ignoring = ".serve" if len(self.faults) > had else ""
        drafts = list(_with_ids(entry.rules, flag))
        set_rules = partial(targeting.set_rules, flag, drafts, actor=self.actor)
        self._try(entry.path, set_rules, ignoring=ignoring)

    def _set_variants(self, entry: FlagEntry, flag: Flag, wanted: Sequence[VariantDraft]) -> None:
        set_variants = partial(targeting.set_variants, flag, wanted, actor=self.actor)
        self._try(entry.path, set_variants, about="variants")

    def _schedule(self, entry: FlagEntry, flag: Flag) -> None:
        self._try(entry.path, partial(flags.schedule, flag, entry.on_from, entry.off_at, actor=self.actor))

    def _require(self, entry: FlagEntry, rows: dict[str, Flag]) -> None:
        needed = Flag.objects.select_related("module").filter(key=entry.prerequisite).first()
        if entry.prerequisite and needed is None:
            # One that the file has, and that could not be made, has faults of its own.
            if entry.prerequisite not in self.document.named:
                self.faults[f"{entry.path}.prerequisite"] = f"there is no flag {entry.prerequisite[:80]!r}"
            return
        flag, variant = rows[entry.key], entry.prerequisite_variant
        self._try(entry.path, partial(flags.require, flag, needed, variant, actor=self.actor))

    def _ordered(
        self, entries: Sequence[Entry], needs: Callable[[Entry], set[str]], name: str
    ) -> Iterator[Entry]:
        """The entries, each after those of the file that it needs; a circle is a fault."""
        waiting = list(entries)
        while waiting:
            keys = {entry.key for entry in waiting}
            ready = [entry for entry in waiting if not needs(entry) & keys]
            if not ready:
                for entry in waiting:
                    circle = ", ".join(sorted(needs(entry) & keys))
                    self.faults[f"{entry.path}.{name}"] = f"would go in a circle by {circle}"
                return
            yield from ready
            waiting = [entry for entry in waiting if entry not in ready]

    def _try(
        self, path: str, verb: Callable[[], Done], *, about: str = "", ignoring: str = ""
    ) -> Done | None:
        """Call a verb; what it finds wrong becomes a fault at `path`, and the result None."""
        try:
            return verb()
        except Forbidden:
            raise
        except Invalid as refusal:
            for name, rule in refusal.fields.items():
                if not ignoring or not name.endswith(ignoring):
                    self.faults.setdefault(f"{path}.{camel(name)}", rule)
        except Refused as refusal:
            self.faults.setdefault(f"{path}.{about}".rstrip("."), refusal.message)
        return None


def _with_ids(drafts: Sequence[RuleDraft], flag: Flag) -> Iterator[RuleDraft]:
    """The drafts, each as an edit of the flag's rule of the same name, so that it keeps its units."""
    known = [(rule.name, rule.pk) for rule in flag.rules.order_by("position")]
    for draft in drafts:
        same = next((each for each in known if each[0] == draft.name.strip()), None)
        if same is None:
            yield draft
        else:
            known.remove(same)
            yield replace(draft, id=same[1])
