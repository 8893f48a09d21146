"""The forms of what is done to a ticket. The rules live in the verbs; these only read."""

from collections.abc import Mapping
from typing import Any

from django import forms
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldBooleanSwitchWidget,
)

from feedback.admin.tickets import fields
from feedback.admin.tickets.fields import UNCHANGED, reference
from feedback.admin.tickets.people import triagers
from feedback.models import CannedReply, Enhancement, Ticket
from feedback.tickets import attaching, drafts, messaging, reasons, submitting
from rollout.models import Flag, Module, Phase, Plan, Workspace

LIMITS = drafts.LIMITS
READ_BY_REPORTER = "The reporter reads it, in the mail and on their page."
FOR_THE_TEAM = "For the team: the reporter never sees it."
TAGS = "With a comma between them."
WORST, OLDEST, NAMED = "worst", "oldest", "named"


class TicketForm(forms.Form):
    """A form beside what it says of tickets."""

    class Media:
        css = {"all": ["feedback/tickets.css"]}


class WorkspaceMixin(forms.Form):
    """Reads a workspace by its id: there are too many to choose from a list."""

    workspace = fields.line(
        100, required=False, label="Workspace id", help_text="The product's own id of the workspace."
    )

    def clean_workspace(self) -> Workspace | None:
        asked = self.cleaned_data["workspace"]
        if not asked:
            return None
        found = Workspace.objects.filter(pk=asked).first()
        if found is None:
            raise forms.ValidationError("There is no workspace of this id.")
        return found


class AddForm(TicketForm, WorkspaceMixin):
    """What somebody said on the phone."""

    body = "admin/feedback/add_form.html"

    category = fields.category()
    severity = fields.severity(initial=Ticket.Severity.MEDIUM)
    title = fields.line(LIMITS["title"])
    description = fields.text(
        LIMITS["description"],
        rows=6,
        help_text="No names or data of patients: what looks like that is taken out.",
    )
    steps = fields.text(20_000, rows=3, required=False, label="How to see it", help_text="One step a line.")
    expected_behavior = fields.text(
        LIMITS["expected_behavior"], rows=2, required=False, label="What should happen"
    )
    actual_behavior = fields.text(LIMITS["actual_behavior"], rows=2, required=False, label="What happens")
    module = fields.thing(Module.objects.whole())
    feature_area = fields.line(LIMITS["feature_area"], required=False)
    release = fields.line(LIMITS["release"], required=False, label="Seen in version")
    reporter_name = fields.line(LIMITS["reporter_name"], required=False, label="Who reports it")
    reporter_email = forms.EmailField(
        required=False,
        widget=UnfoldAdminEmailInputWidget(),
        label="Their e-mail",
        help_text="They get a receipt, the answers, and a link to the ticket's page.",
    )

    field_order = (
        "title",
        "description",
        "category",
        "severity",
        "reporter_name",
        "reporter_email",
        "workspace",
        "module",
    )

    def clean_steps(self) -> list[str]:
        return [step.strip() for step in self.cleaned_data["steps"].splitlines() if step.strip()]


class EditForm(TicketForm, WorkspaceMixin):
    """Everything that may be corrected, as the ticket stands."""

    body = "admin/feedback/edit_form.html"

    title = fields.line(LIMITS["title"])
    description = fields.text(LIMITS["description"], rows=8)
    category = fields.category()
    severity = fields.severity(help_text="Another one reckons both clocks anew.")
    feature_area = fields.line(LIMITS["feature_area"], required=False)
    release = fields.line(LIMITS["release"], required=False, label="Seen in version")
    module = fields.thing(Module.objects.whole())
    flag = fields.thing(Flag.objects.live().order_by("key"))
    phase = fields.thing(
        Phase.objects.exclude(plan__status=Plan.Status.ARCHIVED)
        .filter(plan__module__part_of=None)
        .select_related("plan")
        .order_by("plan__name", "number")
    )
    enhancement = fields.thing(Enhancement.objects.all(), help_text="What of the Phase 2 plan it asks for.")
    tags = fields.listed(1_000, help_text=TAGS)

    field_order = (
        "title",
        "description",
        "category",
        "severity",
        "tags",
        "feature_area",
        "release",
        "workspace",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phase"].label_from_instance = _phase  # type: ignore[attr-defined]

    @staticmethod
    def filled_in(ticket: Ticket) -> Mapping[str, Any]:
        """The form as the ticket stands."""
        names = ("title", "description", "category", "severity", "feature_area", "release")
        links = ("module", "flag", "phase", "enhancement", "workspace")
        return {
            **{name: getattr(ticket, name) for name in names},
            **{name: getattr(ticket, f"{name}_id") for name in links},
            "tags": [tag.name for tag in ticket.tags.all()],
        }


class EditManyForm(TicketForm):
    """What may be corrected of many at once; what is left empty stays."""

    category = fields.category(empty=UNCHANGED)
    severity = fields.severity(empty=UNCHANGED)
    module = fields.thing(Module.objects.whole(), UNCHANGED)
    add_tags = fields.listed(1_000, label="Add tags", help_text=TAGS)
    remove_tags = fields.listed(1_000, label="Remove tags", help_text=TAGS)

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or {})
        if self.is_bound and not self.errors and not any(cleaned.values()):
            raise forms.ValidationError("Choose what to change.")
        return cleaned


