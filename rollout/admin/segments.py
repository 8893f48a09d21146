"""Segments in the admin: named conditions that the rules of any flag use."""

from typing import Any

from django import forms
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from operations.doors.model_admin import VerbAdmin
from operations.models import AuditEvent
from rollout import segments
from rollout.admin import flag_events, groups_editor
from rollout.admin.editors import ARRANGING, RowsField, RowsForm
from rollout.admin.groups_editor import GROUP
from rollout.admin.rows import Rows
from rollout.models import Segment
from rollout.segments import Uses


class GroupsField(RowsField):
    """Groups of conditions; its clean value is what `conditions.parse` reads."""

    def __init__(self) -> None:
        super().__init__(GROUP, "admin/rollout/editor/segment_groups.html", label="Conditions")

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        return groups_editor.to_groups(value.rows)


class SegmentForm(RowsForm):
    """A segment but for its key, which rules go by. `initial` also brings what the controls offer."""

    body = "admin/rollout/editor/segment_form.html"

    name = forms.CharField(max_length=segments.LONGEST_NAME, widget=UnfoldAdminTextInputWidget())
    description = forms.CharField(
        required=False,
        max_length=segments.LONGEST_DESCRIPTION,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
    )
    groups = GroupsField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {**groups_editor.offered(), **self.initial}


class NewSegmentForm(SegmentForm):
    key = forms.CharField(
        max_length=30,
        help_text="Rules name the segment by it; it stays as it is. Lower-case letters, digits, underscores.",
        widget=UnfoldAdminTextInputWidget(),
    )
    field_order = ("key", "name", "description", "groups")


def create(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> str:
    segment = segments.save(
        inputs["key"], inputs["name"], inputs["description"], inputs["groups"], actor=actor, version=0
    )
    return f"The segment {segment.name} is ready for the rules of any flag."


def edit(segment: Segment, inputs: Inputs, actor: Actor, version: int | None) -> str:
    segments.save(
        segment.key,
        inputs["name"],
        inputs["description"],
        inputs["groups"],
        actor=actor,
        version=version,
    )
    return f"The segment {inputs['name']} is changed."


def remove(segment: Segment, inputs: Inputs, actor: Actor, version: int | None) -> str:
    segments.remove(segment, actor=actor)
    # As Django leaves what it deleted: there is no page to go back to.
    segment.pk = None
    return f"The segment {segment.name} is removed."


def preview(segment: Segment, inputs: Inputs, actor: Actor) -> Preview | None:
    """The conditions in words, as they are and as they would be, and whom that concerns."""
    if inputs.get(ARRANGING):
        return None
    segments.check(
        segment.key, name=inputs["name"], description=inputs["description"], groups=inputs["groups"]
    )
    names, uses = groups_editor.segment_names(), segments.uses_of(segment.key)
    context = {
        "now": groups_editor.in_words(segment.groups, names),
        "then": groups_editor.in_words(inputs["groups"], names),
        "users": [*uses.flags, *uses.segments],
    }
    return Preview("admin/rollout/segment_preview.html", context)


class SegmentList(ChangeList):
    """The list of segments, with who uses them read for the whole page at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        uses = segments.uses()
        for segment in rows:
            segment.uses = uses.get(segment.key, segments.UNUSED)
        self.result_list = rows


class SegmentAdmin(VerbAdmin):
    operations = (
        Operation(
            name="create",
            title="Create segment",
            permission="rollout.add_segment",
            perform=create,
            form=NewSegmentForm,
            creates=True,
            icon="group_work",
            note="Conditions that several flags need, under one name.",
        ),
        Operation(
            name="edit",
            title="Change segment",
            permission="rollout.change_segment",
            perform=edit,
            preview=preview,
            form=SegmentForm,
            initial=lambda segment: {
                "name": segment.name,
                "description": segment.description,
                "groups": Rows(groups_editor.to_rows(segment.groups)),
            },
            previewed=("groups",),
            icon="edit",
            note="Every flag whose rules name the segment goes by the new conditions at once.",
        ),
        Operation(
            name="remove",
            title="Remove segment",
            permission="rollout.delete_segment",
            perform=remove,
            icon="delete",
            style="danger",
            note="Refused while a rule or another segment uses it.",
        ),
    )
    list_display = ("key", "name", "used_by")
    search_fields = ("key", "name")
    ordering = ("key",)
    change_form_outer_before_template = "admin/rollout/segment_head.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SegmentList

    def get_fieldsets(self, request: HttpRequest, obj: Segment | None = None) -> Any:
        return ()

    @display(description="Used by")
    def used_by(self, segment: Segment) -> str:
        uses: Uses = segment.uses  # type: ignore[attr-defined]  # SegmentList sets it
        flags, others = len(uses.flags), len(uses.segments)
        said = [f"{flags} flag{'' if flags == 1 else 's'}"]
        if others:
            said.append(f"{others} segment{'' if others == 1 else 's'}")
        return ", ".join(said)

    def describe(self, event: AuditEvent) -> str:
        return flag_events.of_event(event)

    def page_context(self, request: HttpRequest, obj: Segment) -> dict[str, Any]:
        names = groups_editor.segment_names()
        uses = segments.uses_of(obj.key)
        return {
            "segment": obj,
            "conditions": groups_editor.in_words(obj.groups, names),
            "flags": uses.flags,
            "segments": uses.segments,
        }
