"""What is entered about an announcement, and the draft or change that it makes."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from operations.admin.windows import ZonedForm
from operations.doors.admin import Inputs
from operations.doors.fields import Moment, Words
from operations.models import Channel, Window
from operations.spelling import local_time
from releases.announcements.drafts import LONGEST_TITLE, MAIL, PRODUCT, Draft
from releases.announcements.story import LONGEST_NOTE
from releases.models import Announcement
from releases.models.announcements import LONGEST_TEXT
from rollout.models import Module


class Windows(forms.ModelChoiceField):
    """Maintenance that is not over and that users were not told of."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Window.objects.none(), widget=UnfoldAdminSelectWidget(), **options)

    def label_from_instance(self, window: Window) -> str:
        return f"{window.title}, {local_time(window.starts_at)}"


def _title() -> forms.CharField:
    return forms.CharField(max_length=LONGEST_TITLE, widget=UnfoldAdminTextInputWidget({"dir": "auto"}))


def _text() -> forms.CharField:
    return forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        widget=UnfoldAdminTextareaWidget({"rows": 6, "dir": "auto"}),
        help_text="Plain text. Users read it.",
    )


class PublishForm(ZonedForm):
    kind = forms.ChoiceField(
        choices=Announcement.Kind.choices,
        initial=Announcement.Kind.INFO,
        widget=UnfoldAdminRadioSelectWidget(),
    )
    title = _title()
    text = _text()
    audience = forms.ChoiceField(
        choices=Announcement.Audience.choices,
        initial=Announcement.Audience.EVERYBODY,
        widget=UnfoldAdminRadioSelectWidget(),
        label="To",
    )
    module = forms.ModelChoiceField(
        Module.objects.filter(part_of=None, unit=Module.Unit.WORKSPACE),
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text="Where it is for the workspaces that have a module.",
    )
    workspaces = Words(required=False, help_text="Their ids, where it is for certain ones.")
    in_product = forms.BooleanField(
        required=False, initial=True, widget=UnfoldBooleanSwitchWidget(), label="Show in the product"
    )
    by_mail = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        label="Mail",
        help_text="To the active members of these workspaces, each address once.",
    )
    roles = Words(rows=1, required=False, help_text="Mail members of these roles only. Empty: all.")
    channels = forms.ModelMultipleChoiceField(
        Channel.objects.enabled(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        label="Channels",
    )
    window = Windows(required=False, help_text="Of a maintenance: its times are taken.")
    starts_at = Moment(required=False, label="Begins")
    ends_at = Moment(required=False, label="Is over", help_text="Then the product shows it no more.")
    at = Moment(required=False, label="Goes out", help_text="Empty: now.")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        told = Announcement.objects.unfinished().filter(window=OuterRef("pk"))
        windows = Window.objects.maintenance().not_over(timezone.now()).exclude(Exists(told))
        field = self.fields["window"]
        if isinstance(field, Windows):
            field.queryset = windows.order_by("starts_at")


class ChangeForm(ZonedForm):
    title = _title()
    text = _text()
    starts_at = Moment(required=False, label="Begins")
    ends_at = Moment(required=False, label="Is over")


class NoteForm(forms.Form):
    note = forms.CharField(
        required=False,
        max_length=LONGEST_NOTE,
        widget=UnfoldAdminTextareaWidget({"rows": 3, "dir": "auto"}),
        help_text="Stands in the mail to those who were told. It may stay empty.",
    )


def draft_of(inputs: Inputs) -> Draft:
    """The draft that was entered; of the fields for other audiences nothing is taken."""
    window, audience = inputs["window"], inputs["audience"]
    ways: list[str | Channel] = [PRODUCT] if inputs["in_product"] else []
    ways += [MAIL] if inputs["by_mail"] else []
    return Draft(
        kind=inputs["kind"],
        title=inputs["title"],
        text=inputs["text"],
        audience=audience,
        channels=[*ways, *inputs["channels"]],
        module=inputs["module"] if audience == Announcement.Audience.MODULE else None,
        workspaces=inputs["workspaces"] if audience == Announcement.Audience.WORKSPACES else (),
        roles=inputs["roles"],
        starts_at=window.starts_at if window else inputs["starts_at"],
        ends_at=window.ends_at if window else inputs["ends_at"],
        at=inputs["at"],
        window=window,
    )


def as_it_stands(announcement: Announcement) -> Inputs:
    """What the form for a change begins with."""
    return {
        "title": announcement.title,
        "text": announcement.text,
        "starts_at": _minute(announcement.starts_at),
        "ends_at": _minute(announcement.ends_at),
    }


def changes_of(announcement: Announcement, inputs: Inputs) -> dict[str, Any]:
    """What was entered; a time that is the same to the minute stays as it is."""
    stands = as_it_stands(announcement)
    return {
        name: getattr(announcement, name) if value == stands[name] else value
        for name, value in inputs.items()
    }


def _minute(at: datetime | None) -> datetime | None:
    """What a browser's control can hold of a time."""
    return timezone.localtime(at).replace(second=0, microsecond=0) if at else None
