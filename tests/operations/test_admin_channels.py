"""Channels, and their messages, through the admin."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from operations import channels, groups
from operations.models import Channel, OutboxMessage
from operations.tasks import deliver
from tests import builders
from tests.builders import ROOT
from tests.operations.receiver import answer

pytestmark = pytest.mark.django_db

HOOK = "https://receiver.example.org/s3cr3t"


@pytest.fixture
def administrator() -> Client:
    return builders.signed_in(groups.ADMINISTRATOR)


def operate(client: Client, operation: str, channel: Channel | None = None, **data: Any) -> Any:
    address = reverse("admin:operations_channel_operate", args=[operation])
    target = {"object": f"{channel.pk}:"} if channel else {}
    return client.post(address, {**target, **data}, follow=True)


def page_of(client: Client, channel: Channel) -> str:
    response = client.get(reverse("admin:operations_channel_change", args=[channel.pk]))
    return str(response.content.decode())


def a_webhook(address: str = HOOK) -> Channel:
    return channels.add(actor=ROOT, name="Hook", kind="webhook", address=address).channel


def test_a_webhooks_secret_is_shown_once(administrator: Client) -> None:
    response = operate(administrator, "add", name="Hook", kind="webhook", address=HOOK)
    channel = Channel.objects.get()
    assert response.context["secret"] == channel.secret
    assert channel.secret in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    response = operate(administrator, "rotate", channel, keep_old_for="24")
    old, secret = channel.secret, response.context["secret"]
    assert "Signs as well for 1 day" in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    shown = page_of(administrator, channel)
    assert "Old secret until" in shown
    for hidden in (old[6:], secret[6:], "s3cr3t"):
        assert hidden not in shown


def test_an_old_secret_that_leaked_signs_no_more(administrator: Client) -> None:
    channel = a_webhook()
    response = operate(administrator, "rotate", channel, keep_old_for="0")
    assert "Signs as well" not in response.content.decode()
    channel.refresh_from_db()
    assert channel.old_secret == ""


def test_a_bad_address_is_marked_at_its_field(administrator: Client) -> None:
    response = operate(administrator, "add", name="Team", kind="mail", address="nobody")
    assert "&#x27;nobody&#x27; is no mail address" in response.content.decode()
    assert not Channel.objects.exists()


def test_an_address_that_is_left_empty_stays(administrator: Client) -> None:
    channel = a_webhook()
    operate(administrator, "change", channel, name="Other", address="")
    channel.refresh_from_db()
    assert (channel.name, channel.address) == ("Other", HOOK)


def test_a_channel_is_disabled_enabled_and_removed(administrator: Client) -> None:
    channel = a_webhook()
    operate(administrator, "disable", channel, reason="vacation")
    shown = page_of(administrator, channel)
    assert "vacation" in shown
    assert "Send test" not in shown
    operate(administrator, "enable", channel)
    assert "vacation" not in page_of(administrator, channel).split("Timeline")[0]
    response = operate(administrator, "remove", channel)
    assert "The channel Hook is removed." in response.content.decode()
    assert not Channel.objects.exists()


def test_its_page_shows_whether_a_test_arrived_and_offers_to_send_it_again(
    administrator: Client, receive: Any
) -> None:
    receiver = receive(answer(500, "no"), answer(200))
    channel = a_webhook(receiver.url)
    operate(administrator, "test", channel)
    deliver()
    shown = page_of(administrator, channel)
    assert "The receiver answered 500: no" in shown
    assert "Failing" in shown
    assert "Send again" not in shown
    OutboxMessage.objects.update(due_at=timezone.now())
    deliver()
    shown = page_of(administrator, channel)
    message = OutboxMessage.objects.get()
    address = reverse("admin:operations_outboxmessage_operate", args=["replay"])
    assert f"{address}?object={message.pk}" in shown
    assert "Works" in shown
    administrator.post(address, {"object": f"{message.pk}:"})
    deliver()
    assert len({request.headers["webhook-id"] for request in receiver.got}) == 1
    assert len(receiver.got) == 3


def test_who_may_not_see_the_outbox_sees_the_state_alone(receive: Any) -> None:
    channel = a_webhook(receive(answer(500)).url)
    channels.test(channel, actor=ROOT)
    deliver()
    shown = page_of(builders.signed_in(groups.SUPPORT, "grace"), channel)
    assert "Failing" in shown
    assert ("Newest messages" in shown) == builders.a_person("grace", group=groups.SUPPORT).has_perm(
        "operations.view_outboxmessage"
    )
    assert "Send test" not in shown


def test_the_outbox_is_read_by_channel(administrator: Client) -> None:
    first, second = (
        a_webhook(),
        channels.add(actor=ROOT, name="B", kind="mail", address="b@example.org").channel,
    )
    for channel in (first, second):
        channels.test(channel, actor=ROOT)
    note = channels.Note(subject="Ada alone", text="", event="alert.fired", data={})
    channels.send_mail("ada@example.org", note)
    address = reverse("admin:operations_outboxmessage_changelist")

    def subjects(**query: str) -> list[str]:
        rows = administrator.get(address, query).context["cl"].result_list
        return sorted(str(row.channel_name or row.payload["subject"]) for row in rows)

    assert subjects() == ["Ada alone", "B", "Hook"]
    assert subjects(lane=channels.lane_of(first)) == ["Hook"]
    assert subjects(lane="mail:ada@example.org") == ["Ada alone"]
    assert subjects(lane=channels.lane_of(second), state="dead") == []
