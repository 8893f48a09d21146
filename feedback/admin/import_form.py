"""What a person enters to import tickets. The rules live in the verbs; these only read."""

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from feedback.imports import presets
from feedback.imports.fields import DRAFTED, LIVED
from feedback.imports.importing import Options
from operations.doors.csv_forms import CsvForm, Entry

PLACED = ("workspace", "module", "release", "reporterName", "reporterEmail", "reporterLocale")
LABELS = {
    **{name: name[:1].upper() + column.replace("_", " ")[1:] for name, column in DRAFTED.items()},
    "externalId": "Number",
    "status": "Status",
    "resolution": "Resolution",
    "receivedAt": "Received",
    "resolvedAt": "Resolved",
    "fixedIn": "Fixed in",
    "owner": "Owner",
    "tags": "Tags",
    "release": "Seen in version",
}


class ImportForm(CsvForm):
    """A file of tickets, what its words stand for, and how its dates are written."""

    command = "ticket import"
    sections_of = (
        ("What was said", tuple(name for name in DRAFTED if name not in PLACED)),
        ("Who said it, and where", PLACED),
        ("What became of it", LIVED),
    )
    labels = LABELS
    notes = {
        "description": "Where it is empty, the title stands for it.",
        "steps": "One on each line of the cell.",
        "workspace": "The product's own id of the workspace.",
        "module": "Its key, such as patient_engagement.",
        "externalId": "Its number where it comes from: it is imported once. Without, the row itself is.",
        "resolution": "resolved or declined: how it ended, where its status does not say so.",
        "receivedAt": "Where it is empty: the moment of the import.",
        "owner": "The user name of somebody of the team.",
        "tags": "With commas or semicolons between them.",
    }
    examples = {
        "category": "bug_report",
        "severity": "medium",
        "featureArea": "reminders",
        "workspace": "FA002",
        "module": "patient_engagement",
        "release": "1.0.0",
        "status": "new",
        "tags": "imported",
    }

    preset = forms.ChoiceField(
        choices=[(name, name.capitalize() or "None") for name in presets.PRESETS],
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text="Columns and words of a program; what is entered below goes before it.",
    )
    time_zone = Entry(
        label="Time zone", placeholder="such as Europe/London", help_text="Of dates that name none."
    )
    month_first = forms.BooleanField(
        required=False, widget=UnfoldBooleanSwitchWidget(), label="03/04/2026 is the 4th of March"
    )
    value = forms.CharField(
        required=False,
        label="What words of the file stand for",
        widget=UnfoldAdminTextareaWidget(
            {"rows": 4, "placeholder": "severity:Urgent=critical\nstatus:Waiting=triaged"}
        ),
        help_text="One a line: FIELD:FROM=TO. The fields are the grey words in the boxes below.",
    )

    def options(self) -> Options:
        """How to read the file. Raises Invalid."""
        lines = self.cleaned_data["value"].splitlines()
        return Options(
            preset=self.cleaned_data["preset"],
            mapping=self.chosen("map"),
            defaults=self.chosen("default"),
            values=presets.values_of([line for line in lines if line.strip()]),
            encoding=self.cleaned_data["encoding"],
            time_zone=self.cleaned_data["time_zone"].strip(),
            month_first=self.cleaned_data["month_first"],
        )
