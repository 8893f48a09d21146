"""What calls about alerts take and answer."""

# ruff: noqa: N815

from typing import Any

from rest_framework import serializers

from monitoring import levels
from monitoring.alerts.responding import LONGEST_LABEL, LONGEST_NOTE, MOST_LABELS
from monitoring.alerts.signals import LONGEST
from monitoring.models import Alert
from operations.doors.bodies import Body, Text, Whole

STATES = ("pending", "open", "acknowledged", "silenced", "resolved")
OWED = ("acknowledge", "respond", "resolve", "post-mortem")


def _text(longest: int, help_text: str = "", **options: Any) -> Text:
    return Text(
        required=False, default="", allow_blank=True, max_length=longest, help_text=help_text, **options
    )


class RaiseBody(Body):
    """An alert by hand."""

    title = Text(max_length=LONGEST["title"], help_text="What happened, in one line")
    level = serializers.ChoiceField(levels.ORDER)
    urgency = Whole(
        min_value=0, max_value=100, required=False, help_text="Within its level's range; default: its usual"
    )
    module = _text(60, "The key of the module that it concerns; empty: the whole product")
    cause = _text(200, "What it is a repeat of, while that is open; default: the title")
    summary = _text(LONGEST["summary"], "What happened")
    affected = _text(LONGEST["affected"], "To whom")
    advice = _text(LONGEST["advice"], "What is to be done")
    url = _text(LONGEST["url"], "Where it can be seen")
    labels = serializers.DictField(
        child=Text(max_length=LONGEST_LABEL), required=False, help_text=f"At most {MOST_LABELS}"
    )


class NoteBody(Body):
    """A verb's note."""

    note = _text(LONGEST_NOTE, "What was seen or done")
    by = _text(200, "Who asked for it: a label in the trail that permits nothing")


class AlertSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    level = serializers.ChoiceField(levels.ORDER)
    urgency = serializers.IntegerField(help_text="0 to 100")
    title = serializers.CharField()
    module = serializers.CharField(allow_null=True, help_text="Its key; null: the whole product")
    status = serializers.ChoiceField(STATES)
    source = serializers.ChoiceField(Alert.Source.choices)  # type: ignore[assignment]
    count = serializers.IntegerField(help_text="How often it was seen")
    firstSeen = serializers.DateTimeField()
    lastSeen = serializers.DateTimeField()
    due = serializers.DateTimeField(allow_null=True, help_text="By when the next response is owed")
    owes = serializers.ChoiceField(OWED, allow_null=True, help_text="Which response that is")
    escalation = serializers.IntegerField(
        help_text="1 development, 2 senior developers and DevOps, 3 CTO; 0: it does not escalate"
    )
    acknowledgedAt = serializers.DateTimeField(allow_null=True)
    acknowledgedBy = serializers.CharField(allow_null=True)
    resolvedAt = serializers.DateTimeField(allow_null=True)
    resolvedBy = serializers.CharField(allow_null=True, help_text="Null: its cause was gone")


class AlertsSerializer(serializers.Serializer[Any]):
    alerts = AlertSerializer(many=True)
    more = serializers.BooleanField(help_text="Whether there are more after these")


class StageSerializer(serializers.Serializer[Any]):
    name = serializers.ChoiceField(OWED)
    begins = serializers.DateTimeField()
    ends = serializers.DateTimeField()


class EventSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    by = serializers.CharField(allow_null=True)


class MessageSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    to = serializers.CharField()
    digest = serializers.BooleanField()
    id = serializers.UUIDField(allow_null=True)
    state = serializers.ChoiceField(("waiting", "delivered", "dead"))


class WholeAlertSerializer(AlertSerializer):
    fingerprint = serializers.CharField()
    incident = serializers.CharField(help_text="Alerts of one incident share it")
    summary = serializers.CharField(allow_blank=True)
    affected = serializers.CharField(allow_blank=True)
    done = serializers.CharField(allow_blank=True, help_text="What the portal already did")
    advice = serializers.CharField(allow_blank=True)
    labels = serializers.DictField(child=serializers.CharField())
    url = serializers.CharField(allow_null=True)
    stages = StageSerializer(many=True)
    events = EventSerializer(many=True)
    messages = MessageSerializer(many=True)
    postmortem = serializers.CharField(allow_blank=True)
