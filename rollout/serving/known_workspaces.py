"""A bounded memory of workspaces, so that a warm answer needs no query and a cold one needs one.

Each entry carries the generation it was read in. When the feed names workspaces, those are forgotten; when
anything may have changed, the generation moves on, and each entry is read anew the next time it is asked for.
An old entry is still the answer while the database does not answer.
"""

import logging
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from django.db import Error, connection
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast

from rollout import facts
from rollout.models import Enrolment, Member, Workspace
from rollout.serving.snapshot import WorkspaceFacts

logger = logging.getLogger(__name__)

# Workspaces read by one query when many are.
CHUNK = 1_000
# Ids that no workspace has, kept apart so that asking for random ones drives no workspace out.
MOST_STRANGERS = 10_000
# Seconds in which the database is not asked again after it did not answer.
PAUSE = 1.0
# Threads that may wait for the database at once, and the seconds that others wait for their turn: a database
# that is silent must not take every thread of the server.
MOST_ASKING = 2
PATIENCE = 1.0

Entry = tuple[int, WorkspaceFacts | None]


class Unreachable(Exception):
    """The workspace is not known here, and the database does not answer."""


class KnownWorkspaces:
    """For many threads that ask and one that follows the feed."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._generation = 0
        self._paused: frozenset[int] = frozenset()
        self._known: OrderedDict[str, Entry] = OrderedDict()
        self._strangers: OrderedDict[str, Entry] = OrderedDict()
        self._asked_again_at = 0.0
        self._failing = False
        self._asking = threading.Semaphore(MOST_ASKING)
        # How often something was forgotten: what was read meanwhile may be from before.
        self._forgotten = 0
        self._lock = threading.Lock()
        # The generation that is being filled, and what is left of it.
        self._filled = -1
        self._filling: Iterator[list[str]] = iter(())

    def __len__(self) -> int:
        return len(self._known)

    def find(self, pk: str) -> WorkspaceFacts | None:
        """The workspace, or None where there is none of this id. Raises Unreachable."""
        entry = self._known.get(pk) or self._strangers.get(pk)
        if entry is not None and entry[0] == self._generation:
            return entry[1]
        forgotten = self._forgotten
        found = self._ask(pk)
        if found is None:
            if entry is None:
                raise Unreachable
            return entry[1]
        self._keep({pk: found.get(pk)}, forgotten)
        return found.get(pk)

    def _ask(self, pk: str) -> dict[str, WorkspaceFacts] | None:
        """What the database has of this id; None where it does not answer, or keeps too many waiting."""
        if time.monotonic() < self._asked_again_at:
            return None
        if not self._asking.acquire(timeout=0 if self._failing else PATIENCE):
            self._fail()
            return None
        try:
            return self._read([pk])
        finally:
            self._asking.release()

    def _fail(self) -> None:
        self._failing = True
        self._asked_again_at = time.monotonic() + PAUSE

    def forget_all(self, paused: frozenset[int]) -> None:
        """Anything may have changed; `paused` are the plans that are paused from now on."""
        with self._lock:
            self._paused = paused
            self._generation += 1
            self._forgotten += 1

    def forget(self, pks: frozenset[str]) -> None:
        """These changed: read those that are known here again. Where that fails, anything may have."""
        with self._lock:
            self._forgotten += 1
        asked = [pk for pk in pks if pk in self._known or pk in self._strangers]
        for chunk in _chunks(asked):
            if not self._refresh(chunk):
                self.forget_all(self._paused)
                return

    def read_again(self) -> None:
        """Have `fill` read everything anew, while what is known goes on being the answer."""
        with self._lock:
            every = list(self._known)
        self._filled, self._filling = self._generation, self._chunks_to_fill(every)

    def fill(self, until: float) -> None:
        """Read what is out of date, and as many workspaces more as there is room for, until this time.

        `until` is on the monotonic clock. Goes on where it stopped the last time.
        """
        if self._filled != self._generation:
            with self._lock:
                outdated = [pk for pk, entry in self._known.items() if entry[0] != self._generation]
            self._filled, self._filling = self._generation, self._chunks_to_fill(outdated)
        while time.monotonic() < until:
            pks = next(self._filling, None)
            if pks is None:
                return
            if not self._refresh(pks):
                self._filled = -1
                return

    def _chunks_to_fill(self, known: Sequence[str]) -> Iterator[list[str]]:
        yield from _chunks(known)
        last = ""
        while (room := self._most - len(self._known)) > 0:
            rows = Workspace.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
            pks = list(rows[: min(CHUNK, room)])
            if not pks:
                return
            last = pks[-1]
            yield [pk for pk in pks if pk not in self._known]

    def _refresh(self, pks: Sequence[str]) -> bool:
        forgotten = self._forgotten
        found = self._read(pks)
        if found is not None:
            self._keep({pk: found.get(pk) for pk in pks}, forgotten)
        return found is not None

    def _keep(self, found: Mapping[str, WorkspaceFacts | None], forgotten: int) -> None:
        """Keep what was read when that much was forgotten; what was forgotten since may be of it."""
        with self._lock:
            if forgotten != self._forgotten:
                return
            generation = self._generation
            for pk, workspace in found.items():
                kept, other = self._known, self._strangers
                if workspace is None:
                    kept, other = other, kept
                kept[pk] = (generation, workspace)
                other.pop(pk, None)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
            while len(self._strangers) > MOST_STRANGERS:
                self._strangers.popitem(last=False)

    def _read(self, pks: Sequence[str]) -> dict[str, WorkspaceFacts] | None:
        """The workspaces of these ids, by one query; None where the database does not answer."""
        try:
            check_connection()
            found = read(pks, self._paused)
        except Error as error:
            self._fail()
            logger.warning("workspaces cannot be looked up: %s", error)
            drop_connection()
            return None
        self._failing = False
        return found


def check_connection() -> None:
    """Let go of a connection that broke or is too old, but not within a transaction."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def drop_connection() -> None:
    """Let go of a connection that failed, but not within a transaction."""
    if not connection.in_atomic_block:
        connection.close()


