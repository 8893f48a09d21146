"""Channels in the admin: added, tested, given new secrets, disabled, removed; and how they fare."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from operations import channels
from operations.actor import Actor
from operations.channel_states import newest_messages, state_of, with_states
from operations.doors import admin as door
from operations.doors.admin import Inputs, Operation, Shown
from operations.doors.model_admin import VerbAdmin
from operations.models import AuditEvent, Channel

SECRET_PAGE = "admin/operations/channel_secret.html"  # noqa: S105
STATE_LABELS = {"Works": "success", "Failing": "danger", "Disabled": "warning", "New": "info"}
MESSAGE_LABELS = {"delivered": "success", "dead": "danger", "waiting": "info"}
OVERLAPS = ((24, "1 day"), (1, "1 hour"), (168, "7 days"), (0, "Not at all: the old one leaked"))


class ChannelForm(forms.Form):
    name = forms.CharField(
        max_length=100, widget=UnfoldAdminTextInputWidget(), help_text="Such as “On-call Slack”."
    )
    kind = forms.ChoiceField(
        choices=Channel.Kind.choices, initial=Channel.Kind.MAIL, widget=UnfoldAdminRadioSelectWidget()
    )
    address = forms.CharField(
        max_length=channels.LONGEST_ADDRESS,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text="Mail: addresses between commas. Apprise: a URL such as slack://… or the webhook URL that "
        "Slack, Teams or Discord shows. Signed webhook: https://…",
    )


class ChangeForm(forms.Form):
    name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget())
    address = forms.CharField(
        required=False,
        max_length=channels.LONGEST_ADDRESS,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text="Empty: as it is. It may hold tokens and is never shown again.",
    )


class RotateForm(forms.Form):
    keep_old_for = forms.TypedChoiceField(
        choices=OVERLAPS,
        coerce=int,
        initial=24,
        widget=UnfoldAdminSelectWidget(),
        label="The old secret signs as well for",
        help_text="Within this time the receiver changes over.",
    )


class DisableForm(forms.Form):
    reason = forms.CharField(max_length=300, widget=UnfoldAdminTextInputWidget())


def _add(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str | Shown:
    added = channels.add(actor=actor, **inputs)
    if added.secret:
        return Shown(SECRET_PAGE, {"channel": added.channel, "secret": added.secret})
    return f"The channel {added.channel} is ready: send a test message."


def _change(channel: Channel, inputs: Inputs, actor: Actor, version: int | None) -> str:
    changed = channels.change(channel, actor=actor, name=inputs["name"], address=inputs["address"] or None)
    return f"The channel {changed} is changed."


def _rotate(channel: Channel, inputs: Inputs, actor: Actor, version: int | None) -> Shown:
    hours = inputs["keep_old_for"]
    secret = channels.rotate(channel, actor=actor, keep_old_for=timedelta(hours=hours))
    overlap = dict(OVERLAPS)[hours] if hours else ""
    return Shown(SECRET_PAGE, {"channel": channel, "secret": secret, "overlap": overlap})


def _test(channel: Channel, inputs: Inputs, actor: Actor, version: int | None) -> str:
    channels.test(channel, actor=actor)
    return "A test message is on its way: below you see whether it arrived."


def _disable(channel: Channel, inputs: Inputs, actor: Actor, version: int | None) -> str:
    channels.disable(channel, actor=actor, reason=inputs["reason"])
    return f"The channel {channel} is disabled."


def _enable(channel: Channel, inputs: Inputs, actor: Actor, version: int | None) -> str:
    channels.enable(channel, actor=actor)
    return f"The channel {channel} is enabled. What was given up meanwhile can be sent again below."


def _remove(channel: Channel, inputs: Inputs, actor: Actor, version: int | None) -> str:
    channels.remove(channel, actor=actor)
    # There is no page to go back to but the list.
    channel.pk = None
    return f"The channel {channel} is removed."


class ChannelAdmin(VerbAdmin):
    operations = (
        Operation(
            name="add",
            title="Add channel",
            permission="operations.add_channel",
            perform=_add,
            form=ChannelForm,
            creates=True,
            icon="add",
            note="Nothing is sent yet. A webhook's secret is shown once, on the next page.",
        ),
        Operation(
            name="test",
            title="Send test",
            permission="operations.test_channel",
            perform=_test,
            offered=lambda channel: channel.disabled_at is None,
            icon="send",
            style="primary",
            note="A message that says it is a test goes out at once.",
            on_list=True,
        ),
        Operation(
            name="change",
            title="Change",
            permission="operations.change_channel",
            perform=_change,
            form=ChangeForm,
            initial=lambda channel: {"name": channel.name},
            icon="edit",
            note="What waits goes to the new address. A webhook keeps its secret.",
        ),
        Operation(
            name="rotate",
            title="New secret",
            permission="operations.change_channel",
            perform=_rotate,
            form=RotateForm,
            offered=lambda channel: channel.kind == Channel.Kind.WEBHOOK,
            icon="key",
            note="The new secret is shown once, on the next page.",
        ),
        Operation(
            name="disable",
            title="Disable",
            permission="operations.change_channel",
            perform=_disable,
            form=DisableForm,
            offered=lambda channel: channel.disabled_at is None,
            icon="notifications_off",
            style="warning",
            note="Nothing more is sent through it, and what waits for it is given up.",
        ),
        Operation(
            name="enable",
            title="Enable",
            permission="operations.change_channel",
            perform=_enable,
            offered=lambda channel: channel.disabled_at is not None,
            icon="notifications",
            style="primary",
            note="It takes messages again.",
        ),
        Operation(
            name="remove",
            title="Remove",
            permission="operations.delete_channel",
            perform=_remove,
            icon="delete",
            style="danger",
            note="What waits for it is given up. This cannot be undone. A channel that a route or a contact "
            "uses stays.",
        ),
    )
    change_form_outer_before_template = "admin/operations/channel_head.html"
    list_display = ("name", "kind", "to", "status", "trouble", "last_delivered")
    list_filter = ("kind",)
    search_fields = ("name",)
    fields = ("kind", "to", "created_at", "created_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Channel]:
        return with_states(super().get_queryset(request))

    def get_fields(self, request: HttpRequest, obj: Channel | None = None) -> tuple[str, ...]:
        rotating = obj is not None and obj.old_secret_until is not None
        return (*self.fields, "old_secret_until") if rotating else self.fields

    def describe(self, event: AuditEvent) -> str:
        """A test needs no more words: its message stands above."""
        return "" if event.action == "channel.tested" else super().describe(event)

    @display(description="Address")
    def to(self, channel: Channel) -> str:
        return channels.masked(channel)

    @display(description="State", label=STATE_LABELS)
    def status(self, channel: Channel) -> str:
        return state_of(channel).word.capitalize()

    @display(description="Why")
    def trouble(self, channel: Channel) -> str:
        return state_of(channel).why or "-"

    @display(description="Last delivered")
    def last_delivered(self, channel: Channel) -> Any:
        return state_of(channel).last_delivered_at

    def page_context(self, request: HttpRequest, obj: Channel) -> dict[str, Any]:
        state = state_of(obj)
        may_see = request.user.has_perm("operations.view_outboxmessage")
        messages = list(newest_messages(obj)) if may_see else []
        every = reverse("admin:operations_outboxmessage_changelist")
        return {
            "channel": obj,
            "channel_state": state,
            "state_label": STATE_LABELS[state.word.capitalize()],
            "messages_seen": may_see,
            "newest": [(each, MESSAGE_LABELS[each.state]) for each in messages],
            "all_messages_url": f"{every}?{urlencode({'lane': channels.lane_of(obj)})}",
            "replay_url": reverse("admin:operations_outboxmessage_operate", args=["replay"]),
            "may_replay": door.actor_of(request).may("operations.retry_outboxmessage"),
        }