class TriageForm(TicketForm):
    category = fields.category(empty=UNCHANGED)
    severity = fields.severity(empty=UNCHANGED, help_text="Another one reckons both clocks anew.")


class AssignForm(TicketForm):
    owner = fields.thing(triagers(), "Choose", required=True, help_text="Who may work on tickets.")


class ResolveForm(TicketForm):
    fixed_in = fields.line(
        LIMITS["release"],
        required=False,
        label="Fixed in version",
        help_text="Empty: nothing to wait for. The reporter hears of it, and when that version is out.",
    )


class FixedForm(TicketForm):
    version = fields.line(LIMITS["release"], label="Version with the fix")


class DeclineForm(TicketForm):
    reason = fields.text(reasons.LONGEST, label="Why", help_text=READ_BY_REPORTER)


class ReopenForm(TicketForm):
    reason = fields.text(reasons.LONGEST, label="Why", help_text=FOR_THE_TEAM)


class NoteForm(TicketForm):
    # Not `body`: that is what the confirmation page calls a form's own template.
    text = fields.text(messaging.LONGEST, rows=6, label="Note", help_text=FOR_THE_TEAM)


class ReplyForm(TicketForm):
    """A reply, written or begun with a prepared one.

    A prepared text that is chosen is put into the field, where it can be changed before it is sent.
    """

    canned = fields.thing(
        CannedReply.objects.all(),
        "None",
        label="Put in a prepared text",
        help_text="It comes below what you wrote; look at it with Preview, change it, send it.",
    )
    text = fields.text(messaging.LONGEST, rows=10, label="Reply")
    waits = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        label="Wait for the answer",
        help_text="Both clocks stand still until the reporter answers, or you say not to wait.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or {})
        if canned := cleaned.get("canned"):
            written = [self["text"].data or "", canned.body]
            cleaned["text"] = "\n\n".join(part.strip() for part in written if part.strip())
            self.data = {**_flat(self.data), "text": cleaned["text"], "canned": ""}
            self.errors.pop("text", None)
        return cleaned


class MergeForm(TicketForm):
    into = reference(label="Into", help_text="The ticket that stays: its reference, or a link to it.")
    reason = fields.text(
        reasons.LONGEST, rows=2, required=False, label="Why they are one", help_text=FOR_THE_TEAM
    )


class MergeManyForm(TicketForm):
    keep = forms.ChoiceField(
        choices=(
            (WORST, "The most severe, and of these the oldest"),
            (OLDEST, "The oldest"),
            (NAMED, "The one named below"),
        ),
        initial=WORST,
        widget=UnfoldAdminRadioSelectWidget(),
        label="Which one stays",
    )
    into = reference(required=False, label="Its reference", help_text="Only where you named one.")
    reason = MergeForm.base_fields["reason"]

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or {})
        if cleaned.get("keep") == NAMED and not cleaned.get("into") and "into" not in self.errors:
            self.add_error("into", "Name the ticket that stays.")
        return cleaned


class UnmergeForm(TicketForm):
    reason = fields.text(reasons.LONGEST, rows=2, required=False, label="Why", help_text=FOR_THE_TEAM)


class DismissForm(TicketForm):
    other = forms.ModelChoiceField(Ticket.objects.all(), widget=forms.HiddenInput())


class QuarantineForm(TicketForm):
    reason = fields.line(submitting.LONGEST_REASON, label="Why it looks like spam", help_text=FOR_THE_TEAM)


class AttachForm(TicketForm):
    file = forms.FileField(
        widget=forms.FileInput({"class": " ".join(INPUT_CLASSES), "accept": attaching.ACCEPT}),
        help_text=f"{attaching.TYPES_IN_WORDS}.",
    )


class EraseForm(TicketForm):
    reason = fields.text(reasons.LONGEST, rows=2, label="Why")


class EnhancementForm(TicketForm):
    enhancement = fields.thing(Enhancement.objects.all(), "Choose", required=True)


def _flat(data: Mapping[str, Any]) -> dict[str, Any]:
    """What was posted, each name with its last value."""
    return {name: data[name] for name in data}


def _phase(phase: Phase) -> str:
    return f"{phase.plan}: phase {phase.number}, {phase.name}"