def read(pks: Sequence[str], paused: frozenset[int]) -> dict[str, WorkspaceFacts]:
    """The workspaces of these ids with their roles and with the `paused` plans they are held in."""
    if not pks:
        return {}
    nothing = Value("", CharField())
    members = Member.objects.filter(workspace__in=pks, active=True)
    parts: list[QuerySet[Any, Any]] = [
        members.order_by().values_list(Value("role", CharField()), "workspace_id", "role", nothing).distinct()
    ]
    if paused:
        held = Enrolment.objects.filter(facts.was_in_at_pause(), plan__in=paused, workspace__in=pks)
        parts.append(
            held.order_by().values_list(
                Value("held", CharField()), "workspace_id", Cast("plan_id", CharField()), nothing
            )
        )
    rows: dict[str, tuple[str, str]] = {}
    roles: dict[str, set[str]] = defaultdict(set)
    plans: dict[str, set[int]] = defaultdict(set)
    workspaces = Workspace.objects.filter(pk__in=pks).order_by()
    for kind, pk, one, other in workspaces.values_list(
        Value("workspace", CharField()), "pk", "tier", "status"
    ).union(*parts, all=True):
        if kind == "workspace":
            rows[pk] = (one, other)
        elif kind == "role":
            roles[pk].add(one)
        else:
            plans[pk].add(int(one))
    return {
        pk: WorkspaceFacts(tier, status, _shared(roles[pk]), _shared(plans[pk]))
        for pk, (tier, status) in rows.items()
    }


_SHARED: dict[frozenset[Any], frozenset[Any]] = {}


def _shared(found: set[Any]) -> frozenset[Any]:
    """One object for each set that is the same: a hundred thousand workspaces have a handful of them."""
    if len(_SHARED) > MOST_STRANGERS:
        _SHARED.clear()
    key = frozenset(found)
    return _SHARED.setdefault(key, key)


def _chunks(pks: Sequence[str]) -> Iterator[list[str]]:
    waiting = iter(pks)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk
