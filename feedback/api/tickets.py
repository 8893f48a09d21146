"""Tickets over HTTP, for tools of the support team: which there are, and what is done about them."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.api.ticket_serializers import (
    FixedBody,
    MergeBody,
    MoveBody,
    ReplyBody,
    TicketNoteBody,
    TicketSerializer,
    TicketsSerializer,
    UnmergeBody,
    WholeTicketSerializer,
)
from feedback.lifecycle import TRANSITIONS
from feedback.models import Ticket
from feedback.tickets import documents, finding, fixes, merging, messaging, moving
from feedback.tickets.story import TRIAGE
from operations.actor import Actor
from operations.doors.api import actor_of, idempotent, raw_body, whole_number
from operations.doors.bodies import IDEMPOTENCY_KEY, Body, with_errors
from operations.errors import Invalid
from operations.idempotency import Answer
from operations.models.keys import Scope

GRANTS = frozenset({TRIAGE})
MOST = 500
USUAL = 100
WORDS = ("status", "category", "severity", "module", "workspace", "owner", "tag")
FILTERS = [
    OpenApiParameter(
        "status",
        enum=finding.STATUSES,
        default="open",
        description="open is all of which somebody still owes something; quarantine looks like spam",
    ),
    OpenApiParameter("category", enum=Ticket.Category.values),
    OpenApiParameter("severity", enum=Ticket.Severity.values),
    OpenApiParameter("module", description="The key of a module"),
    OpenApiParameter("workspace", description="The id of a workspace"),
    OpenApiParameter("owner", description="A user name"),
    OpenApiParameter("tag"),
    OpenApiParameter("limit", OpenApiTypes.INT, default=USUAL, description=f"1 to {MOST}"),
    OpenApiParameter("offset", OpenApiTypes.INT, default=0),
]


class TicketsView(APIView):
    """The tickets."""

    required_scope = Scope.RESPOND

    @extend_schema(
        operation_id="listTickets",
        parameters=FILTERS,
        responses=with_errors({200: TicketsSerializer}, 400),
    )
    def get(self, request: Request) -> Response:
        """Open tickets, the most severe first and of these the oldest; others newest first."""
        given = request.query_params
        found = finding.find(**{name: given[name] for name in WORDS if name in given})
        limit = whole_number(given, "limit", 1, MOST, USUAL)
        offset = whole_number(given, "offset", 0, 1_000_000, 0)
        rows = list(found[offset : offset + limit + 1])
        tickets = [documents.ticket_of(ticket) for ticket in rows[:limit]]
        return Response({"tickets": tickets, "more": len(rows) > limit})


class TicketView(APIView):
    """One ticket."""

    required_scope = Scope.RESPOND

    @extend_schema(operation_id="readTicket", responses=with_errors({200: WholeTicketSerializer}, 404))
    def get(self, request: Request, reference: str) -> Response:
        """A ticket with its texts, its clocks, its conversation and its history."""
        return Response(documents.whole_ticket_of(finding.by_reference(reference)))


def _described(operation_id: str, body: type[Body], *parameters: OpenApiParameter) -> Any:
    return extend_schema(
        operation_id=operation_id,
        request=body,
        parameters=[*parameters, IDEMPOTENCY_KEY],
        responses=with_errors({200: TicketSerializer}, 400, 404, 409, 413, 415, 503),
    )


class VerbView(APIView):
    """One verb on one ticket. A subclass calls it."""

    required_scope = Scope.RESPOND

    def answer(
        self,
        request: Request,
        reference: str,
        body: type[Body],
        verb: Callable[[Ticket, Actor, dict[str, Any]], object],
    ) -> Response:
        """Read the body, call the verb once, and answer with the ticket as it is then."""
        raw_body(request)
        given = body.read(request)
        actor = actor_of(request, GRANTS, on_behalf_of=given.pop("by"))

        def operation() -> Answer:
            ticket = finding.by_reference(reference)
            verb(ticket, actor, given)
            return 200, documents.ticket_of(finding.by_reference(ticket.reference))

        return idempotent(request, operation)


class MoveView(VerbView):
    @_described(
        "moveTicket",
        MoveBody,
        OpenApiParameter("transition", enum=tuple(TRANSITIONS), location=OpenApiParameter.PATH),
    )
    def post(self, request: Request, reference: str, transition: str) -> Response:
        """Take a step in a ticket's life; 409 names the steps that its state allows.

        assign asks for an owner, decline and reopen for a reason; resolve may name the version with the fix.
        """

        def move(ticket: Ticket, actor: Actor, given: dict[str, Any]) -> None:
            moving.move(
                ticket,
                transition,
                actor=actor,
                version=given.get("version"),
                reason=given["reason"],
                owner=_person(given["owner"]),
                fixed_in=given["fixedIn"],
            )

        return self.answer(request, reference, MoveBody, move)


class ReplyView(VerbView):
    @_described("replyToTicket", ReplyBody)
    def post(self, request: Request, reference: str) -> Response:
        """Answer the reporter, by mail and on their page. The first reply stops the first clock."""

        def reply(ticket: Ticket, actor: Actor, given: dict[str, Any]) -> None:
            messaging.reply(ticket, actor=actor, body=given["body"], waits=given["waits"])

        return self.answer(request, reference, ReplyBody, reply)


class NoteView(VerbView):
    @_described("noteOnTicket", TicketNoteBody)
    def post(self, request: Request, reference: str) -> Response:
        """Write something for the team, which the reporter never sees."""

        def note(ticket: Ticket, actor: Actor, given: dict[str, Any]) -> None:
            messaging.note(ticket, actor=actor, body=given["body"])

        return self.answer(request, reference, TicketNoteBody, note)


class FixedView(VerbView):
    @_described("tellFixed", FixedBody)
    def post(self, request: Request, reference: str) -> Response:
        """Tell the reporters of a resolved ticket that the version with the fix is out, once for each."""

        def tell(ticket: Ticket, actor: Actor, given: dict[str, Any]) -> None:
            fixes.tell(ticket, actor=actor, version=given["version"])

        return self.answer(request, reference, FixedBody, tell)


class MergeView(VerbView):
    @_described("mergeTicket", MergeBody)
    def post(self, request: Request, reference: str) -> Response:
        """Put an open ticket into another that says the same, until it is taken out again."""

        def merge(ticket: Ticket, actor: Actor, given: dict[str, Any]) -> None:
            into = finding.by_reference(given["into"])
            merging.merge(ticket, into, actor=actor, reason=given["reason"])

        return self.answer(request, reference, MergeBody, merge)


class UnmergeView(VerbView):
    @_described("unmergeTicket", UnmergeBody)
    def post(self, request: Request, reference: str) -> Response:
        """Take a ticket out of the one that it was merged into; it is again what it was."""

        def unmerge(ticket: Ticket, actor: Actor, given: dict[str, Any]) -> None:
            merging.unmerge(ticket, actor=actor, reason=given["reason"])

        return self.answer(request, reference, UnmergeBody, unmerge)


def _person(username: str) -> User | None:
    """Who has this user name; None for none named. Raises Invalid for an unknown one."""
    if not username:
        return None
    person = User.objects.filter(username=username).first()
    if person is None:
        raise Invalid({"owner": f"there is no user {username!r}"})
    return person
