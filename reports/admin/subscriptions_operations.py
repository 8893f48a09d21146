"""What can be done to a subscription in the admin, with a preview of its next dates."""

from typing import Any

from django.utils import timezone

from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from operations.spelling import local_time
from reports import archive
from reports.admin import subscriptions_forms as entered
from reports.models import Subscription
from reports.subscriptions import sending, subscribing
from reports.subscriptions.drafts import timing_of

TEMPLATE = "admin/reports/report_subscription_preview.html"
SHOWN_DATES = 3


def _seen(subscription: Subscription) -> Preview:
    """When it goes out next."""
    timing, now = timing_of(subscription), timezone.now()
    dates = [timezone.localtime(each) for each in timing.following(now, SHOWN_DATES)]
    return Preview(TEMPLATE, {"subscription": subscription, "when": timing.in_words(), "dates": dates})


def _preview_add(nothing: None, inputs: Inputs, actor: Actor) -> Preview:
    return _seen(subscribing.add(entered.draft_of(inputs), actor=actor, dry_run=True))


def _add(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    added = subscribing.add(entered.draft_of(inputs), actor=actor)
    return f"{added} goes out first at {local_time(added.next_at)}."


def _preview_change(subscription: Subscription, inputs: Inputs, actor: Actor) -> Preview | None:
    if {**inputs, "recipients": list(inputs["recipients"])} == _stands(subscription):
        # Nothing is changed yet: the form has only been opened.
        return _seen(subscription)
    draft = entered.draft_of(inputs)
    return _seen(subscribing.change(subscription, draft, actor=actor, dry_run=True))


def _stands(subscription: Subscription) -> dict[str, Any]:
    return {name: getattr(subscription, name) for name in subscribing.FIELDS}


def _change(subscription: Subscription, inputs: Inputs, actor: Actor, version: int | None) -> str:
    draft = entered.draft_of(inputs)
    changed = subscribing.change(subscription, draft, actor=actor, version=version)
    return f"{changed} goes out next at {local_time(changed.next_at)}."


def _pause(subscription: Subscription, inputs: Inputs, actor: Actor, version: int | None) -> str:
    return f"{subscribing.pause(subscription, actor=actor, version=version)} is paused."


def _resume(subscription: Subscription, inputs: Inputs, actor: Actor, version: int | None) -> str:
    resumed = subscribing.resume(subscription, actor=actor, version=version)
    return f"{resumed} goes out next at {local_time(resumed.next_at)}."


def _send(subscription: Subscription, inputs: Inputs, actor: Actor, version: int | None) -> str:
    report = sending.send_to_me(subscription, actor=actor)
    address = actor.user.email if actor.user else ""
    return f"{report} is made, and on its way to {address}."


def _remove(subscription: Subscription, inputs: Inputs, actor: Actor, version: int | None) -> str:
    said = f"{subscription} is removed."
    subscribing.remove(subscription, actor=actor, version=version)
    # There is no page to go back to but the list.
    subscription.pk = None
    return said


OPERATIONS = (
    Operation(
        name="add",
        title="Subscribe",
        permission=subscribing.ADD,
        perform=_add,
        preview=_preview_add,
        previewed=subscribing.FIELDS,
        form=entered.SubscriptionForm,
        creates=True,
        icon="forward_to_inbox",
        note="The report is made at the time you name, kept in the archive and mailed: its sentences "
        "and key figures in the mail, the rest behind a link.",
    ),
    Operation(
        name="send",
        title="Send now to me",
        permission=archive.PERMISSION,
        perform=_send,
        icon="send",
        style="primary",
        note="The report on the last period is made now, kept in the archive and mailed to you alone. "
        "When the subscription goes out next stays as it is.",
    ),
    Operation(
        name="change",
        title="Change",
        permission=subscribing.CHANGE,
        perform=_change,
        preview=_preview_change,
        previewed=subscribing.FIELDS,
        form=entered.SubscriptionForm,
        initial=entered.as_it_stands,
        icon="edit",
    ),
    Operation(
        name="pause",
        title="Pause",
        permission=subscribing.CHANGE,
        perform=_pause,
        offered=lambda subscription: subscription.active,
        icon="pause",
        note="Nothing goes out until it is resumed.",
        on_list=True,
    ),
    Operation(
        name="resume",
        title="Resume",
        permission=subscribing.CHANGE,
        perform=_resume,
        offered=lambda subscription: not subscription.active,
        icon="play_arrow",
        style="primary",
        note="It goes out again from its next time on. What was left out meanwhile is not sent.",
        on_list=True,
    ),
    Operation(
        name="remove",
        title="Remove",
        permission=subscribing.REMOVE,
        perform=_remove,
        icon="delete",
        style="danger",
        note="Nothing goes out any more. The reports that it made stay in the archive.",
    ),
)
