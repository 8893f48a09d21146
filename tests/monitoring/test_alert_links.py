"""The link of an alert's message: opening it changes nothing, and it opens this one alert for a week."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from monitoring.alerts import links
from monitoring.models import Alert
from operations.models import AuditEvent
from operations.signed_links import SEPARATOR, BadLink
from tests.monitoring import alarms

pytestmark = pytest.mark.django_db

TO = "Slack on call"


@pytest.fixture
def alert() -> Alert:
    return alarms.raised(
        summary="Orders are missing", affected="12 pharmacies", advice="Restore the backup", title="Data lost"
    )


def path_of(alert: Alert) -> str:
    return links.link_of(alert, TO).removeprefix("https://portal.example.org")


def answer(alert: Alert, button: str = "acknowledge", **fields: str) -> tuple[int, str]:
    """Press a button of the page; the status, and the page that is there then."""
    response = Client().post(path_of(alert), {"name": "Ada", **fields, button: ""}, follow=True)
    return response.status_code, response.content.decode()


def test_a_link_is_absolute_and_names_the_alert_and_its_receiver(alert: Alert) -> None:
    link = links.link_of(alert, TO)
    assert re.fullmatch(r"https://portal\.example\.org/alerts/[\w.-]+", link)
    assert links.read(link.rpartition("/")[2]) == (alert, TO)


def test_a_token_that_was_changed_is_refused(alert: Alert) -> None:
    token = path_of(alert).rpartition("/")[2]
    for wrong in (token[:-1], token.swapcase(), f"{token}x", "x", "1.2.3", SEPARATOR * 3):
        with pytest.raises(BadLink):
            links.read(wrong)


def test_a_link_is_good_for_seven_days_and_says_so_after(alert: Alert, client: Client) -> None:
    path = path_of(alert)
    with time_machine.travel(timezone.now() + timedelta(days=6, hours=23)):
        assert client.get(path).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=7, hours=1)):
        expired = client.get(path)
        assert client.post(path, {"name": "Ada", "acknowledge": ""}).status_code == 410
    assert expired.status_code == 410
    assert f"/admin/monitoring/alert/{alert.pk}/change/" in expired.content.decode()
    assert alarms.again(alert).acknowledged_at is None


def test_the_link_of_an_alert_that_is_gone_says_that_there_is_nothing(alert: Alert, client: Client) -> None:
    path = path_of(alert)
    alert.delete()
    assert client.get(path).status_code == 404


def test_opening_the_link_shows_the_alert_and_changes_nothing(alert: Alert, client: Client) -> None:
    before, events = alarms.again(alert).__dict__, AuditEvent.objects.count()
    for response in (client.get(path_of(alert)), client.head(path_of(alert))):
        assert response.status_code == 200
        assert response["Cache-Control"] == "no-store"
        assert response["X-Robots-Tag"] == "noindex"
        assert response["Referrer-Policy"] == "same-origin"
    page = client.get(path_of(alert)).content.decode()
    for text in ("Critical", "Data lost", "Orders are missing", "12 pharmacies", "Restore the backup", "Due"):
        assert text in page
    assert "Nobody has acknowledged it yet" in page
    after = alarms.again(alert).__dict__
    assert {**after, "_state": None} == {**before, "_state": None}
    assert AuditEvent.objects.count() == events


def test_the_page_asks_no_other_host_and_holds_no_script(alert: Alert, client: Client) -> None:
    page = client.get(path_of(alert)).content.decode()
    assert not re.search(r'(src|href|action)="(?!/)', page)
    assert "<script" not in page
    assert "style=" not in page


def test_acknowledging_notes_who_and_through_which_link(alert: Alert) -> None:
    status, page = answer(alert, name="  Ada \n Lovelace ", note="Looking")
    assert status == 200
    found = alarms.again(alert)
    assert found.acknowledged_at is not None
    assert "Ada Lovelace" in found.acknowledged_by
    assert "by Ada Lovelace." in page
    assert "Looking" in page
    assert 'name="acknowledge"' not in page
    event = AuditEvent.objects.get(action="alert.acknowledged")
    assert (event.door, event.actor, event.on_behalf_of) == ("api", f"link:{TO}", "Ada Lovelace")
    assert event.reason.text == "Looking"


def test_a_note_responds_and_acknowledges(alert: Alert) -> None:
    status, page = answer(alert, "respond", note="Restoring <b>now</b>")
    assert status == 200
    assert "Restoring &lt;b&gt;now&lt;/b&gt;" in page
    found = alarms.again(alert)
    assert found.responded_at is not None
    assert found.acknowledged_at is not None


@pytest.mark.parametrize(
    ("button", "fields"),
    [
        ("acknowledge", {"name": ""}),
        ("acknowledge", {"name": " \t"}),
        ("acknowledge", {"name": "A" * 101}),
        ("acknowledge", {"name": "A\0"}),
        ("acknowledge", {"note": "n" * 2_001}),
    ],
)
def test_what_is_missing_or_too_long_is_said(alert: Alert, button: str, fields: dict[str, str]) -> None:
    status, page = answer(alert, button, **fields)
    assert status == 400
    assert 'aria-invalid="true"' in page
    assert alarms.again(alert).acknowledged_at is None


def test_a_response_without_a_note_is_refused_in_words(alert: Alert) -> None:
    status, page = answer(alert, "respond")
    assert status == 400
    assert "Say what is being done." in page


def test_no_link_gets_into_the_log(alert: Alert, caplog: pytest.LogCaptureFixture) -> None:
    answer(alert)
    assert [answer(alert)[0], answer(alert, "respond")[0]] == [409, 400]
    assert "/alerts/" not in caplog.text


def test_who_comes_second_hears_who_was_first(alert: Alert) -> None:
    answer(alert, name="Ada")
    status, page = answer(alert, name="Grace")
    assert status == 409
    assert "was acknowledged by" in page
    assert "Ada" in page


def test_the_page_says_when_the_answer_is_overdue(alert: Alert, client: Client) -> None:
    assert "overdue" not in client.get(path_of(alert)).content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert "overdue" in client.get(path_of(alert)).content.decode()


def test_what_is_resolved_can_only_be_read(alert: Alert, client: Client) -> None:
    Alert.objects.filter(pk=alert.pk).update(
        resolved_at=timezone.now(), next_at=None, due_at=None, acknowledged_at=timezone.now()
    )
    page = client.get(path_of(alert)).content.decode()
    assert "It is over" in page
    assert "<form" not in page
    assert answer(alert)[0] == 409


def test_nothing_else_can_be_done_with_a_link(alert: Alert, client: Client) -> None:
    path = path_of(alert)
    for method in (client.put, client.delete, client.patch):
        assert method(path).status_code == 405
    assert client.get(f"/admin/monitoring/alert/{alert.pk}/change/").status_code == 302


def test_a_form_of_another_site_is_refused(alert: Alert) -> None:
    strict = Client(enforce_csrf_checks=True)
    path = path_of(alert)
    assert strict.post(path, {"name": "Eve", "acknowledge": ""}).status_code == 403
    page = strict.get(path).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    sent = {"name": "Ada", "acknowledge": "", "csrfmiddlewaretoken": token[1]}
    assert strict.post(path, sent, HTTP_ORIGIN="https://evil.example").status_code == 403
    assert strict.post(path, sent).status_code == 302


def test_guessing_is_slowed_down_and_those_who_were_sent_a_link_are_not(alert: Alert, client: Client) -> None:
    found = [client.get(f"/alerts/guess{number}").status_code for number in range(21)]
    assert found == [404] * 20 + [429]
    assert int(client.get("/alerts/guess")["Retry-After"]) >= 1
    assert client.get(path_of(alert)).status_code == 200


def test_one_link_cannot_flood_an_alert(alert: Alert) -> None:
    found = [answer(alert, "respond", note="Again")[0] for _ in range(31)]
    assert found == [200] * 30 + [429]


def test_people_who_are_signed_in_answer_by_the_name_they_type(alert: Alert, admin_user: User) -> None:
    client = Client()
    client.force_login(admin_user)
    client.post(path_of(alert), {"name": "Ada", "acknowledge": ""})
    event = AuditEvent.objects.get(action="alert.acknowledged")
    assert (event.user_id, event.on_behalf_of) == (None, "Ada")
