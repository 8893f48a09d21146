"""Request bodies that take nothing but what they name; what many calls share in the API's description."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="A repeat within 24 hours gets the first answer; another body under the same key is refused",
)
COMMON_ERRORS = (401, 403, 429)
MEANINGS = {
    400: "The body, a parameter or a header is invalid; `fields` names each fault",
    401: "No API key, or one that is unknown, expired or revoked",
    403: "The key lacks the scope, or the operation is not permitted",
    404: "There is no such thing",
    409: "Refused by a rule, or an Idempotency-Key that came with another body",
    413: "The body is too large",
    415: "The body is not JSON",
    429: "Too many requests; `Retry-After` says how many seconds to wait",
    503: "The database did not answer",
}


class Whole(serializers.IntegerField):
    """A JSON integer; neither text nor a fraction nor true."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """A JSON string; not a number."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Truth(serializers.BooleanField):
    """JSON true or false; neither text nor a number."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Body(serializers.Serializer[Any]):
    """A JSON object whose unknown fields are faults and not ignored: a typing error must not pass."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                known = ", ".join(self.fields)
                raise serializers.ValidationError(
                    {name[:100]: f"is not a field of this call; it takes {known}" for name in unknown[:20]}
                )
        return super().to_internal_value(data)

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """The request's body, checked; an empty one counts as `{}`. Raises ValidationError, ParseError."""
        refuse_unmeasured(request)
        body = cls(data=request.data)
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)


def refuse_unmeasured(request: Request) -> None:
    """Raise ParseError for a body without a Content-Length.

    A WSGI server does not say where it ends, so Django takes it for empty: a preview in chunks would act.
    """
    facts = request.META
    unmeasured = "HTTP_TRANSFER_ENCODING" in facts or facts.get("SERVER_PROTOCOL", "").startswith("HTTP/2")
    if unmeasured and not facts.get("CONTENT_LENGTH"):
        raise ParseError("Send the body with a Content-Length: one in chunks is not read.")


class ErrorDetailSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stable; for programs")
    message = serializers.CharField(help_text="What is wrong and what to do; for people")
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.CharField(), required=False, help_text="Each field with the rule it breaks"
    )


class ErrorSerializer(serializers.Serializer[Any]):
    error = ErrorDetailSerializer()


def with_errors(answers: dict[int, Any], *statuses: int) -> dict[int, Any]:
    """`answers` with the error form for `statuses` and for those that every call may give."""
    errors: Iterable[int] = (*COMMON_ERRORS, *statuses)
    return {
        **answers,
        **{status: OpenApiResponse(ErrorSerializer, MEANINGS[status]) for status in sorted(errors)},
    }


class BodySchema(OpenApiSerializerExtension):
    """Says in the API's description that a body takes no other fields."""

    target_class = "operations.doors.bodies.Body"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        found = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**found, "additionalProperties": False}


class KeyScheme(OpenApiAuthenticationExtension):
    """How the API's description names the two ways to send a key."""

    target_class = "operations.doors.api.KeyAuthentication"
    name = ["bearer", "apiKey"]

    def get_security_requirement(self, auto_schema: Any) -> Any:
        # Either of them; in one mapping they would both be asked for.
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: Any) -> Any:
        return [
            {"type": "http", "scheme": "bearer", "description": "An API key"},
            {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key"},
        ]
