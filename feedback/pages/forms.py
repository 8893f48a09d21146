"""The fields of the public form: what somebody may say, and how it becomes a draft of a ticket."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from feedback.models import Ticket
from feedback.pages.browsers import browser_of, device_of
from feedback.tickets import attaching, drafts, mails
from feedback.tickets.drafts import LIMITS, Draft
from rollout.models import Module

CATEGORIES = [
    ("bug_report", "Something does not work"),
    ("usability_issue", "Something is hard to use"),
    ("performance_issue", "Something is slow"),
    ("feature_request", "I wish for something new"),
    ("general_feedback", "Something else"),
]
# In the words of the guide.
SEVERITIES = [
    ("critical", "Critical: the system is unusable, data is lost, or security is at risk"),
    ("high", "High: a major function is broken, with significant impact"),
    ("medium", "Medium: a minor function has a problem, and there is a workaround"),
    ("low", "Low: it is about looks, or a suggestion"),
]
SCORES = [(score, f"{score}, {word}") for score, word in mails.SCORES.items()]
LONGEST_WORKSPACE = 100
LONGEST_STEPS = 5_000
# The first tag of the header, such as en-GB in "en-GB,en;q=0.9".
LOCALE = "HTTP_ACCEPT_LANGUAGE"


class Text(forms.CharField):
    """A text as it was typed; browsers count a line's end as one character and send two."""

    def __init__(self, label: str, longest: int, *, rows: int = 0, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
        widget.attrs |= options.pop("attrs", {})
        options.setdefault("required", False)
        super().__init__(label=label, max_length=longest, widget=widget, **options)

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class Files(forms.FileField):
    """Any number of files."""

    class Widget(forms.FileInput):
        allow_multiple_selected = True

    widget = Widget

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        clean = super().clean
        return [clean(each, initial) for each in data or []]


def score(label: str) -> forms.TypedChoiceField:
    """A rating from 1 to 5, or none."""
    return forms.TypedChoiceField(
        label=label,
        choices=[("", "No answer"), *SCORES],
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )


class FeedbackForm(forms.Form):
    """The form. Its fields are named as those of `Draft`, so that a rule that one breaks finds its place."""

    category = forms.ChoiceField(
        label="What is it about?",
        choices=CATEGORIES,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what it is about."},
    )
    title = Text(
        "In a few words",
        LIMITS["title"],
        required=True,
        error_messages={"required": "Say in a few words what it is."},
        help_text="Such as: reminders are not sent",
    )
    description = Text(
        "What happened, or what do you wish for?",
        LIMITS["description"],
        rows=6,
        required=True,
        error_messages={"required": "Describe what happened, or what you wish for."},
    )
    severity = forms.ChoiceField(
        label="How bad is it?", choices=SEVERITIES, initial="medium", required=False, widget=forms.RadioSelect
    )
    reporter_email = forms.EmailField(
        label="Your e-mail address",
        max_length=LIMITS["reporter_email"],
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="Where our answer goes. Without it, keep the link that you get after sending.",
        error_messages={"invalid": "This is no e-mail address. It looks like name@example.org."},
    )
    reporter_name = Text("Your name", LIMITS["reporter_name"], attrs={"autocomplete": "name"})
    workspace = Text(
        "Your pharmacy or workspace",
        LONGEST_WORKSPACE,
        help_text="Its number or its name",
        attrs={"autocomplete": "organization"},
    )
    attachments = Files(
        label="Files, such as a picture of the screen",
        required=False,
        help_text=f"{attaching.TYPES_IN_WORDS}.",
        widget=Files.Widget(attrs={"accept": attaching.ACCEPT}),
    )
    module = forms.ChoiceField(label="Part of the product", required=False)
    feature_area = Text("Where in it", LIMITS["feature_area"], help_text="Such as: reminders")
    release = Text("Version of the product", LIMITS["release"])
    steps = Text("What did you do, step by step?", LONGEST_STEPS, rows=4, help_text="One step on each line")
    expected_behavior = Text("What should have happened?", LIMITS["expected_behavior"], rows=3)
    actual_behavior = Text("What happened instead?", LIMITS["actual_behavior"], rows=3)
    browser_info = Text(
        "Browser",
        LIMITS["browser_info"],
        help_text="As your browser says. Change it if you saw this in another one.",
    )
    device_info = Text("Device", LIMITS["device_info"])
    satisfaction_rating = score("How satisfied are you?")
    usability_rating = score("How easy is it to use?")
    performance_rating = score("How fast is it?")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        modules = Module.objects.whole().order_by("name").values_list("key", "name")
        self.fields["module"].choices = [("", "I do not know"), *modules]  # type: ignore[attr-defined]

    def clean_severity(self) -> str:
        return self.cleaned_data["severity"] or Ticket.Severity.MEDIUM

    def clean_steps(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in self.cleaned_data["steps"].splitlines() if line.strip())

    def draft(self, request: HttpRequest, workspace: str) -> Draft:
        """What was said, for `workspace`: the id of one, or ""."""
        said = {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in ("attachments", "workspace")
        }
        locale = request.META.get(LOCALE, "").partition(",")[0].partition(";")[0].strip()
        draft = Draft(**said, workspace=workspace, reporter_locale=locale)
        if "reporter_locale" in drafts.faults_of(draft):
            return Draft(**said, workspace=workspace)
        return draft

    def digest(self) -> str:
        """What was said, in a few characters: the same for the same."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "attachments"}
        return hashlib.sha256(repr(sorted(said.items())).encode(errors="replace")).hexdigest()[:24]

    def blame(self, faults: Mapping[str, str]) -> None:
        """Put each rule that was broken beside its field: "steps.3" beside the steps."""
        for name, rule in faults.items():
            field = name.partition(".")[0]
            self.add_error(field if field in self.fields else None, f"This {rule}.")


def prefilled(request: HttpRequest) -> dict[str, str]:
    """What the address and the browser say, as far as it can stand in the form."""
    found = {
        "browser_info": browser_of(request.META.get("HTTP_USER_AGENT", "")),
        "device_info": device_of(request.META.get("HTTP_USER_AGENT", "")),
    }
    form = FeedbackForm()
    for name in ("category", "module", "workspace", "release"):
        try:
            found[name] = form.fields[name].clean(request.GET.get(name, ""))
        except forms.ValidationError:
            continue
    return {name: value for name, value in found.items() if value}
