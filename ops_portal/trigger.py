"""`POST /api/monitoring/trigger`: what beat's tick does, for those who run a crontab and no beat."""

import hmac
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operations.doors.api import AnonymousThrottle, FixedWindowThrottle
from operations.doors.bodies import with_errors
from operations.errors import NotFound
from operations.schedule import Ran
from ops_portal.demo_clock import steady
from ops_portal.exposition import jobs
from ops_portal.schedule import JOBS

NOT_SET = (
    "This portal has no MONITORING_CRON_SECRET: set one of at least 64 characters to run what is due by HTTP."
)
WRONG = "Send the portal's MONITORING_CRON_SECRET: Authorization: Bearer SECRET."


class CronSecret(BaseAuthentication):
    """The one secret of the settings, as `Authorization: Bearer SECRET`. Not an API key, and no user."""

    def authenticate(self, request: Request) -> tuple[None, str]:
        secret = settings.MONITORING_CRON_SECRET
        if not secret:
            raise NotFound(NOT_SET)
        scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
        # In bytes, as they came: on texts that are not ASCII the comparison would raise.
        found = sent.strip().encode("latin-1", "replace")
        if scheme.lower() != "bearer" or not hmac.compare_digest(found, secret.encode()):
            AnonymousThrottle.strike(request)
            raise exceptions.AuthenticationFailed(WRONG)
        return None, "cron"

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="ops-portal-trigger"'


class CronSecretScheme(OpenApiAuthenticationExtension):
    """How the API's description names it."""

    target_class = "ops_portal.trigger.CronSecret"
    name = "cronSecret"

    def get_security_definition(self, auto_schema: Any) -> Any:
        return {"type": "http", "scheme": "bearer", "description": "MONITORING_CRON_SECRET"}


class TriggerThrottle(FixedWindowThrottle):
    """120 calls a minute, whoever makes them: a tick every five seconds needs twelve."""

    scope = "trigger"

    def __init__(self) -> None:
        self.most, self.window = 120, 60

    def identity(self, request: Any) -> str:
        return "all"


class RanSerializer(serializers.Serializer[Any]):
    job = serializers.CharField()
    result = serializers.CharField(required=False, help_text="What it did, in one line; empty for nothing")
    error = serializers.CharField(required=False, help_text="Why it failed; it is tried again in a minute")
    milliseconds = serializers.FloatField()


class TriggerSerializer(serializers.Serializer[Any]):
    ran = RanSerializer(many=True, help_text="The jobs that this call ran; none when nothing was due")


class TriggerView(APIView):
    """Runs what is due, once, however many ask at the same time."""

    authentication_classes = (CronSecret,)
    permission_classes = ()
    throttle_classes = (TriggerThrottle,)

    @extend_schema(
        operation_id="runWhatIsDue", request=None, responses=with_errors({200: TriggerSerializer}, 404, 503)
    )
    def post(self, request: Request) -> Response:
        """Run what is due, for those without beat; 404 where no MONITORING_CRON_SECRET is set."""
        with steady():
            ran = jobs.run_due(JOBS)
        return Response({"ran": list(map(_line, ran))}, headers={"Cache-Control": "no-store"})


def _line(ran: Ran) -> dict[str, Any]:
    said = {"error": ran.error} if ran.error else {"result": ran.result}
    return {"job": ran.job, **said, "milliseconds": ran.milliseconds}
