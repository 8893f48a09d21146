"""What is entered about a subscription, and the draft that it makes."""

from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget

from operations.doors.admin import Inputs
from operations.doors.fields import Words
from reports.models import Kind, Subscription
from reports.subscriptions.drafts import MOST_RECIPIENTS, Draft
from rollout.models import Module

EVERY_DAY = ""
USUAL_HOUR = 7


class SubscriptionForm(forms.Form):
    kind = forms.ChoiceField(
        choices=Kind.choices, initial=Kind.WEEKLY, widget=UnfoldAdminSelectWidget(), label="Report"
    )
    module = forms.ModelChoiceField(
        Module.objects.whole().order_by("pk"), widget=UnfoldAdminSelectWidget(), empty_label=None
    )
    recipients = Words(
        label="To",
        help_text=f"Mail addresses, at most {MOST_RECIPIENTS}. They need no account to read the mail; the "
        "link in it asks for one.",
    )
    weekday = forms.TypedChoiceField(
        choices=[(EVERY_DAY, "Every day"), *Subscription.Weekday.choices],
        coerce=int,
        empty_value=None,
        required=False,
        initial=Subscription.Weekday.MONDAY,
        widget=UnfoldAdminSelectWidget(),
        label="On",
    )
    hour = forms.TypedChoiceField(
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
        coerce=int,
        initial=USUAL_HOUR,
        widget=UnfoldAdminSelectWidget(),
        label="At",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        zone = timezone.get_default_timezone_name()
        self.fields["hour"].help_text = f"In the portal's time zone, {zone}, summer and winter."


def draft_of(inputs: Inputs) -> Draft:
    """The draft that was entered."""
    return Draft(**{name: inputs[name] for name in SubscriptionForm.base_fields})


def as_it_stands(subscription: Subscription) -> Inputs:
    """What the form for a change begins with."""
    return {
        "kind": subscription.kind,
        "module": subscription.module_id,
        "recipients": "\n".join(subscription.recipients),
        "weekday": EVERY_DAY if subscription.weekday is None else subscription.weekday,
        "hour": subscription.hour,
    }
