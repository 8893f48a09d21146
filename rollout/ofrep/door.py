"""The routes: one flag, all flags, and the flags of a module."""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings
from django.utils import timezone

from rollout.answers import ALIASES
from rollout.ofrep.access import Access, Environ, Rate, cors, preflight
from rollout.ofrep.outcomes import Outcome, outcome
from rollout.ofrep.questions import Units, context_of, read_body
from rollout.ofrep.remembered import Bulk, Question, Remembered
from rollout.ofrep.replies import (
    FLAG_NOT_FOUND,
    STATUS,
    Reply,
    Turned,
    api_error,
    json_reply,
    ofrep_error,
    with_metadata,
)
from rollout.rules.switches import Asked
from rollout.serving.follower import Follower, NotReady
from rollout.serving.snapshot import KeyFacts, ModuleFacts, Snapshot

logger = logging.getLogger(__name__)

# Hears of each answer: method, route, status and seconds.
Note = Callable[[str, str, int, float], None]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

FLAGS = "/ofrep/v1/evaluate/flags"
FLAG = f"{FLAGS}/"
MODULES = "/api/feature-flags/"
EXPLAIN = "/explain"
# The routes as the API's description spells them.
OF_FLAG, OF_MODULE = f"{FLAG}{{key}}", f"{MODULES}{{module}}"
POST, GET = ("POST",), ("GET", "HEAD")


