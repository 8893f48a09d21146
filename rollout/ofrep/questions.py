"""What was asked: the body of a request, its context, and the unit that it is about."""

from collections.abc import Mapping
from typing import Any

import orjson

from operations.errors import Invalid
from rollout.answers import check_unit
from rollout.known_workspaces import KnownWorkspaces, Unreachable
from rollout.ofrep.replies import INVALID_CONTEXT, PARSE_ERROR, Turned
from rollout.reach import UnitFacts
from rollout.snapshot import ModuleFacts

Context = Mapping[str, Any]

LARGEST_BODY = 256 * 1024


def read_context(environ: Mapping[str, Any]) -> Context:
    """The context of an OFREP request. Raises Turned 400, naming what is wrong."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > LARGEST_BODY:
        raise Turned(400, f"The body must have at most {LARGEST_BODY:,} bytes.", PARSE_ERROR)
    body = environ["wsgi.input"].read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        raise Turned(400, f"The body must have at most {LARGEST_BODY:,} bytes.", PARSE_ERROR)
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Turned(400, f"The body must be JSON: {error}.", PARSE_ERROR) from None
    context = told.get("context") if isinstance(told, dict) else None
    if not isinstance(context, dict):
        raise Turned(400, "context: must be an object.", INVALID_CONTEXT)
    return context


class Units:
    """The unit of one request as each module sees it; a workspace is looked up once."""

    def __init__(self, context: Context, workspaces: KnownWorkspaces) -> None:
        self._user = _id(context, "targetingKey")
        self._workspace = _id(context, "workspace") or self._user
        self._workspaces = workspaces
        # Whether the workspace could not be looked up.
        self.unreachable = False
        self._found: Any = _NOT_ASKED

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
                self.unreachable = True
                self._found = None
        return module.out_of_reach(pk) if self.unreachable else module.workspace(pk, self._found)


_NOT_ASKED = object()


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
