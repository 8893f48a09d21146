"""Canned replies: prepared answers, and what stands in them for what differs from ticket to ticket.

A variable is a word in braces. It is looked up in a fixed list and nowhere else, so that a reply can reach
nothing that the list does not name.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction

from feedback.models import CannedReply, Ticket
from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, Refused
from rollout.rules.values import is_line, storable

LONGEST_NAME, LONGEST_BODY = 100, 5_000
CHANGEABLE = ("name", "body")
_VARIABLE = re.compile(r"\{([^{}\n]*)\}")


@transaction.atomic
def add(name: str, body: str, *, actor: Actor) -> CannedReply:
    """Prepare an answer. Raises Invalid, also for variables that there are not."""
    actor.require("feedback.add_cannedreply", "add canned replies")
    reply = CannedReply()
    _save(reply, {"name": name, "body": body})
    audit.record("canned_reply.added", actor=actor, subject=reply)
    return reply


@transaction.atomic
def change(reply: CannedReply, *, actor: Actor, **values: Any) -> CannedReply:
    """Change a reply's name or body. Raises Invalid, and Refused for one that was removed."""
    actor.require("feedback.change_cannedreply", "change canned replies")
    reply = _locked(reply)
    before = {field: getattr(reply, field) for field in CHANGEABLE}
    _save(reply, values)
    if changed := [field for field in CHANGEABLE if getattr(reply, field) != before[field]]:
        audit.record("canned_reply.changed", actor=actor, subject=reply, data={"changed": changed})
    return reply


@transaction.atomic
def remove(reply: CannedReply, *, actor: Actor) -> None:
    """Remove a reply for good. Raises Refused for one that was removed before."""
    actor.require("feedback.delete_cannedreply", "remove canned replies")
    reply = _locked(reply)
    audit.record("canned_reply.removed", actor=actor, subject=reply)
    reply.delete()


def render(reply: CannedReply, ticket: Ticket, actor: Actor) -> str:
    """The reply as `actor` would send it about `ticket`; asks whether others were merged into it.

    What is not known is spelled so that the sentence still holds: "there" for a reporter without a name.
    """
    values = {name: find(ticket, actor) for name, find in VARIABLES.items() if f"{{{name}}}" in reply.body}
    return filled(reply.body, values)


def filled(body: str, values: Mapping[str, str]) -> str:
    """The text with `values` for their variables; one that is not given stays as it is."""
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), body)


def _reporter(ticket: Ticket, actor: Actor) -> str:
    # Who reported what was merged into it reads the same words.
    alone = bool(ticket.reporter_name) and not ticket.merged.exists()
    return ticket.reporter_name if alone else "there"


def _module(ticket: Ticket, actor: Actor) -> str:
    return ticket.module.name if ticket.module else "the product"


def _agent(ticket: Ticket, actor: Actor) -> str:
    return (actor.user.get_full_name() if actor.user else "") or actor.label


VARIABLES: Mapping[str, Callable[[Ticket, Actor], str]] = {
    "reporter": _reporter,
    "reference": lambda ticket, actor: ticket.reference,
    "title": lambda ticket, actor: ticket.title,
    "module": _module,
    "version": lambda ticket, actor: ticket.fixed_in or "a coming version",
    "agent": _agent,
}
# What an example shows.
EXAMPLE: Mapping[str, str] = {
    "reporter": "Mary",
    "reference": "FB-1042",
    "title": "Reminders are not sent",
    "module": "Patient Engagement",
    "version": "2.4.1",
    "agent": "Grace",
}


def _save(reply: CannedReply, values: Mapping[str, Any]) -> None:
    if unknown := set(values) - set(CHANGEABLE):
        raise TypeError(f"a canned reply has no {', '.join(sorted(unknown))}")
    for field, value in values.items():
        setattr(reply, field, value.strip())
    if faults := _faults(reply):
        raise Invalid(faults)
    reply.save()


def _faults(reply: CannedReply) -> dict[str, str]:
    faults = {}
    if not is_line(reply.name, LONGEST_NAME):
        faults["name"] = f"must have 1 to {LONGEST_NAME} printable characters"
    elif CannedReply.objects.filter(name=reply.name).exclude(pk=reply.pk).exists():
        faults["name"] = "another reply has this name"
    if not 0 < len(reply.body) <= LONGEST_BODY or not storable(reply.body):
        faults["body"] = f"must be text of 1 to {LONGEST_BODY:,} characters"
    elif unknown := [word for word in _VARIABLE.findall(reply.body) if word not in VARIABLES]:
        named = ", ".join(f"{{{word}}}" for word in dict.fromkeys(unknown))
        faults["body"] = f"{named}: no such variable; there are {variables()}"
    return faults


def variables() -> str:
    """The variables as they are written."""
    return ", ".join(f"{{{name}}}" for name in VARIABLES)


def _locked(reply: CannedReply) -> CannedReply:
    current = CannedReply.objects.select_for_update().filter(pk=reply.pk).first()
    if current is None:
        raise Refused("gone", f"The reply {reply} was removed before.")
    return current
