"""API keys: created with scopes, shown once, revoked."""

from django import forms
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextInputWidget,
)

from operations import keys
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Shown
from operations.doors.fields import Moment, Words
from operations.doors.model_admin import VerbAdmin
from operations.models import ApiKey
from operations.models.keys import grantable


class KeyForm(forms.Form):
    name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget())
    kind = forms.ChoiceField(
        choices=ApiKey.Kind.choices,
        initial=ApiKey.Kind.SERVER,
        widget=UnfoldAdminRadioSelectWidget(),
        help_text="Server: a secret that never leaves your servers. Browser: anybody who opens the page can "
        "read it, so it only evaluates flags, of the modules and for the pages named below.",
    )
    scopes = forms.MultipleChoiceField(
        choices=lambda: [(scope.value, scope.label) for scope in grantable()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="A browser key: Evaluate flags and no other.",
    )
    modules = Words(
        required=False,
        help_text="Whose flags it may evaluate: keys such as patient_engagement, separated by blanks, commas "
        "or new lines. A browser key needs one at least. Server keys: empty for all.",
    )
    origins = Words(
        required=False,
        help_text="Only for a browser key: where its pages come from, such as https://app.example.org, "
        "separated by blanks, commas or new lines.",
    )
    expires_at = Moment(required=False, label="Expires", help_text="Empty: when it is revoked.")


def _create_key(nothing: None, inputs: Inputs, actor: Actor, version: int | None) -> Shown:
    key, text = keys.create(
        inputs["name"],
        inputs["scopes"],
        actor=actor,
        expires_at=inputs["expires_at"],
        kind=inputs["kind"],
        modules=inputs["modules"],
        origins=inputs["origins"],
    )
    return Shown("admin/operations/new_key.html", {"key": key, "text": text})


def _revoke_key(key: ApiKey, inputs: Inputs, actor: Actor, version: int | None) -> str:
    keys.revoke(key, actor=actor)
    return f"The key {key} is revoked."


class ApiKeyAdmin(VerbAdmin):
    operations = (
        Operation(
            name="create",
            title="Create API key",
            permission="operations.add_apikey",
            perform=_create_key,
            form=KeyForm,
            creates=True,
            icon="key",
            note="The key is shown once, on the next page. Give it only the scopes that it needs.",
        ),
        Operation(
            name="revoke",
            title="Revoke",
            permission="operations.revoke_apikey",
            perform=_revoke_key,
            offered=lambda key: key.revoked_at is None,
            icon="key_off",
            style="danger",
            note="Whoever uses the key is turned away from now on. This cannot be undone.",
            on_list=True,
        ),
    )
    list_display = (
        "name",
        "kind",
        "state",
        "prefix",
        "scope_names",
        "last_used_at",
        "expires_at",
        "created_by",
    )
    search_fields = ("name", "prefix")
    fields = (
        "name",
        "kind",
        "prefix",
        "scope_names",
        "module_names",
        "origin_names",
        "state",
        "created_at",
        "created_by",
        "expires_at",
        "last_used_at",
    )

    @display(description="State", label={"Active": "success", "Expired": "warning", "Revoked": "danger"})
    def state(self, key: ApiKey) -> str:
        if key.revoked_at:
            return "Revoked"
        return "Active" if key.is_active else "Expired"

    @display(description="Scopes")
    def scope_names(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @display(description="Modules")
    def module_names(self, key: ApiKey) -> str:
        return ", ".join(key.modules) or "all"

    @display(description="Origins")
    def origin_names(self, key: ApiKey) -> str:
        return ", ".join(key.origins) or "-"