class Door:
    """A WSGI application: answers what is asked of flags, and passes everything else on to `beside`."""

    def __init__(
        self, follower: Follower, access: Access, beside: Application, note: Note | None = None
    ) -> None:
        self._follower, self._access, self._beside, self._note = follower, access, beside, note
        self._remembered: Remembered | None = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        began = time.perf_counter()
        path = environ["PATH_INFO"]
        if path.startswith(FLAG):
            route = OF_FLAG
            reply = self._answer(environ, POST, self._flag, ofrep_error, _text(path[len(FLAG) :]))
        elif path == FLAGS:
            route = FLAGS
            reply = self._answer(environ, POST, self._bulk, ofrep_error, None)
        elif path.startswith(MODULES) and not path.endswith(EXPLAIN):
            route = OF_MODULE
            reply = self._answer(environ, GET, self._on_or_off, api_error, _text(path[len(MODULES) :]))
        else:
            return self._beside(environ, start_response)
        start_response(STATUS[reply.status], [*reply.headers])
        if self._note is not None:
            self._note(environ["REQUEST_METHOD"], route, reply.status, time.perf_counter() - began)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else reply.body]

    def _answer(
        self,
        environ: Environ,
        methods: tuple[str, ...],
        answer: Callable[[Environ, Snapshot, KeyFacts, Any], Reply],
        refuse: Callable[[Turned, Any], Reply],
        key: str | None,
    ) -> Reply:
        """What `answer` says of `key`, or what turns the request away in the words of `refuse`."""
        allowed: tuple[tuple[str, str], ...] = ()
        try:
            self._follower.start()
            snapshot = self._follower.snapshot
            allowed = cors(environ, snapshot)
            method = environ["REQUEST_METHOD"]
            if method == "OPTIONS":
                return Reply(204, headers=preflight(allowed, _listed(methods)))
            if method not in methods:
                raise Turned(405, f"Use {methods[0]}.", headers=[("Allow", _listed(methods))])
            reply = answer(environ, snapshot, self._access.check(environ, snapshot), key)
        except Turned as found:
            reply = refuse(found, key)
        except NotReady:
            unavailable = "The portal has just started, and its database does not answer."
            reply = refuse(Turned(503, unavailable, headers=[("Retry-After", "1")]), key)
        except Exception:
            # Whatever it was, the sender gets an answer in the form that it reads.
            logger.exception("a flag could not be answered")
            reply = refuse(Turned(500, "The portal failed; its log says how."), key)
        return reply._replace(headers=(*reply.headers, *allowed)) if allowed else reply

    def _bulk(self, environ: Environ, snapshot: Snapshot, who: KeyFacts, _: None) -> Reply:
        """All answers with their ETag; 304 where the sender has them."""
        now = timezone.now()
        remembered = self._remembered
        if remembered is None or remembered.snapshot is not snapshot or now >= remembered.until:
            remembered = self._remembered = Remembered(snapshot, now)
        question = (who.modules, read_body(environ))
        bulk = remembered.find(question, self._follower.workspaces)
        if bulk is None:
            bulk = self._decided(question, remembered, now)
        self._follower.usage.note(bulk.outcomes)
        known = environ.get("HTTP_IF_NONE_MATCH")
        return bulk.unchanged if known is not None and bulk.etag in known else bulk.whole

    def _decided(self, question: Question, remembered: Remembered, now: datetime) -> Bulk:
        modules, body = question
        context = context_of(body)
        units = Units(context, self._follower.workspaces)
        outcomes = tuple(
            each
            for module in remembered.snapshot.modules.values()
            if not modules or module.key in modules
            for each in _live(module, Asked(units.of(module), units.told(module), now))
        )
        if units.unreachable:
            return remembered.bulk(outcomes)
        return remembered.keep(question, outcomes, *units.looked_up)

    def _flag(self, environ: Environ, snapshot: Snapshot, who: KeyFacts, key: str) -> Reply:
        context = context_of(read_body(environ))
        units = Units(context, self._follower.workspaces)
        module, switch = snapshot.flags.get(key) or _no_flag(key)
        if who.modules and module.key not in who.modules:
            _no_flag(key)
        answered = outcome(switch, Asked(units.of(module), units.told(module)))
        self._follower.usage.note(answered.alone)
        if snapshot.maintenance.windows and (metadata := snapshot.maintenance.at(timezone.now())):
            return json_reply(with_metadata(answered.body, metadata))
        return answered.reply

    def _on_or_off(self, environ: Environ, snapshot: Snapshot, who: KeyFacts, key: str) -> Reply:
        module = snapshot.modules.get(ALIASES.get(key, key))
        if module is None or (who.modules and module.key not in who.modules):
            raise Turned(404, f"There is no module {key!r}.")
        header, name = ("User-ID", "targetingKey") if module.by_user else ("Workspace-ID", "workspace")
        unit = environ.get(f"HTTP_{header.upper().replace('-', '_')}")
        context = {} if unit is None else {name: unit}
        try:
            if unit == "":
                # What servers make of a header that is not ASCII: an id, and not the lack of one.
                raise Turned(400, f"{name}: must be an id in ASCII; others can be asked for by OFREP")
            units = Units(context, self._follower.workspaces)
        except Turned as fault:
            rule = fault.message.partition(": ")[2]
            raise Turned(400, f"{header}: {rule}", fields={header: rule}) from None
        found = _live(module, Asked(units.of(module), context, timezone.now()))
        self._follower.usage.note(found)
        told = {"module": module.key, "flags": {each.flag: each.on for each in found}}
        return json_reply(orjson.dumps(told))


def mount(*, beside: Application, note: Note | None = None) -> Door:
    """The door as the settings want it, with a follower of its own; `note` hears of each of its answers."""
    return Door(
        Follower(settings.FLAG_CACHE_WORKSPACES),
        Access(Rate(settings.EVALUATION_RATE), Rate(settings.EVALUATION_ANONYMOUS_RATE)),
        beside,
        note,
    )


def _live(module: ModuleFacts, asked: Asked) -> list[Outcome]:
    """The answers of a module's flags, without those that are archived."""
    return [outcome(switch, asked) for switch in module.live]


def _listed(methods: tuple[str, ...]) -> str:
    """The methods of a route as headers name them."""
    return ", ".join((*methods, "OPTIONS"))


def _no_flag(key: str) -> Any:
    raise Turned(404, f"There is no flag {key!r}.", FLAG_NOT_FOUND)


def _text(path: str) -> str:
    """A part of the path, which WSGI gives byte by byte, as the UTF-8 that it is."""
    return path if path.isascii() else path.encode("latin-1").decode("utf-8", "replace")
