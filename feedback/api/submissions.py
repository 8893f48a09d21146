"""Feedback from a product over HTTP: what its user says, and the files that belong to it."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback.api.submission_serializers import (
    AttachmentSerializer,
    FeedbackBody,
    FileBody,
    ReceiptSerializer,
)
from feedback.models import Ticket
from feedback.tickets import attaching, finding, links, submitting
from feedback.tickets.drafts import Draft
from operations.actor import Actor
from operations.doors.api import actor_of, idempotent, raw_body
from operations.doors.bodies import IDEMPOTENCY_KEY, ErrorSerializer, with_errors
from operations.errors import Invalid, NotFound
from operations.idempotency import Answer
from operations.models.keys import Scope
from operations.spelling import camel

GRANTS = frozenset({submitting.PERMISSION, attaching.PERMISSION})
# How long a key may add files to what it submitted.
ATTACHING_FOR = timedelta(hours=24)
# What multipart/form-data puts around a file.
WRAPPING = 64 * 1024
NO_MULTIPART = OpenApiResponse(ErrorSerializer, "The body is not multipart/form-data")


class FeedbackView(APIView):
    """What users say."""

    required_scope = Scope.FEEDBACK

    @extend_schema(
        operation_id="submitFeedback",
        request=FeedbackBody,
        parameters=[IDEMPOTENCY_KEY],
        responses=with_errors({201: ReceiptSerializer}, 400, 409, 413, 415, 503),
    )
    def post(self, request: Request) -> Response:
        """Take in what a user of the product says.

        What looks like patient data is taken out of the texts and named in the answer. Send an
        Idempotency-Key, and the call can be repeated until it is answered.
        """
        raw_body(request)
        draft = Draft(**FeedbackBody.read(request))

        def operation() -> Answer:
            try:
                ticket = submitting.submit(
                    draft, actor=actor_of(request, GRANTS), source=Ticket.Source.API.value
                )
            except Invalid as fault:
                raise ValidationError({_spelled(name): rule for name, rule in fault.fields.items()}) from None
            return 201, _receipt(ticket)

        return idempotent(request, operation)


class FileParser(MultiPartParser):
    """multipart/form-data; a body that is larger than the largest file is not read."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        length = (parser_context or {})["request"].META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > attaching.LARGEST + WRAPPING:
            raise RequestDataTooBig
        return super().parse(stream, media_type, parser_context)


class AttachmentsView(APIView):
    """Files that belong to what was said."""

    required_scope = Scope.FEEDBACK
    parser_classes = [FileParser]

    @extend_schema(
        operation_id="attachToFeedback",
        request={"multipart/form-data": FileBody},
        responses={
            **with_errors({201: AttachmentSerializer}, 400, 404, 409, 413, 503),
            415: NO_MULTIPART,
        },
        description=f"Add a file to what the same key submitted within 24 hours: {attaching.TYPES_IN_WORDS}. "
        "The type is told by the content, and the name has to agree. The same content again adds nothing.",
    )
    def post(self, request: Request, reference: str) -> Response:
        actor = actor_of(request, GRANTS)
        ticket = _submitted_by(actor, reference)
        file = FileBody.read(request)["file"]
        if len(request.FILES.getlist("file")) > 1:
            raise Invalid({"file": "must be one file; send each by itself"})
        kept = attaching.attach(ticket, file, actor=actor)
        answer = {
            "name": kept.name,
            "contentType": kept.content_type,
            "size": kept.size,
            "digest": kept.digest,
        }
        return Response(answer, status=201)


def _submitted_by(actor: Actor, reference: str) -> Ticket:
    """The ticket, if this key submitted it lately. Raises NotFound for another's as for none."""
    ticket = finding.by_reference(reference)
    mine = ticket.source == Ticket.Source.API and ticket.received_by == actor.in_full
    if not mine or ticket.received_at < timezone.now() - ATTACHING_FOR:
        raise NotFound("There is no such ticket that this key submitted within the last 24 hours.")
    return ticket


def _receipt(ticket: Ticket) -> dict[str, Any]:
    redacted = [
        {"field": camel(original.field), "kind": kind, "count": count}
        for original in ticket.originals.all()
        for kind, count in sorted(original.found.items())
    ]
    return {
        "reference": ticket.reference,
        "status": ticket.state,
        "category": ticket.category,
        "severity": ticket.severity,
        "receivedAt": ticket.received_at,
        "redacted": redacted,
        "link": links.link_of(ticket),
    }


def _spelled(name: str) -> str:
    """A draft's field as the call names it."""
    first, _, rest = name.partition("_")
    return f"reporter.{rest}" if first == "reporter" else camel(name)
