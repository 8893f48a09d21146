"""The templates of checklists and steps in the admin: read, edited as YAML, and brought back."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, operation_url
from operations.doors.model_admin import VerbAdmin
from operations.spelling import span
from releases import templates
from releases.models import Template
from releases.template_text import BadTemplate, StepTemplate, read_checklist, read_steps
from releases.template_text.fields import LONGEST

YAML = {"rows": 30, "spellcheck": "false", "autocapitalize": "off", "wrap": "off", "class": "cl-yaml"}
LONGEST_HISTORY = 50


class TextForm(forms.Form):
    text = forms.CharField(
        max_length=LONGEST,
        strip=False,
        widget=UnfoldAdminTextareaWidget(YAML),
        label="YAML",
        help_text="Saved as a new version. Deployments that have their copy keep it.",
    )

    class Media:
        css = {"all": ["releases/checklist.css"]}


def _save(template: Template, inputs: Inputs, actor: Actor, version: int | None) -> str:
    saved = templates.save(template.kind, template.key, inputs["text"], actor=actor, version=version)
    return f"{saved} is what new deployments get."


def _revert(template: Template, inputs: Inputs, actor: Actor, version: int | None) -> str:
    back = templates.revert(template.kind, template.key, actor=actor, version=version)
    return f"{back} is the built-in text again, and what new deployments get."


def _initial(template: Template) -> Inputs:
    return {"text": template.text}


class TemplateAdmin(VerbAdmin):
    operations = (
        Operation(
            name="edit",
            title="Edit",
            permission=templates.CHANGE,
            perform=_save,
            form=TextForm,
            initial=_initial,
            offered=lambda template: template.active,
            icon="edit",
            style="primary",
            note="What is wrong is named with its line or its place, and nothing is saved then.",
        ),
        Operation(
            name="revert",
            title="Back to the built-in",
            permission=templates.CHANGE,
            perform=_revert,
            offered=lambda template: template.active and not template.built_in,
            icon="settings_backup_restore",
            style="warning",
            note="The built-in text becomes a new version, and follows the portal's own from then on. The "
            "versions before stay in the history.",
        ),
    )
    list_display = ("name", "kind", "version", "where_from", "created_at", "created_by")
    list_display_links = ("name",)
    list_filter = ("kind",)
    ordering = ("kind", "key", "-version")
    list_before_template = "admin/releases/templates_head.html"
    change_form_outer_before_template = "admin/releases/template.html"

    class Media:
        css = {"all": ["releases/checklist.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Template]:
        """The list has what new deployments get; a page may be of any version."""
        found: QuerySet[Template] = super().get_queryset(request)
        here = request.resolver_match
        listed = here is not None and here.url_name == "releases_template_changelist"
        return found.filter(active=True) if listed else found

    def get_fieldsets(self, request: HttpRequest, obj: Template | None = None) -> Any:
        return ()

    @display(description="Template", ordering="key")
    def name(self, template: Template) -> str:
        return template.key.replace("_", " ").capitalize()

    @display(description="Text", label={"built-in": "info", "changed": "warning"})
    def where_from(self, template: Template) -> str:
        return "built-in" if template.built_in else "changed"

    def page_context(self, request: HttpRequest, obj: Template) -> dict[str, Any]:
        versions = list(templates.history(obj.kind, obj.key).defer("text")[:LONGEST_HISTORY])
        active = next((each for each in versions if each.active), None)
        return {
            "template": obj,
            "name": self.name(obj),
            "versions": versions,
            "active": active,
            "edit_url": operation_url(self, "edit", [obj]) if obj.active else "",
            **_read(obj),
        }


def _at_most(step: StepTemplate) -> str:
    """How long it may take, and how often it is tried."""
    if step.timeout is None:
        return "-"
    return f"{span(step.timeout)}, {step.attempts} times" if step.attempts > 1 else span(step.timeout)


def _read(template: Template) -> dict[str, Any]:
    """The template in its parts; an old one that the rules of today refuse is shown as its text."""
    try:
        if template.kind == Template.Kind.CHECKLIST:
            return {"checklist": read_checklist(template.text)}
        steps = read_steps(template.text)
        return {"steps": steps, "rungs": [(step, _at_most(step)) for step in steps.steps]}
    except BadTemplate as error:
        return {"fault": str(error)}
