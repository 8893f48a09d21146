"""Contacts in the admin: whom each escalation level calls."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
)

from monitoring.admin.alerts.forms import line
from monitoring.alerts import contacts
from monitoring.levels import WARNING
from monitoring.models import Alert, Contact
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation
from operations.doors.model_admin import VerbAdmin
from operations.models import Channel

ADD, CHANGE, DELETE = "monitoring.add_contact", "monitoring.change_contact", "monitoring.delete_contact"
VALUES = ("level", "name", "phone", "email", "channel", "least_level")


class ContactForm(forms.Form):
    level = forms.TypedChoiceField(
        coerce=int,
        choices=Contact.Level.choices,
        widget=UnfoldAdminRadioSelectWidget(),
        label="Escalation level",
    )
    name = line(100, help_text="A person or a team.")
    phone = line(40, required=False, help_text="The portal does not call: it shows the number on the alert.")
    email = forms.EmailField(required=False, widget=UnfoldAdminEmailInputWidget(), label="Mail")
    channel = forms.ModelChoiceField(
        Channel.objects.all(),
        required=False,
        empty_label="None: mail, where there is an address",
        widget=UnfoldAdminSelectWidget(),
        help_text="Where they are told. Without one, by mail.",
    )
    least_level = forms.ChoiceField(
        choices=Alert.Level.choices,
        initial=WARNING,
        widget=UnfoldAdminSelectWidget(),
        label="Called for",
        help_text="Alerts of this level, and of worse ones.",
    )


def _add(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    contact = contacts.add(actor=actor, **inputs)
    return f"{contact.name} is a contact of level {contact.level}."


def _change(contact: Contact, inputs: Inputs, actor: Actor, version: int | None) -> str:
    contacts.change(contact, actor=actor, **inputs)
    return f"{inputs['name']} is changed."


def _remove(contact: Contact, inputs: Inputs, actor: Actor, version: int | None) -> str:
    name = contact.name
    contacts.remove(contact, actor=actor)
    return f"{name} is called no more."


def _initial(contact: Contact) -> Inputs:
    return {name: getattr(contact, name) for name in VALUES}


class ContactAdmin(VerbAdmin):
    operations = (
        Operation(
            name="add",
            title="Add contact",
            permission=ADD,
            perform=_add,
            form=ContactForm,
            creates=True,
            icon="person_add",
            note="Level 1 is told at once, level 2 after 2 hours and level 3 after 8 without an "
            "acknowledgement. A critical alert begins at level 2.",
        ),
        Operation(
            name="change",
            title="Change contact",
            permission=CHANGE,
            perform=_change,
            form=ContactForm,
            initial=_initial,
            icon="edit",
            style="primary",
        ),
        Operation(
            name="remove",
            title="Remove contact",
            permission=DELETE,
            perform=_remove,
            icon="delete",
            style="danger",
        ),
    )
    list_display = ("name", "level", "phone", "email", "channel", "called_for")
    list_filter = ("level",)
    fields = ("name", "level", "phone", "email", "channel", "called_for")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contact]:
        found: QuerySet[Contact] = super().get_queryset(request)
        return found.select_related("channel")

    @display(description="Called for")
    def called_for(self, contact: Contact) -> Any:
        worse = contact.least_level != Alert.Level.CRITICAL
        return f"{contact.get_least_level_display()} and worse" if worse else "Critical"
