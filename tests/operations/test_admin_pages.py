"""Every page of the admin opens for every group that may see it, and for nobody else."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from feedback.lifecycle import State
from feedback.models import CannedReply, Enhancement, Holiday, OpeningHours
from monitoring.models import Alert
from operations import channels, groups, keys, outbox, windows
from operations.models import ApiKey, AuditEvent, Backup, OutboxMessage, Window
from reports.models import Kpi, Report, RoiMonth
from rollout.models import Segment
from tests import builders
from tests.builders import ROOT
from tests.feedback import builders as tickets
from tests.monitoring import alert_states, seeds
from tests.releases import builders as shipping
from tests.releases.announcements import builders as announcements
from tests.reports import rows as reported

pytestmark = pytest.mark.django_db

PEOPLE = (*groups.ALL, "superuser")


@pytest.fixture
def everything() -> None:
    """At least one row behind every page."""
    plan = builders.a_plan_in_phase(1)
    seeds.a_check(plan)
    seeds.reviews(plan)
    Segment.objects.create(key="pilot", name="Pilot")
    keys.create("billing", ["read"], actor=ROOT)
    shipping.in_staging(shipping.a_release())
    announcements.announce()
    Backup.objects.create(
        name="20260101T000000Z-abcdef",
        engine=connection.vendor,
        created_at=timezone.now(),
        created_by="command:root",
        size=1,
        digest="0" * 64,
    )
    windows.plan("freeze", "Peak season", starts_at=timezone.now(), ends_at=None, actor=ROOT)
    outbox.put("mail", {"to": ["nobody@example.org"]})
    alert_states.many_of_each(1)
    for state in State:
        tickets.a_ticket_in(state)
    Enhancement.objects.create(name="Offline")
    CannedReply.objects.create(name="Thanks", body="Thank you.")
    Holiday.objects.create(day=timezone.localdate(), name="Today")
    channels.add(actor=ROOT, name="Team", kind="mail", address="team@example.org")
    reported.many(1)


def signed_in(group: str) -> Client:
    if group == "superuser":
        person = User.objects.create_superuser("root")
    else:
        person = builders.a_person("someone", group=group)
    client = Client()
    client.force_login(person)
    return client


def may(group: str, action: str, model: type[Model]) -> bool:
    person = User.objects.get(username="root" if group == "superuser" else "someone")
    # Whoever adds an alert raises it; whoever sets the hours changes the week; a new report is looked at.
    verbs = {
        ("add", Alert): "raise",
        ("add", OpeningHours): "change",
        ("add", Report): "view",
        ("add", RoiMonth): "view",
    }
    verb = verbs.get((action, model), action)
    return person.has_perm(f"{model._meta.app_label}.{verb}_{model._meta.model_name}")


def address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.mark.parametrize("group", PEOPLE)
def test_every_registered_page_opens_for_who_may_see_it_and_is_forbidden_to_others(
    group: str, everything: None
) -> None:
    client = signed_in(group)
    for model in admin.site._registry:
        allowed = may(group, "view", model) or may(group, "change", model)
        expected = 200 if allowed else 403
        assert client.get(address(model, "changelist")).status_code == expected, model
        row = model._default_manager.order_by("pk").first()
        assert row is not None, f"the test needs a row of {model}"
        assert client.get(address(model, "change", row.pk), follow=True).status_code == expected, model
        added = client.get(address(model, "add"), follow=True).status_code
        assert added in ((200, 403) if may(group, "add", model) else (403,)), model


@pytest.mark.parametrize("group", PEOPLE)
def test_the_front_page_and_the_navigation_open(group: str, everything: None) -> None:
    response = signed_in(group).get(reverse("admin:index"))
    page = response.content.decode()
    assert response.status_code == 200
    assert "Patient Engagement" in page
    assert "Peak season" in page
    assert ("API keys" in page) == (group in (groups.ADMINISTRATOR, "superuser"))


@pytest.mark.parametrize("group", groups.ALL)
def test_every_confirmation_page_opens_for_its_permission_only(group: str, everything: None) -> None:
    client = signed_in(group)
    person = User.objects.get(username="someone")
    for model, page in admin.site._registry.items():
        for operation in getattr(page, "operations", ()):
            row = model._default_manager.order_by("pk").first()
            query = {} if operation.creates or row is None else {"object": row.pk}
            if isinstance(row, Kpi):
                query = {"module": row.module.key, "key": row.key}
            response = client.get(address(model, "operate", operation.name), query)
            seen = person.has_perm(operation.permission) and page.has_view_permission(_request(person))
            assert response.status_code == (200 if seen else 403), (model, operation.name)


def _request(person: User) -> Any:
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    request.user = person
    return request


def test_nothing_changes_on_get(everything: None) -> None:
    client = signed_in("superuser")
    before, messages = AuditEvent.objects.count(), OutboxMessage.objects.count()
    for model, page in admin.site._registry.items():
        for operation in getattr(page, "operations", ()):
            row = model._default_manager.order_by("pk").first()
            client.get(address(model, "operate", operation.name), {"object": row.pk if row else ""})
    assert AuditEvent.objects.count() == before
    assert Window.objects.in_force().count() == 1
    assert ApiKey.objects.active().count() == 1
    assert OutboxMessage.objects.count() == messages


def test_who_is_not_signed_in_is_sent_to_the_login() -> None:
    for page in ("admin:index", "admin:rollout_plan_changelist"):
        assert "login" in Client().get(reverse(page)).headers["Location"]
