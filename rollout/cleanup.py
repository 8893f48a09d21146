"""Flags that the code may no longer need: on for everybody for long, not asked for, or past their date."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q
from django.utils import timezone

from rollout.models import Flag, FlagSpan, FlagUsage

AFTER = timedelta(days=30)


def fully_on(now: datetime) -> Q:
    """Flags that everybody eligible has had for 30 days."""
    spans = FlagSpan.objects.filter(
        flag=OuterRef("pk"), ended_at=None, cutoff_open=True, selected_only=False, slices=[]
    )
    return Q(Exists(spans.filter(began_at__lte=now - AFTER)))


def unasked(now: datetime) -> Q:
    """Flags older than 30 days that nobody asked for within them."""
    asked = FlagUsage.objects.filter(flag=OuterRef("pk"), hour__gt=now - AFTER)
    return Q(created_at__lte=now - AFTER) & ~Q(Exists(asked))


def expired(now: datetime) -> Q:
    """Flags that should be gone from the code by now."""
    return Q(expires_on__lt=timezone.localdate(now))


def due(now: datetime | None = None) -> Q:
    """Live flags with any reason to go."""
    now = now or timezone.now()
    return Q(archived_at=None) & (fully_on(now) | unasked(now) | expired(now))


def reasons(flags: Iterable[Flag]) -> dict[int, list[str]]:
    """Why each of `flags` may go, by primary key, in one query; those that may not are left out."""
    now = timezone.now()
    asked = {"fully": fully_on(now), "unasked": unasked(now), "past": expired(now)}
    shown = {name: ExpressionWrapper(found, output_field=BooleanField()) for name, found in asked.items()}
    rows = Flag.objects.filter(due(now), pk__in=[flag.pk for flag in flags]).annotate(**shown)
    words = {
        "fully": f"on for everybody for more than {AFTER.days} days",
        "unasked": f"not asked for within {AFTER.days} days",
    }
    return {
        row.pk: [
            *(text for name, text in words.items() if getattr(row, name)),
            *([f"past its date, {row.expires_on}"] if getattr(row, "past") else []),  # noqa: B009 - annotated
        ]
        for row in rows
    }
