"""Contacts: whom each escalation level reaches, and how.

The audit trail can't be erased, so it names which fields of a contact changed, and not the addresses and
telephone numbers themselves.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import IntegrityError, transaction

from monitoring import levels
from monitoring.models import Contact
from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, Refused
from operations.models import Channel
from rollout.rules.values import is_line

LONGEST_NAME, LONGEST_PHONE, LONGEST_EMAIL = 100, 40, 254
CHANGEABLE = ("level", "name", "email", "phone", "channel", "least_level")
IS_EMAIL = EmailValidator()


@transaction.atomic
def add(
    *,
    actor: Actor,
    level: int,
    name: str,
    email: str = "",
    phone: str = "",
    channel: Channel | None = None,
    least_level: str = levels.WARNING,
) -> Contact:
    """Let an escalation level reach somebody: by the channel, else by mail; a telephone number stands in
    the messages. Raises Invalid."""
    actor.require("monitoring.add_contact", "add contacts")
    contact = Contact()
    values = {"level": level, "name": name, "email": email, "phone": phone}
    _save(contact, {**values, "channel": channel, "least_level": least_level})
    audit.record("contact.added", actor=actor, subject=contact, data={"level": contact.level})
    return contact


@transaction.atomic
def change(contact: Contact, *, actor: Actor, **values: Any) -> Contact:
    """Change a contact's level, name, email, phone, channel or least_level.

    Raises Invalid, and Refused for one that was removed.
    """
    actor.require("monitoring.change_contact", "change contacts")
    contact = _locked(contact)
    before = _values(contact)
    _save(contact, values)
    if changed := sorted(field for field, value in _values(contact).items() if value != before[field]):
        data = {"level": contact.level, "changed": changed}
        audit.record("contact.changed", actor=actor, subject=contact, data=data)
    return contact


@transaction.atomic
def remove(contact: Contact, *, actor: Actor) -> None:
    """Remove a contact for good. Raises Refused for one that was removed before."""
    actor.require("monitoring.delete_contact", "remove contacts")
    contact = _locked(contact)
    audit.record("contact.removed", actor=actor, subject=contact, data={"level": contact.level})
    contact.delete()


def _save(contact: Contact, values: Mapping[str, Any]) -> None:
    if unknown := set(values) - set(CHANGEABLE):
        raise TypeError(f"a contact has no {', '.join(sorted(unknown))}")
    for field, value in values.items():
        setattr(contact, field, value.strip() if isinstance(value, str) else value)
    if faults := _faults(contact, channel_is_new="channel" in values):
        raise Invalid(faults)
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError:
        raise Invalid({"name": "this level has a contact of this name already"}) from None


def _faults(contact: Contact, *, channel_is_new: bool) -> dict[str, str]:
    faults = {}
    if contact.level not in Contact.Level.values:
        faults["level"] = "must be 1, 2 or 3"
    if not is_line(contact.name, LONGEST_NAME):
        faults["name"] = f"must have 1 to {LONGEST_NAME} printable characters"
    elif _is_taken(contact):
        faults["name"] = "this level has a contact of this name already"
    if contact.least_level not in levels.ORDER:
        faults["least_level"] = f"must be one of {', '.join(levels.ORDER)}"
    if contact.phone and not is_line(contact.phone, LONGEST_PHONE):
        faults["phone"] = f"must have at most {LONGEST_PHONE} printable characters"
    if contact.email and not _is_email(contact.email):
        faults["email"] = "must be a mail address"
    if contact.channel is not None and channel_is_new:
        if not Channel.objects.enabled().filter(pk=contact.channel.pk).exists():
            faults["channel"] = "must be a channel that is not disabled"
    elif not (contact.email or contact.phone or contact.channel):
        faults["email"] = "give a mail address, a telephone number or a channel"
    return faults


def _is_taken(contact: Contact) -> bool:
    same = Contact.objects.filter(level=contact.level, name=contact.name)
    return contact.level in Contact.Level.values and same.exclude(pk=contact.pk).exists()


def _is_email(address: str) -> bool:
    try:
        IS_EMAIL(address)
    except ValidationError:
        return False
    return len(address) <= LONGEST_EMAIL


def _locked(contact: Contact) -> Contact:
    # Nothing joined: after waiting, PostgreSQL gives what is joined as it was before.
    current = Contact.objects.select_for_update().filter(pk=contact.pk).first()
    if current is None:
        raise Refused("gone", f"The contact {contact} was removed before.")
    return current


def _values(contact: Contact) -> dict[str, Any]:
    return {field: getattr(contact, field) for field in CHANGEABLE}
