"""Contacts: whom each escalation level reaches, and how."""

from typing import Any

import pytest
from django.utils import timezone

from monitoring.alerts import contacts
from monitoring.models import Contact
from operations.errors import Forbidden, Invalid, Refused
from tests.builders import ROOT, a_person, acting
from tests.doors import events_after, last_event
from tests.monitoring.announcing_world import a_channel, a_contact

pytestmark = pytest.mark.django_db


def faults(**values: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        contacts.add(actor=ROOT, **{"level": 2, "name": "Grace", "phone": "+1-555-0100", **values})
    return refused.value.fields


def test_a_contact_is_added_changed_and_removed_and_the_trail_keeps_no_address() -> None:
    last = last_event()
    contact = contacts.add(
        actor=ROOT, level=2, name=" Grace ", email=" grace@example.org ", phone="+1-555-0100"
    )
    assert (contact.name, contact.email, contact.least_level) == ("Grace", "grace@example.org", "warning")
    contacts.change(contact, actor=ROOT, level=3, phone="", least_level="critical")
    contacts.change(contact, actor=ROOT, level=3)
    contacts.remove(contact, actor=ROOT)
    events = events_after(last)
    assert [(event.action, event.data) for event in events] == [
        ("contact.added", {"level": 2}),
        ("contact.changed", {"level": 3, "changed": ["least_level", "level", "phone"]}),
        ("contact.removed", {"level": 3}),
    ]
    assert "example.org" not in str([event.data for event in events])
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"level": 4}, ["level"]),
        ({"name": "  "}, ["name"]),
        ({"name": "x" * 101}, ["name"]),
        ({"email": "grace"}, ["email"]),
        ({"email": f"{'g' * 60}@{'e' * 60}.{'x' * 60}.{'y' * 60}.{'z' * 60}.org"}, ["email"]),
        ({"phone": "1" * 41}, ["phone"]),
        ({"phone": "1\n2"}, ["phone"]),
        ({"least_level": "fatal"}, ["least_level"]),
        ({"phone": ""}, ["email"]),
        ({"level": 0, "name": "", "phone": ""}, ["level", "name", "email"]),
    ],
)
def test_every_fault_is_named(values: dict[str, Any], fields: list[str]) -> None:
    assert list(faults(**values)) == fields


def test_a_level_has_a_name_once() -> None:
    a_contact(2, "Grace")
    a_contact(3, "Grace")
    assert faults() == {"name": "this level has a contact of this name already"}


def test_a_channel_must_take_messages_when_it_is_given() -> None:
    off = a_channel("off")
    contact = a_contact(1, "Ada", channel=off)
    off.disabled_at = timezone.now()
    off.save()
    assert faults(channel=off) == {"channel": "must be a channel that is not disabled"}
    assert contacts.change(contact, actor=ROOT, name="Ada L").name == "Ada L"


def test_somebody_who_can_only_be_reached_by_a_channel_keeps_one_way() -> None:
    contact = a_contact(1, "Ada", channel=a_channel())
    with pytest.raises(Invalid, match="give a mail address"):
        contacts.change(contact, actor=ROOT, channel=None)


def test_what_a_contact_does_not_have_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError, match="a contact has no mail"):
        contacts.change(a_contact(), actor=ROOT, mail="x@example.org")


def test_a_contact_that_is_gone_is_refused() -> None:
    contact = a_contact()
    contacts.remove(Contact.objects.get(), actor=ROOT)
    with pytest.raises(Refused, match="was removed before"):
        contacts.change(contact, actor=ROOT, name="x")
    with pytest.raises(Refused, match="was removed before"):
        contacts.remove(contact, actor=ROOT)


def test_only_administrators_change_contacts() -> None:
    contact = a_contact()
    manager = acting(a_person(group="Product manager"))
    for verb in (
        lambda: contacts.add(actor=manager, level=1, name="x", phone="1"),
        lambda: contacts.change(contact, actor=manager, name="x"),
        lambda: contacts.remove(contact, actor=manager),
    ):
        with pytest.raises(Forbidden):
            verb()
