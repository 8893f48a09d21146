"""The verbs of channels."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from monitoring.models import Contact, Route
from operations import channels
from operations.actor import Actor, Door
from operations.channel_states import newest_messages, state_of, with_states
from operations.channels import Note
from operations.errors import Forbidden, Invalid, NotFound, Refused
from operations.models import AuditEvent, Channel, OutboxMessage
from operations.outgoing import signing
from operations.receivers import apprise
from operations.tasks import deliver
from tests.builders import ROOT
from tests.operations.receiver import answer

pytestmark = pytest.mark.django_db

HOOK = "https://receiver.example.org/hooks/s3cr3t-path?token=s3cr3t"
NOTE = Note(subject="Slow", text="Answers take long.", event="alert.fired", data={"title": "Slow"})


def a_channel(kind: str = "mail", address: str = "team@example.org", name: str = "Team") -> Channel:
    return channels.add(actor=ROOT, name=name, kind=kind, address=address).channel


def faults(**values: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as raised:
        channels.add(actor=ROOT, **{"name": "Team", "kind": "mail", "address": "a@example.org", **values})
    return raised.value.fields


def test_a_webhooks_secret_is_told_once_and_stands_in_no_event() -> None:
    added = channels.add(actor=ROOT, name=" Hook ", kind="webhook", address=HOOK)
    assert added.secret == added.channel.secret
    assert added.secret.startswith("whsec_")
    assert added.channel.name == "Hook"
    channels.change(added.channel, actor=ROOT, address=f"{HOOK}2", name="Other")
    secret = channels.rotate(added.channel, actor=ROOT)
    channels.disable(added.channel, actor=ROOT, reason="moved")
    channels.enable(added.channel, actor=ROOT)
    channels.test(added.channel, actor=ROOT)
    channels.remove(added.channel, actor=ROOT)
    events = list(AuditEvent.objects.filter(subject_type="operations.channel").order_by("id"))
    assert [each.action.removeprefix("channel.") for each in events] == [
        "added",
        "changed",
        "rotated",
        "disabled",
        "enabled",
        "tested",
        "removed",
    ]
    assert events[0].data == {"kind": "webhook", "address": "https://receiver.example.org/…"}
    for event in events:
        assert not any(each in str(event.data) for each in ("s3cr3t", added.secret[6:], secret[6:]))


def test_the_other_kinds_have_no_secret() -> None:
    assert channels.add(actor=ROOT, name="Team", kind="mail", address="a@example.org").secret == ""


@pytest.mark.parametrize(
    ("values", "field", "rule"),
    [
        ({"name": ""}, "name", "must have 1 to 100"),
        ({"name": "a" * 101}, "name", "must have 1 to 100"),
        ({"name": "a\nb"}, "name", "printable"),
        ({"name": "Taken"}, "name", "'Taken' is taken by another channel"),
        ({"kind": "pigeon"}, "kind", "must be one of mail, apprise, webhook"),
        ({"address": ""}, "address", "must hold 1 to 20 mail addresses"),
        ({"address": "a@example.org, b"}, "address", "'b' is no mail address"),
        ({"address": "a@example.org\r\nBcc: b@example.org"}, "address", "is no mail address"),
        ({"address": ",".join(f"a{n}@example.org" for n in range(21))}, "address", "1 to 20"),
        ({"address": "a" * 1001}, "address", "at most 1000 characters"),
        ({"kind": "webhook", "address": "ftp://example.org"}, "address", "begins with https://"),
        ({"kind": "webhook", "address": "https://a:b@example.org"}, "address", "user or a password"),
    ],
)
def test_what_breaks_a_rule_is_said_by_its_field(values: dict[str, str], field: str, rule: str) -> None:
    a_channel(name="Taken")
    found = faults(**values)
    assert list(found) == [field]
    assert rule in found[field]


def test_mail_addresses_are_kept_once_each() -> None:
    assert a_channel(address=" a@example.org ,b@example.org,\na@example.org").address == (
        "a@example.org, b@example.org"
    )


def test_a_change_leaves_what_it_does_not_name() -> None:
    channel = a_channel()
    assert channels.change(channel, actor=ROOT, name="Team").address == "team@example.org"
    assert channels.change(channel, actor=ROOT, address="other@example.org").name == "Team"
    a_channel(name="Taken")
    with pytest.raises(Invalid) as raised:
        channels.change(channel, actor=ROOT, name="Taken", address="nobody")
    assert set(raised.value.fields) == {"name", "address"}


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_while_an_address_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    def clean(address: str) -> str:
        assert not connection.in_atomic_block
        return address

    monkeypatch.setattr(apprise, "clean", clean)
    channel = a_channel("apprise", "gotifys://chat.example.org/token")
    channels.change(channel, actor=ROOT, address="gotifys://chat.example.org/other")


def test_each_verb_has_its_permission() -> None:
    channel = a_channel("webhook", HOOK)
    nobody = Actor(door=Door.API, label="product", grants=frozenset({"operations.view_channel"}))
    for verb in (
        lambda: channels.add(actor=nobody, name="A", kind="mail", address="a@example.org"),
        lambda: channels.change(channel, actor=nobody, name="A"),
        lambda: channels.rotate(channel, actor=nobody),
        lambda: channels.disable(channel, actor=nobody, reason="r"),
        lambda: channels.enable(channel, actor=nobody),
        lambda: channels.remove(channel, actor=nobody),
        lambda: channels.test(channel, actor=nobody),
    ):
        with pytest.raises(Forbidden):
            verb()


def test_the_old_secret_signs_until_its_time_is_over() -> None:
    channel = a_channel("webhook", HOOK)
    old, now = channel.secret, timezone.now()
    new = channels.rotate(channel, actor=ROOT, keep_old_for=timedelta(hours=1))
    channel.refresh_from_db()
    assert channel.secrets_at(now) == (new, old)
    assert channel.secrets_at(now + timedelta(hours=2)) == (new,)
    last = channels.rotate(channel, actor=ROOT, keep_old_for=timedelta(0))
    channel.refresh_from_db()
    assert channel.secrets_at(now) == (last,)
    for wrong in (timedelta(seconds=-1), timedelta(days=31)):
        with pytest.raises(Invalid, match="0 to 30 days"):
            channels.rotate(channel, actor=ROOT, keep_old_for=wrong)


def test_only_webhooks_have_a_secret_to_rotate() -> None:
    with pytest.raises(Refused, match="only webhooks are signed"):
        channels.rotate(a_channel(), actor=ROOT)


def test_a_disabled_channel_takes_nothing_until_it_is_enabled() -> None:
    channel = a_channel()
    with pytest.raises(Refused, match="is enabled"):
        channels.enable(channel, actor=ROOT)
    with pytest.raises(Invalid, match="reason"):
        channels.disable(channel, actor=ROOT, reason=" ")
    channels.disable(channel, actor=ROOT, reason="vacation")
    for verb in (channels.test, lambda each, actor: channels.disable(each, actor=actor, reason="again")):
        with pytest.raises(Refused, match="is disabled"):
            verb(channel, actor=ROOT)
    message = channels.send(channel, NOTE)
    deliver()
    message.refresh_from_db()
    assert (message.state, message.last_error) == ("dead", "The channel Team is disabled.")
    assert channels.enable(channel, actor=ROOT).disabled_why == ""


def test_what_waits_for_a_removed_channel_is_given_up() -> None:
    channel = a_channel()
    message = channels.send(channel, NOTE)
    channels.remove(channel, actor=ROOT)
    deliver()
    message.refresh_from_db()
    assert (message.state, message.last_error) == ("dead", "The channel was removed.")
    with pytest.raises(NotFound):
        channels.remove(channel, actor=ROOT)


def test_a_channel_that_a_route_or_a_contact_uses_stays() -> None:
    channel = a_channel()
    Route.objects.create(name="All", channel=channel, levels=["critical"])
    Contact.objects.create(level=2, name="Ada", channel=channel)
    with pytest.raises(Refused, match=r"is used by the contact .*Ada.*, the route All: change or remove"):
        channels.remove(channel, actor=ROOT)
    assert Channel.objects.get() == channel
    assert not AuditEvent.objects.filter(action="channel.removed").exists()


def test_a_note_is_put_once_for_a_key_and_into_its_lane() -> None:
    channel = a_channel()
    first = channels.send(channel, NOTE, key="alert:1")
    assert channels.send(channel, NOTE, key="alert:1").pk == first.pk
    assert first.lane == f"channel:{channel.pk}"
    assert channels.send_mail("Ada@Example.org", NOTE).lane == "mail:ada@example.org"


def test_the_lane_of_a_long_mail_address_fits_and_is_its_own() -> None:
    lanes = {channels.mail_lane(f"{'a' * 60}{number}@example.org") for number in range(9)}
    assert len(lanes) == 9
    assert all(len(each) <= 60 for each in lanes)


def test_a_channel_says_how_it_fares(receive: Any) -> None:
    channel = a_channel("webhook", receive(answer(500, "no"), answer(500), answer(204)).url)

    def state() -> tuple[str, str]:
        found = state_of(with_states(Channel.objects.all()).get())
        return found.word, found.why

    assert state() == ("new", "")
    first = channels.send(channel, NOTE)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for words in ("The receiver answered 500: no", "The receiver answered 500."):
            deliver()
            assert state() == ("failing", words)
            clock.shift(timedelta(hours=1))
        deliver()
    assert state() == ("works", "")
    OutboxMessage.objects.filter(pk=first.pk).update(
        dead_at=timezone.now(), delivered_at=None, last_error="x"
    )
    assert state() == ("failing", "x")
    channels.send(channel, NOTE)
    deliver()
    assert state() == ("works", "")
    channels.disable(channel, actor=ROOT, reason="moved")
    assert state() == ("disabled", "moved")
    assert [each.state for each in newest_messages(channel)] == ["delivered", "dead"]


def test_a_secret_has_the_length_that_the_standard_asks_for() -> None:
    secrets = {signing.new_secret() for _ in range(20)}
    assert len(secrets) == 20
    assert {len(each) for each in secrets} == {50}
