"""Is the portal alive and ready? Database, cache, broker and migrations, each with the time it took."""

import logging
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Q
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from monitoring import dead_man, health
from operations.models import OutboxMessage
from ops_portal.demo_clock.saying import state as demo_clock_state
from ops_portal.status_serializers import HealthStatusSerializer

logger = logging.getLogger(__name__)

# Seconds an unreachable Redis may hold up an answer.
REDIS_TIMEOUT = 2.0


class Failed(Exception):
    """A part answers, but not as it should; the message says how, in words fit for anybody."""


def database() -> None:
    """One round trip to the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def cache_store() -> None:
    """Write one value and read it back."""
    key, value = f"health-status-{secrets.token_hex(8)}", secrets.token_hex(8)
    cache.set(key, value, timeout=10)
    found = cache.get(key)
    cache.delete(key)
    if found != value:
        raise Failed("a value was written and not found again")


def broker() -> None:
    """The queue can be reached (Redis) or written (folder)."""
    if settings.REDIS_URL:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=REDIS_TIMEOUT, socket_connect_timeout=REDIS_TIMEOUT
        ) as client:
            client.ping()
        return
    folder = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"])
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise Failed("the broker's folder cannot be written")


class Migrations:
    """Are all migrations applied? Reading the plan costs tens of milliseconds, so a yes is remembered:
    the code of a running process does not change any more."""

    def __init__(self) -> None:
        self.current = False

    def __call__(self) -> None:
        if self.current:
            return
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if pending:
            raise Failed(f"{len(pending)} not applied")
        self.current = True


CHECKS: dict[str, Callable[[], None]] = {
    "database": database,
    "cache": cache_store,
    "broker": broker,
    "migrations": Migrations(),
}


def check(name: str, probe: Callable[[], None]) -> dict[str, Any]:
    """Run one probe: `ok`, `milliseconds` and, when it failed, a `message` without addresses or secrets."""
    began = time.perf_counter()
    result: dict[str, Any] = {"ok": True}
    try:
        probe()
    except Failed as failed:
        result = {"ok": False, "message": str(failed)}
    except Exception:
        # Whatever a driver raises, the answer is the same; its own words may name hosts and users.
        logger.exception("health status: %s failed", name)
        result = {"ok": False, "message": "not reachable"}
    result["milliseconds"] = round((time.perf_counter() - began) * 1000, 1)
    return result


def last_check() -> dict[str, Any] | None:
    """The newest health check of any plan, None before the first, and whether one is overdue.

    That is for people and dead men's switches: a process that serves well is ready all the same.
    """
    newest = health.newest()
    late = health.is_late()
    if newest is None and not late:
        return None
    return {
        "slot": newest.slot if newest else None,
        "madeAt": newest.made_at if newest else None,
        "overdue": late,
    }


def dead_man_state() -> dict[str, Any]:
    """Whether the alert about the health checks' silence is open, and since when."""
    since = dead_man.ringing()
    return {"ringing": since is not None, "since": since}


def deliveries() -> dict[str, int]:
    """How many messages wait, how many of them for over five minutes, and how many were given up."""
    now, outbox = timezone.now(), OutboxMessage.objects
    late = Q(pk__in=outbox.late(now).values("pk"))
    found = outbox.waiting().aggregate(waiting=Count("pk"), late=Count("pk", filter=late))
    return {**found, "dead": outbox.dead().count()}


def scheduled_work() -> dict[str, Any]:
    """When what is due was last run, and whether that is over ten minutes ago."""
    last, stuck = dead_man.tick()
    return {"lastTick": last, "stuck": stuck}


# Six queries, each of a few rows by an index.
TELLS: dict[str, Callable[[], Any]] = {
    "lastCheck": last_check,
    "deadMan": dead_man_state,
    "deliveries": deliveries,
    "schedule": scheduled_work,
    "demoClock": demo_clock_state,
}


class HealthStatusView(APIView):
    """Open to everybody and never throttled: load balancers ask it all the time."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    @extend_schema(
        summary="Liveness and readiness of the portal",
        auth=[],
        parameters=[
            OpenApiParameter("live", OpenApiTypes.STR, description="Only whether the process answers: 200"),
        ],
        responses={
            200: OpenApiResponse(response=HealthStatusSerializer, description="Every part answers."),
            503: OpenApiResponse(
                response=HealthStatusSerializer,
                description="At least one part does not; `checks` says which.",
            ),
        },
    )
    def get(self, request: Request) -> Response:
        """`checks` say whether it is ready; the rest is for people and monitors, and null where unknown.

        `?live` asks nothing but whether the process answers: for load balancers, because flags are answered
        while the database is away, and for whoever starts a process anew that does not answer.
        """
        if "live" in request.query_params:
            silent = dict.fromkeys(TELLS)
            return Response({"status": "ok", "checks": {}, **silent}, headers={"Cache-Control": "no-store"})
        checks = {name: check(name, probe) for name, probe in CHECKS.items()}
        ready = all(result["ok"] for result in checks.values())
        readable = checks["database"]["ok"] and checks["migrations"]["ok"]
        body = {
            "status": "ok" if ready else "unavailable",
            "checks": checks,
            **{name: tell() if readable else None for name, tell in TELLS.items()},
        }
        return Response(body, status=200 if ready else 503, headers={"Cache-Control": "no-store"})
