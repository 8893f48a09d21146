"""`GET /api/metrics`: OpenMetrics, or the text format 0.0.4, as the scraper asks."""

import gzip
import hmac
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from operations.doors.api import AnonymousThrottle
from operations.doors.bodies import ErrorSerializer
from operations.errors import NotFound
from ops_portal.exposition.collector import Scrape

OFF = "This portal tells no metrics: PROMETHEUS_METRICS_ENABLED is false."
FORMATS = "OpenMetrics 1.0, or the text format 0.0.4, as `Accept` asks"
WRONG = "Send the portal's METRICS_TOKEN: Authorization: Bearer TOKEN."


class MetricsToken(BaseAuthentication):
    """METRICS_TOKEN as `Authorization: Bearer TOKEN`, where one is set. Not an API key, and no user."""

    def authenticate(self, request: Request) -> tuple[None, str] | None:
        if not settings.PROMETHEUS_METRICS_ENABLED:
            raise NotFound(OFF)
        token = settings.METRICS_TOKEN
        if not token:
            return None
        scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
        # In bytes, as they came: on texts that are not ASCII the comparison would raise.
        found = sent.strip().encode("latin-1", "replace")
        if scheme.lower() != "bearer" or not hmac.compare_digest(found, token.encode()):
            AnonymousThrottle.strike(request)
            raise exceptions.AuthenticationFailed(WRONG)
        return None, "metrics"

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="ops-portal-metrics"'


class MetricsTokenScheme(OpenApiAuthenticationExtension):
    """How the API's description names it."""

    target_class = "ops_portal.exposition.view.MetricsToken"
    name = "metricsToken"

    def get_security_definition(self, auto_schema: Any) -> Any:
        return {"type": "http", "scheme": "bearer", "description": "METRICS_TOKEN, where one is set"}


class AnyFormat(BaseContentNegotiation):
    """Errors are JSON, whatever is asked for; what a scraper asks for, the Prometheus client reads."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class MetricsView(APIView):
    """Scrapers are many and come often: they are not throttled. Wrong tokens are."""

    authentication_classes = (MetricsToken,)
    permission_classes = (AllowAny,)
    throttle_classes = ()
    content_negotiation_class = AnyFormat

    @extend_schema(
        operation_id="tellMetrics",
        responses={
            (200, "application/openmetrics-text"): OpenApiResponse(OpenApiTypes.STR, FORMATS),
            (200, "text/plain"): OpenApiResponse(OpenApiTypes.STR, FORMATS),
            401: OpenApiResponse(ErrorSerializer, "METRICS_TOKEN is set, and was not sent"),
            404: OpenApiResponse(ErrorSerializer, "PROMETHEUS_METRICS_ENABLED is false"),
            429: OpenApiResponse(ErrorSerializer, "Too many wrong tokens from one address"),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """The portal's state and its own requests for Prometheus; 200 without a database, too."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(Scrape())
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        body = encode(registry)
        headers = {
            "Content-Type": content_type,
            "Cache-Control": "no-store",
            "Vary": "Accept, Accept-Encoding",
        }
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            body, headers["Content-Encoding"] = gzip.compress(body, compresslevel=1), "gzip"
        return HttpResponse(body, headers=headers)
