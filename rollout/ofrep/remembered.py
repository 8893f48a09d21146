"""Answers to whole questions, remembered: who asks the same again gets the same without deciding anew.

An answer follows from the snapshot, the request's body, the workspace and the time, and from nothing else.
So what is remembered holds for one snapshot, for as long as the workspace is as it was, and until the next
moment at which a schedule, an override or maintenance begins or ends.
"""

import hashlib
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from rollout.ofrep.outcomes import Outcome
from rollout.ofrep.replies import UNCHANGED, Header, Reply, json_reply, with_metadata
from rollout.serving.known_workspaces import KnownWorkspaces, Unreachable
from rollout.serving.snapshot import Snapshot, WorkspaceFacts

# Bytes of what is remembered, in two halves of which the older is dropped when the newer is full.
MOST_BYTES = 80 * 1024 * 1024
# What one question costs beside its own bytes, and one answer beside its body, as measured.
QUESTION_BYTES, ANSWER_BYTES = 320, 2_000
# Questions that were asked once, and are remembered when they are asked again: so those that are never asked
# again, such as with the time in their context, push nothing out.
MOST_ASKED_ONCE = 200_000
# Longer questions are rare and would push many others out.
LONGEST_QUESTION = 1_024

NEVER = datetime.max.replace(tzinfo=UTC)

Question = tuple[frozenset[str], bytes]
Outcomes = tuple[Outcome, ...]


class Bulk:
    """The answer to a question about all flags, as it is sent, and as it is where the sender has it."""

    __slots__ = ("etag", "outcomes", "unchanged", "whole")

    def __init__(self, outcomes: Outcomes, metadata: bytes = b"") -> None:
        """`metadata` is the JSON of what is said of all flags together, where anything is."""
        self.outcomes = outcomes
        body = b'{"flags":[' + b",".join([each.body for each in outcomes]) + b"]}"
        if metadata:
            body = with_metadata(body, metadata)
        self.etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        header: Header = ("ETag", self.etag)
        self.whole = json_reply(body, header)
        self.unchanged = Reply(304, headers=(header, *UNCHANGED))


class Given(NamedTuple):
    """An answer, and the workspace that was looked up for it; none where `pk` is empty."""

    pk: str
    workspace: WorkspaceFacts | None
    bulk: Bulk


class Half:
    """Questions with their answers; equal answers are one object."""

    def __init__(self) -> None:
        self.given: dict[Question, Given] = {}
        self.bulks: dict[Outcomes, Bulk] = {}
        self.bytes = 0

    def put(self, question: Question, given: Given) -> None:
        self.given[question] = given
        self.bytes += len(question[1]) + QUESTION_BYTES
        if given.bulk.outcomes not in self.bulks:
            self.bulks[given.bulk.outcomes] = given.bulk
            self.bytes += len(given.bulk.whole.body) + ANSWER_BYTES


class Remembered:
    """The answers of one snapshot. For many threads; only remembering takes a lock."""

    def __init__(self, snapshot: Snapshot, now: datetime) -> None:
        self.snapshot = snapshot
        self.until = min((moment for moment in _moments(snapshot) if moment > now), default=NEVER)
        self._metadata = snapshot.maintenance.at(now)
        self._newer, self._older = Half(), Half()
        # By their hash: where two are taken for one, one is remembered too early, and no answer is wrong.
        self._asked_once: set[int] = set()
        self._lock = threading.Lock()

    def find(self, question: Question, workspaces: KnownWorkspaces) -> Bulk | None:
        """What was answered, where that still holds."""
        given = self._newer.given.get(question)
        if given is None:
            given = self._older.given.get(question)
            if given is None:
                return None
            self._put(question, given)
        pk, workspace, bulk = given
        try:
            return bulk if not pk or workspaces.find(pk) == workspace else None
        except Unreachable:
            return None

    def keep(self, question: Question, outcomes: Outcomes, pk: str, workspace: WorkspaceFacts | None) -> Bulk:
        """Remember what was decided for `question` if it was asked before, and return it as it is sent."""
        bulk = self.bulk(outcomes)
        if len(question[1]) <= LONGEST_QUESTION and self._was_asked(hash(question)):
            self._put(question, Given(pk, workspace, bulk))
        return bulk

    def _was_asked(self, question: int) -> bool:
        if question in self._asked_once:
            return True
        if len(self._asked_once) >= MOST_ASKED_ONCE:
            self._asked_once = set()
        self._asked_once.add(question)
        return False

    def bulk(self, outcomes: Outcomes) -> Bulk:
        """An answer as it is sent, made once where it is remembered."""
        return (
            self._newer.bulks.get(outcomes)
            or self._older.bulks.get(outcomes)
            or Bulk(outcomes, self._metadata)
        )

    def _put(self, question: Question, given: Given) -> None:
        with self._lock:
            self._newer.put(question, given)
            if self._newer.bytes > MOST_BYTES // 2:
                self._newer, self._older = Half(), self._newer


def _moments(snapshot: Snapshot) -> Iterable[datetime]:
    """Every moment at which an answer changes without anybody changing anything."""
    yield from snapshot.maintenance.moments()
    for module in snapshot.modules.values():
        for switch in module.switches:
            yield from filter(None, (switch.flag.on_from, switch.flag.off_at))
        for overrides in module.overrides.values():
            yield from filter(None, (override.expires_at for override in overrides.values()))
