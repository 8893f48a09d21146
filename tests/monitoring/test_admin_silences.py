"""Silences in the admin: who may make them, what they cover, how long they last, how they end."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from monitoring.alerts import silencing
from monitoring.models import Silence
from operations.groups import ALL, SUPPORT, VIEWER
from tests import builders
from tests.builders import ROOT
from tests.monitoring import alert_states as states

pytestmark = pytest.mark.django_db

LIST = "admin:monitoring_silence_changelist"


@pytest.fixture
def manager() -> Client:
    return builders.signed_in("Product manager")


def operate(name: str, model: str = "silence") -> str:
    return reverse(f"admin:monitoring_{model}_operate", args=[name])


def add(client: Client, **inputs: Any) -> str:
    response = client.post(operate("add"), {"lasts": "4", "reason": "Known", **inputs}, follow=True)
    return response.content.decode()


@pytest.mark.parametrize("group", ALL)
def test_everybody_sees_silences_and_managers_make_them(group: str) -> None:
    silence = silencing.silence(
        actor=ROOT, level="warning", until=timezone.now() + timedelta(hours=1), reason="Known"
    )
    client = builders.signed_in(group)
    assert "Warning alerts" in client.get(reverse(LIST)).content.decode()
    page = client.get(reverse("admin:monitoring_silence_change", args=[silence.pk])).content.decode()
    may = group not in (VIEWER, SUPPORT)
    assert (operate("end") in page) is may
    assert client.get(operate("add")).status_code == (200 if may else 403)


def test_the_preview_says_how_many_open_alerts_it_would_cover(manager: Client) -> None:
    states.a_storm(12)
    states.raised("Data is lost", "critical")
    first = manager.get(operate("add")).content.decode()
    assert "It covers" not in first
    inputs = {"lasts": "4", "level": "warning", "reason": "", "_preview": "1"}
    text = manager.post(operate("add"), inputs).content.decode()
    assert "It covers 12 open alerts" in text
    assert "These are the first 10." in text
    assert "Data is lost" not in text
    assert not Silence.objects.exists()


@pytest.mark.parametrize(("lasts", "hours"), [("1", 1), ("4", 4), ("24", 24)])
def test_it_lasts_as_long_as_was_chosen(manager: Client, lasts: str, hours: int) -> None:
    assert "is silenced until" in add(manager, level="info", lasts=lasts)
    silence = Silence.objects.get()
    assert silence.ends_at - silence.starts_at == pytest.approx(
        timedelta(hours=hours), abs=timedelta(seconds=5)
    )
    assert (silence.created_by, silence.reason) == ("admin:ada", "Known")


def test_it_may_begin_later_and_end_at_a_time(manager: Client) -> None:
    builders.modules()
    begins, ends = (timezone.localtime() + timedelta(days=days) for days in (1, 2))
    inputs = {"starts_at": f"{begins:%Y-%m-%dT%H:%M}", "lasts": "until", "until": f"{ends:%Y-%m-%dT%H:%M}"}
    add(manager, module=builders.module().pk, **inputs)
    silence = Silence.objects.get()
    assert silence.state == "planned"
    assert silence.ends_at - silence.starts_at == timedelta(days=1)
    assert manager.get(reverse(LIST), {"state": "planned"}).context["cl"].result_count == 1
    assert manager.get(reverse(LIST), {"state": "force"}).context["cl"].result_count == 0


def test_a_time_that_is_missing_or_past_is_marked_at_its_field(manager: Client) -> None:
    assert "Choose a time." in add(manager, level="info", lasts="until")
    assert "in the future" in add(manager, level="info", lasts="until", until="2020-01-01T00:00")
    assert not Silence.objects.exists()


def test_one_of_everything_is_not_offered(manager: Client) -> None:
    assert "a silence of everything would hide everything" in add(manager)
    assert not Silence.objects.exists()


def test_it_is_ended_before_its_time(manager: Client) -> None:
    add(manager, level="info")
    silence = Silence.objects.get()
    answer = manager.post(operate("end"), {"object": f"{silence.pk}:"}, follow=True).content.decode()
    assert "is over. What still holds is told now." in answer
    assert manager.get(reverse(LIST)).context["cl"].result_count == 0
    assert manager.get(reverse(LIST), {"state": "over"}).context["cl"].result_count == 1


def test_an_alert_alone_is_silenced_from_its_page(manager: Client) -> None:
    alert = states.measured("disk")
    inputs = {"object": f"{alert.pk}:", "lasts": "24", "reason": "New disk tomorrow"}
    answer = manager.post(operate("silence", "alert"), inputs, follow=True).content.decode()
    assert "is silenced until" in answer
    assert Silence.objects.get().fingerprint == alert.fingerprint
