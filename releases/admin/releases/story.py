"""The whole story of a release: what was done to it, to its deployments and to its plan, merged by time."""

from collections.abc import Sequence
from copy import copy
from dataclasses import replace

from django.db.models import Q
from django.http import HttpRequest

from operations.doors import timeline
from operations.doors.paging import Slice, slice_of
from operations.doors.timeline import Entry
from operations.models import AuditEvent
from releases.models import Deployment, Release
from rollout.admin import words as plan_words
from rollout.models import Plan

PLAN = Plan._meta.label_lower
DEPLOYMENT = Deployment._meta.label_lower
# What an event about a deployment is called after.
TOLD = frozenset({"release", "environment", "outcome"})


def of_release(request: HttpRequest, release: Release, deployments: Sequence[Deployment]) -> Slice:
    """One page of it, the newest first."""
    about = Q(subject_type=Release._meta.label_lower, subject_id=str(release.pk))
    return _page(request, about | _of_deployments(deployments))


def of_deployment(request: HttpRequest, deployment: Deployment) -> Slice:
    """What was done to a deployment and, while it ran, to its plan."""
    return _page(request, _of_deployments([deployment]))


def _of_deployments(deployments: Sequence[Deployment]) -> Q:
    found = Q(subject_type=DEPLOYMENT, subject_id__in=[str(each.pk) for each in deployments])
    plans = {str(each.plan_id) for each in deployments if each.plan_id}
    return found | Q(subject_type=PLAN, subject_id__in=plans) if plans else found


def _page(request: HttpRequest, about: Q) -> Slice:
    events = AuditEvent.objects.filter(about).select_related("reason").order_by("-id")
    page = slice_of(events, request, timeline.PAGE, timeline.PER_PAGE)
    return replace(page, object_list=[_entry(event) for event in page])


def _entry(event: AuditEvent) -> Entry:
    if event.subject_type == PLAN:
        return Entry(event, f"Rollout plan: {timeline.what(event).lower()}", plan_words.of_event(event))
    if event.subject_type == DEPLOYMENT:
        return Entry(event, f"{timeline.what(event)}: {event.subject}", of_event(event))
    return timeline.entry(event)


def of_event(event: AuditEvent) -> str:
    """Of a deployment's event, the facts that neither the action nor its subject tells; "" of any other."""
    if event.subject_type != DEPLOYMENT:
        return ""
    told = copy(event)
    told.data = {
        name: value
        for name, value in event.data.items()
        if name not in TOLD and (name, value) != ("attempt", 1)
    }
    return timeline.details(told)
