"""The trail, keys, windows, the outbox and people through the admin."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from operations import audit, keys, outbox
from operations.models import ApiKey, AuditEvent, OutboxMessage, Window
from rollout import phases
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> Client:
    client = Client()
    client.force_login(builders.a_person("ada"))
    return client


def operate(client: Client, model: str, operation: str, **data: Any) -> Any:
    return client.post(reverse(f"admin:operations_{model}_operate", args=[operation]), data, follow=True)


def test_a_key_is_shown_once_and_only_its_digest_is_kept(administrator: Client) -> None:
    response = operate(
        administrator, "apikey", "create", name="billing", kind="server", scopes=["read", "rollout"]
    )
    text = response.context["text"]
    assert "no-store" in response.headers["Cache-Control"]
    assert text in response.content.decode()
    key = keys.find(text)
    assert key is not None
    assert key.scopes == ["read", "rollout"]
    page = administrator.get(reverse("admin:operations_apikey_change", args=[key.pk])).content.decode()
    assert text not in page


def test_a_key_whose_name_is_taken_is_marked_at_the_field(administrator: Client) -> None:
    keys.create("billing", ["read"], actor=ROOT)
    response = operate(administrator, "apikey", "create", name="billing", kind="server", scopes=["read"])
    assert "is taken by another key" in response.content.decode()
    assert ApiKey.objects.count() == 1


def test_a_browser_key_is_made_from_lines_and_shown_with_them(administrator: Client) -> None:
    filled = {"name": "shop", "kind": "browser", "scopes": ["evaluate"]}
    response = operate(administrator, "apikey", "create", **filled, origins="https://*.example.org")
    assert "a browser key needs one module at least" in response.content.decode()
    assert "must be like https://app.example.org" in response.content.decode()
    response = operate(
        administrator,
        "apikey",
        "create",
        **filled,
        modules="patient_engagement, health\r\n",
        origins="https://app.example.org\r\nhttp://localhost:3000\r\n",
    )
    key = ApiKey.objects.get()
    assert (key.kind, key.modules) == ("browser", ["health", "patient_engagement"])
    assert key.origins == ["http://localhost:3000", "https://app.example.org"]
    page = administrator.get(reverse("admin:operations_apikey_change", args=[key.pk]))
    for shown in (response.content.decode(), page.content.decode()):
        assert "Browser" in shown
        assert "health, patient_engagement" in shown
        assert "http://localhost:3000, https://app.example.org" in shown
    listed = administrator.get(reverse("admin:operations_apikey_changelist")).content.decode()
    assert "Browser" in listed


def test_a_key_is_revoked_after_a_confirmation(administrator: Client) -> None:
    key, _ = keys.create("billing", ["read"], actor=ROOT)
    address = reverse("admin:operations_apikey_operate", args=["revoke"])
    assert administrator.get(address, {"object": key.pk}).status_code == 200
    key.refresh_from_db()
    assert key.is_active
    operate(administrator, "apikey", "revoke", object=f"{key.pk}:")
    key.refresh_from_db()
    assert not key.is_active


def test_a_window_is_planned_and_ended(administrator: Client) -> None:
    operate(administrator, "window", "plan", kind="freeze", title="Peak season")
    window = Window.objects.in_force().get()
    operate(administrator, "window", "end", object=f"{window.pk}:")
    assert not Window.objects.in_force().exists()
    again = operate(administrator, "window", "end", object=f"{window.pk}:")
    assert "nothing to end" in again.content.decode()


def test_a_window_that_ends_before_it_begins_is_marked(administrator: Client) -> None:
    response = operate(
        administrator, "window", "plan", kind="freeze", title="Peak", ends_at="2020-01-01T00:00"
    )
    assert "must lie after the start" in response.content.decode()


def test_a_dead_message_is_sent_again(administrator: Client) -> None:
    outbox.put("mail", {})
    message = OutboxMessage.objects.get()
    response = operate(administrator, "outboxmessage", "replay", object=f"{message.pk}:")
    assert "given up" in response.content.decode()
    OutboxMessage.objects.update(dead_at=timezone.now())
    operate(administrator, "outboxmessage", "replay", object=f"{message.pk}:")
    assert OutboxMessage.objects.waiting().count() == 1


def test_the_trail_is_searched_and_filtered(administrator: Client) -> None:
    phases.pause(builders.a_plan_in_phase(1), actor=ROOT, reason="errors")
    address = reverse("admin:operations_auditevent_changelist")
    assert "rollout.paused" in administrator.get(address).content.decode()
    found = administrator.get(address, {"action": "rollout.phase_run", "door": "command"}).content.decode()
    assert 'class="field-action' in found or "rollout.phase_run" in found
    assert "door=api" in found
    rows = administrator.get(address, {"q": "Patient"}).context["cl"].result_list
    assert {event.subject for event in rows} == {"Patient Engagement"}
    none = administrator.get(address, {"door": "api"}).context["cl"].result_list
    assert list(none) == []


def test_an_event_says_whether_it_is_sealed_and_its_reason_can_be_erased(administrator: Client) -> None:
    phases.pause(builders.a_plan_in_phase(1), actor=ROOT, reason="a name that must go")
    event = AuditEvent.objects.get(action="rollout.paused")
    address = reverse("admin:operations_auditevent_change", args=[event.pk])
    page = administrator.get(address).content.decode()
    assert "a name that must go" in page
    assert "has not chained this event yet" in page
    audit.seal()
    operate(administrator, "auditevent", "erase-reason", object=f"{event.pk}:")
    page = administrator.get(address).content.decode()
    assert "a name that must go" not in page
    assert "(erased)" in page
    assert not audit.verify().faults


def test_the_trail_cannot_be_changed_or_deleted_there(administrator: Client) -> None:
    builders.modules()
    event = AuditEvent.objects.latest("pk")
    for page in ("change", "delete"):
        address = reverse(f"admin:operations_auditevent_{page}", args=[event.pk])
        assert administrator.post(address, {"action": "other"}).status_code == 403


def test_adding_a_person_and_giving_a_group_leaves_audit_events_and_no_log_entries(
    administrator: Client,
) -> None:
    form = {"username": "grace", "password1": "a long enough one", "password2": "a long enough one"}
    administrator.post(reverse("admin:auth_user_add"), {**form, "usable_password": "true"})
    grace = User.objects.get(username="grace")
    assert grace.is_staff
    viewer = Group.objects.get(name="Viewer")
    data = {"username": "grace", "is_active": "on", "groups": [viewer.pk], "email": "grace@example.org"}
    administrator.post(reverse("admin:auth_user_change", args=[grace.pk]), data)
    assert list(grace.groups.all()) == [viewer]
    actions = AuditEvent.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["user.added", "user.changed"]
    assert AuditEvent.objects.latest("pk").data == {"changed": ["email", "groups"], "groups": ["Viewer"]}
    assert not LogEntry.objects.exists()


def test_a_password_that_is_set_leaves_an_audit_event(administrator: Client) -> None:
    grace = builders.a_person("grace", group="Viewer")
    form = {"password1": "a long enough one", "password2": "a long enough one", "usable_password": "true"}
    administrator.post(reverse("admin:auth_user_password_change", args=[grace.pk]), form)
    grace.refresh_from_db()
    assert grace.check_password("a long enough one")
    assert AuditEvent.objects.get(action="user.password_set").subject == "grace"


def test_nobody_makes_themself_a_superuser(administrator: Client) -> None:
    grace = builders.a_person("grace", group="Viewer")
    data = {"username": "grace", "is_active": "on", "is_superuser": "on", "groups": []}
    administrator.post(reverse("admin:auth_user_change", args=[grace.pk]), data)
    grace.refresh_from_db()
    assert not grace.is_superuser


def test_an_administrator_cannot_touch_a_superuser(administrator: Client) -> None:
    root = User.objects.create_superuser("root", password="their own")
    change = reverse("admin:auth_user_change", args=[root.pk])
    assert administrator.get(change).status_code == 200
    assert administrator.post(change, {"username": "mine"}).status_code == 403
    form = {"password1": "a long enough one", "password2": "a long enough one", "usable_password": "true"}
    address = reverse("admin:auth_user_password_change", args=[root.pk])
    assert administrator.post(address, form).status_code == 403
    root.refresh_from_db()
    assert root.check_password("their own")


def test_changing_the_own_password_leaves_an_audit_event() -> None:
    grace = builders.a_person("grace", group="Viewer")
    grace.set_password("the one before it")
    grace.save()
    client = Client()
    client.force_login(grace)
    new = {"new_password1": "a long enough one", "new_password2": "a long enough one"}
    address = reverse("admin:password_change")
    client.post(address, {"old_password": "wrong", **new})
    assert not AuditEvent.objects.exists()
    client.post(address, {"old_password": "the one before it", **new})
    event = AuditEvent.objects.get()
    assert (event.action, event.who, event.subject) == ("user.password_set", "admin:grace", "grace")
