"""What a person enters about workspaces. The rules live in the verbs; these only read."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.dateparse import parse_datetime
from unfold.widgets import INPUT_CLASSES, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from operations.csv_files.reading import DEFAULT_ENCODING
from operations.errors import Invalid
from rollout.imports.rows import FIELDS, MEMBER_FIELDS, WORKSPACE_FIELDS
from rollout.models import Flag, Module, Workspace

# In bytes. A request that reads a larger one takes longer than a person waits.
LARGEST_FILE = 100_000_000
ENCODINGS = [
    ("utf-8", "UTF-8"),
    ("cp1252", "Windows, western Europe (cp1252)"),
    ("iso-8859-15", "Latin-9 (ISO 8859-15)"),
    ("cp1250", "Windows, central Europe (cp1250)"),
    ("utf-16", "UTF-16"),
]
LABELS = {
    "id": "Id",
    "name": "Name",
    "tier": "Subscription tier",
    "status": "Subscription status",
    "region": "Region",
    "timeZone": "Time zone",
    "member": "Member",
    "role": "Role",
    "email": "E-mail",
    "active": "Active",
}
NOTES = {
    "id": "The product's own id of the workspace.",
    "timeZone": "An IANA name.",
    "member": "The product's id of a person: then the file has one row for each member.",
    "role": "Without a column of members: one unnamed member of this role each.",
    "active": "true or false; members are active unless it says otherwise.",
}
# Those that may well be the same in every row.
EXAMPLES = {
    "tier": "professional",
    "status": "active",
    "region": "Greater Manchester",
    "timeZone": "Europe/London",
    "role": "pharmacist",
    "active": "true",
}
# The list of pharmacies that the NHS publishes: it knows no subscriptions and no members.
NHS_LIST = {
    "map_id": "organisation_data_service_code",
    "map_name": "pharmacy_name",
    "default_tier": "professional",
    "default_status": "active",
    "default_role": "pharmacist",
}


class Entry(forms.CharField):
    """One line of text, as it was typed."""

    def __init__(self, *, placeholder: str = "", **options: Any) -> None:
        widget = UnfoldAdminTextInputWidget({"placeholder": placeholder, "autocomplete": "off"})
        super().__init__(required=False, max_length=200, widget=widget, **options)


class ImportForm(forms.Form):
    """A file, its encoding, and for each field its column and what stands where that is missing."""

    file = forms.FileField(
        label="CSV file",
        widget=forms.FileInput({"accept": ".csv,text/csv", "class": " ".join(INPUT_CLASSES)}),
        help_text="Up to 100 MB, with a header. A comma separates the cells.",
    )
    encoding = forms.ChoiceField(
        choices=ENCODINGS, initial=DEFAULT_ENCODING, widget=UnfoldAdminSelectWidget()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in FIELDS:
            self.fields[f"map_{field}"] = Entry(
                label=f"{LABELS[field]}: column", placeholder=field, help_text=NOTES.get(field, "")
            )
            if field in EXAMPLES:
                self.fields[f"default_{field}"] = Entry(
                    label=f"{LABELS[field]}: default", placeholder=f"such as {EXAMPLES[field]}"
                )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_FILE:
            raise forms.ValidationError(
                f"The file has {(file.size or 0) / 1e6:,.0f} MB, and this page takes "
                f"{LARGEST_FILE / 1e6:,.0f} MB. On the server, `manage.py workspaces import FILE` takes "
                "a file of any size."
            )
        return file

    @property
    def sections(self) -> list[tuple[str, list[list[forms.BoundField]]]]:
        """The fields of a workspace and of a member, each with its column and its default."""
        return [
            (title, [[self[name] for name in _names(field) if name in self.fields] for field in fields])
            for title, fields in (("The workspace", WORKSPACE_FIELDS), ("Its members", MEMBER_FIELDS))
        ]

    def chosen(self, kind: str) -> dict[str, str]:
        """What was entered as "map" or as "default", by field."""
        return {
            field: text for field in FIELDS if (text := self.cleaned_data.get(f"{kind}_{field}", "").strip())
        }

    def mark(self, refusal: Invalid) -> None:
        """Put each fault to its field, or to the file."""
        for name, rule in refusal.fields.items():
            known = name.replace(" ", "_", 1)
            self.add_error(known if known in self.fields else "file", rule[:1].upper() + rule[1:])


def _names(field: str) -> tuple[str, str]:
    return f"map_{field}", f"default_{field}"


class EditForm(forms.Form):
    """The fields of a workspace, with the moment of the picture they were decided on."""

    name = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget())
    tier = forms.CharField(max_length=30, label="Subscription tier", widget=UnfoldAdminTextInputWidget())
    status = forms.CharField(max_length=30, label="Subscription status", widget=UnfoldAdminTextInputWidget())
    region = forms.CharField(max_length=100, required=False, widget=UnfoldAdminTextInputWidget())
    time_zone = forms.CharField(
        max_length=50,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text="An IANA name, such as Europe/London.",
    )
    shown_at = forms.CharField(required=False, widget=forms.HiddenInput())

    def clean_shown_at(self) -> Any:
        try:
            return parse_datetime(self.cleaned_data["shown_at"])
        except ValueError:
            return None

    @staticmethod
    def filled_in(workspace: Workspace) -> Mapping[str, Any]:
        """The form as the workspace stands."""
        names = ("name", "tier", "status", "region", "time_zone")
        return {
            **{name: getattr(workspace, name) for name in names},
            "shown_at": workspace.updated_at.isoformat(),
        }


class ExplainForm(forms.Form):
    """Which flag to explain for a workspace."""

    flag = forms.ChoiceField(widget=UnfoldAdminSelectWidget())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        flags = Flag.objects.live().filter(module__unit=Module.Unit.WORKSPACE)
        keys = flags.order_by("module__name", "from_phase", "pk").values_list("key", flat=True)
        self.fields["flag"].choices = [(key, key) for key in keys]  # type: ignore[attr-defined]
