"""What a person enters about workspaces. The rules live in the verbs; these only read."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.dateparse import parse_datetime
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from operations.doors.csv_forms import CsvForm
from rollout.imports.rows import MEMBER_FIELDS, WORKSPACE_FIELDS
from rollout.models import Flag, Module, Workspace

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


class ImportForm(CsvForm):
    """A file of workspaces and their members."""

    command = "workspaces import"
    sections_of = (("The workspace", WORKSPACE_FIELDS), ("Its members", MEMBER_FIELDS))
    labels = LABELS
    notes = NOTES
    examples = EXAMPLES


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
