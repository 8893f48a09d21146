"""What was asked: the body of a request, its context, and the unit that it is about."""

from collections.abc import Mapping
from typing import Any

import orjson

from operations.errors import Invalid
from rollout.answers import check_unit
from rollout.ofrep.replies import INVALID_CONTEXT, PARSE_ERROR, Turned
from rollout.rules.reach import UnitFacts
from rollout.serving.known_workspaces import KnownWorkspaces, Unreachable
from rollout.serving.snapshot import ModuleFacts, WorkspaceFacts

Context = Mapping[str, Any]

LARGEST_BODY = 256 * 1024
# In digits.
LONGEST_LENGTH = 18
TOO_LARGE = f"The body must have at most {LARGEST_BODY:,} bytes."


def context_of(body: bytes) -> Context:
    """The context in the body of an OFREP request. Raises Turned 400, naming what is wrong."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Turned(400, f"The body must be JSON: {error}.", PARSE_ERROR) from None
    context = told.get("context") if isinstance(told, dict) else None
    if not isinstance(context, dict):
        raise Turned(400, "context: must be an object.", INVALID_CONTEXT)
    return context


def read_body(environ: Mapping[str, Any]) -> bytes:
    """The bytes that were sent. Raises Turned 400 for too many."""
    said = environ.get("CONTENT_LENGTH")
    if not said:
        # A body in chunks; where the server does not say where one ends, reading on would wait for ever.
        length = LARGEST_BODY + 1 if environ.get("wsgi.input_terminated") else 0
    elif said.isdecimal() and (len(said) > LONGEST_LENGTH or int(said) > LARGEST_BODY):
        raise Turned(400, TOO_LARGE, PARSE_ERROR)
    elif said.isdecimal():
        length = int(said)
    else:
        raise Turned(400, "The Content-Length must be a number.", PARSE_ERROR)
    body: bytes = environ["wsgi.input"].read(length)
    if len(body) > LARGEST_BODY:
        raise Turned(400, TOO_LARGE, PARSE_ERROR)
    return body


class Units:
    """The unit of one request as each module sees it; a workspace is looked up once."""

    def __init__(self, context: Context, workspaces: KnownWorkspaces) -> None:
        self._user = _id(context, "targetingKey")
        self._named = _id(context, "workspace")
        self._workspace = self._named or self._user
        self._workspaces = workspaces
        self._found: Any = _NOT_ASKED
        self._context = context

    def of(self, module: ModuleFacts) -> UnitFacts | None:
        """The unit of a module's flags, or None where the request names none."""
        if module.by_user:
            return module.user(self._user) if self._user else None
        pk = self._workspace
        if not pk:
            return None
        if self._found is _NOT_ASKED:
            try:
                self._found = self._workspaces.find(pk)
            except Unreachable:
                self._found = _UNREACHABLE
        return module.out_of_reach(pk) if self._found is _UNREACHABLE else module.workspace(pk, self._found)

    @property
    def unreachable(self) -> bool:
        """Whether the workspace could not be looked up."""
        return self._found is _UNREACHABLE

    @property
    def looked_up(self) -> tuple[str, WorkspaceFacts | None]:
        """The id of the workspace that was looked up and what was found; "" where none was."""
        return ("", None) if self._found is _NOT_ASKED else (self._workspace, self._found)

    def told(self, module: ModuleFacts) -> Context:
        """The context as the targeting rules of a module's flags see it."""
        if module.by_user or self._named or not self._user or not module.targets:
            return self._context
        # Named by targetingKey alone, it is still what rules call the workspace.
        return {**self._context, "workspace": self._user}


_NOT_ASKED, _UNREACHABLE = object(), object()


def _id(context: Context, name: str) -> str:
    """A unit's id in the context; "" where there is none. Raises Turned for what can be no id."""
    found = context.get(name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise Turned(400, f"context.{name}: must be a text.", INVALID_CONTEXT)
    try:
        check_unit(found)
    except Invalid as fault:
        raise Turned(400, f"context.{name}: {fault.fields['unit']}.", INVALID_CONTEXT) from None
    return found
