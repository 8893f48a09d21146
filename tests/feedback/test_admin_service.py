"""Hours, holidays, targets and canned replies in the admin: who sets them, and from when they hold."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from feedback.models import CannedReply, Holiday, OpeningHours, ServiceTarget
from feedback.service import replies
from operations.groups import ADMINISTRATOR, ALL, SUPPORT
from rollout.models import Workspace
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db

MODELS = ("openinghours", "holiday", "servicetarget", "cannedreply")
WEEK = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday"), "9-17")


@pytest.fixture
def administrator() -> Client:
    return builders.signed_in(ADMINISTRATOR)


def operation(model: str, name: str) -> str:
    return reverse(f"admin:feedback_{model}_operate", args=[name])


def get(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def post(client: Client, model: str, name: str, /, **inputs: Any) -> str:
    response = client.post(operation(model, name), inputs, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def the_list(client: Client, model: str) -> str:
    return get(client, reverse(f"admin:feedback_{model}_changelist"))


def the_week() -> dict[int, tuple[int, int]]:
    return {row.weekday: (row.opens, row.closes) for row in OpeningHours.objects.all()}


@pytest.mark.parametrize("group", ALL)
def test_everybody_sees_the_service_and_only_some_change_it(group: str) -> None:
    client = builders.signed_in(group)
    reply = replies.add("Thanks", "Thank you, {reporter}.", actor=ROOT)
    administers, answers = group == ADMINISTRATOR, group in (ADMINISTRATOR, SUPPORT)
    for model in MODELS:
        assert client.get(reverse(f"admin:feedback_{model}_changelist")).status_code == 200
    target = ServiceTarget.objects.get(severity="high")
    pages: list[tuple[str, bool]] = [
        (operation("openinghours", "set"), administers),
        (operation("holiday", "add"), administers),
        (operation("holiday", "add-public"), administers),
        (f"{operation('servicetarget', 'change')}?object={target.pk}", administers),
        (operation("cannedreply", "add"), answers),
        (f"{operation('cannedreply', 'change')}?object={reply.pk}", answers),
        (f"{operation('cannedreply', 'remove')}?object={reply.pk}", answers),
    ]
    for address, may in pages:
        assert client.get(address).status_code == (200 if may else 403), address


@pytest.mark.parametrize("model", ["openinghours", "holiday", "servicetarget"])
def test_each_page_says_that_it_holds_from_now_on(administrator: Client, model: str) -> None:
    assert "holds for tickets that come in from now on" in the_list(administrator, model)


def test_the_week_is_shown_as_it_is_and_set_as_a_whole(administrator: Client) -> None:
    assert "Closed on <strong>Saturday and Sunday</strong>" in the_list(administrator, "openinghours")
    form = get(administrator, operation("openinghours", "set"))
    assert form.count('value="09:00 to 17:00"') == 5
    text = post(
        administrator, "openinghours", "set", **WEEK, saturday="10:00 – 12:30", sunday="0:00 to 24:00"
    )
    assert "The opening hours are set." in text
    assert "Closed on <strong>Friday</strong>" in text
    days = dict.fromkeys(range(4), (540, 1020))
    assert the_week() == {**days, 5: (600, 750), 6: (0, 1440)}


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"monday": "nine to five"}, "Write it as 09:00 to 17:00."),
        ({"monday": "9:70-17"}, "Write it as 09:00 to 17:00."),
        ({"monday": "17-9"}, "must open before it closes"),
        ({"monday": "9-25"}, "must open before it closes"),
        ({}, "the week must be open for an hour or more"),
    ],
)
def test_a_week_that_makes_no_sense_is_explained(
    administrator: Client, inputs: dict[str, str], said: str
) -> None:
    before = the_week()
    assert said in post(administrator, "openinghours", "set", **inputs)
    assert the_week() == before


def test_a_target_is_set_in_hours(administrator: Client) -> None:
    target = ServiceTarget.objects.get(severity="critical")
    page = get(administrator, f"{operation('servicetarget', 'change')}?object={target.pk}")
    assert 'value="8"' in page
    text = post(
        administrator,
        "servicetarget",
        "change",
        object=f"{target.pk}:",
        first_response="0.25",
        resolution="1.5",
    )
    assert "Critical: answered within 15 min, resolved within 1 h 30 min." in text
    target.refresh_from_db()
    assert (target.first_response, target.resolution) == (15, 90)
    severities = the_list(administrator, "servicetarget")
    assert severities.index("Critical") < severities.index("High") < severities.index("Low")


def test_a_target_that_cannot_be_is_explained(administrator: Client) -> None:
    target = ServiceTarget.objects.get(severity="low")
    given = {"object": f"{target.pk}:", "first_response": "8", "resolution": "4"}
    text = post(administrator, "servicetarget", "change", **given)
    assert "be shorter than the time to the first response" in text


def test_holidays_are_added_one_by_one_or_by_the_country_and_removed(administrator: Client) -> None:
    builders.workspaces(["W1"])
    Workspace.objects.update(region="England")
    given = {"day": "2026-12-24", "name": "Christmas Eve", "region": "England"}
    assert "2026-12-24 Christmas Eve is a holiday." in post(administrator, "holiday", "add", **given)
    assert "is a holiday there already" in post(administrator, "holiday", "add", **given)
    country = {"country": "GB", "subdivision": "ENG", "year": "2026", "region": "England"}
    assert "holidays are added: New Year" in post(administrator, "holiday", "add-public", **country)
    assert "All of them are holidays already." in post(administrator, "holiday", "add-public", **country)
    count = Holiday.objects.count()
    eve = Holiday.objects.get(name="Christmas Eve")
    assert "no holiday any more" in post(administrator, "holiday", "remove", object=f"{eve.pk}:")
    assert Holiday.objects.count() == count - 1
    assert "Christmas Day" in get(administrator, f"{reverse('admin:feedback_holiday_changelist')}?year=2026")


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("add", {"day": "2026-12-24", "name": "Eve", "region": "Engalnd"}, "Select a valid choice"),
        ("add-public", {"country": "XX", "year": "2026"}, "must be the ISO code of a country"),
        ("add-public", {"country": "GB", "subdivision": "X", "year": "2026"}, "must be one of: ENG, NIR"),
    ],
)
def test_a_holiday_that_would_close_nothing_is_refused(
    administrator: Client, name: str, given: dict[str, str], said: str
) -> None:
    assert said in post(administrator, "holiday", name, **given)
    assert not Holiday.objects.exists()


def test_a_reply_is_written_shown_as_it_will_read_and_removed() -> None:
    support = builders.signed_in(SUPPORT)
    given = {"name": "Thanks", "text": "Hello {reporter},\r\nyour {reference} is fixed in {version}. <b>"}
    assert "The reply “Thanks” is added." in post(support, "cannedreply", "add", **given)
    reply = CannedReply.objects.get()
    assert reply.body == "Hello {reporter},\nyour {reference} is fixed in {version}. <b>"
    page = get(support, reverse("admin:feedback_cannedreply_change", args=[reply.pk]))
    assert "Hello Mary,<br>your FB-1042 is fixed in 2.4.1. &lt;b&gt;" in page
    one = {"object": f"{reply.pk}:"}
    wrong = {**one, "name": "Thanks", "text": "Dear {name}"}
    assert "{name}: no such variable; there are {reporter}" in post(support, "cannedreply", "change", **wrong)
    assert "is changed" in post(support, "cannedreply", "change", **{**wrong, "text": "Dear {reporter}"})
    assert "is removed" in post(support, "cannedreply", "remove", **one)
    assert not CannedReply.objects.exists()


@pytest.mark.parametrize("model", MODELS)
def test_the_lists_ask_for_the_same_whatever_the_number(
    administrator: Client, model: str, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(30):
        replies.add(f"Reply {number}", "Hello", actor=ROOT)
        Holiday.objects.create(day=f"2026-01-{number + 1:02}", name="Off")
    the_list(administrator, model)
    with django_assert_max_num_queries(15):
        the_list(administrator, model)
