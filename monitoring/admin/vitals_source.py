"""Choosing where a plan's vitals come from, each query tried before it is saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from monitoring import plan_sources
from monitoring.models import BaselineSet, VitalsSource
from monitoring.sources import trial
from monitoring.sources.trial import Tried
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation, Preview
from rollout.models import Plan

PERMISSION = "monitoring.change_vitalssource"
GROUPS = (
    ("What tells them apart", ("workspace_label", "arm_label")),
    ("Requests", ("requests", "errors", "timeouts", "latency", "module_requests", "module_errors")),
    ("Use", ("used", "daily_users", "weekly_users", "counters")),
    ("Platform", ("memory", "cpu", "disk", "database_latency", "database_ms", "database_failures")),
)
SHORT = {"kind": "Vitals are", "cpu": "CPU", "database_ms": "Database, ms"}


class Pairs(forms.Field):
    """`name = selector`, one a line, as a dictionary."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=UnfoldAdminTextareaWidget({"rows": 3}), required=False, **options)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return "\n".join(f"{name} = {series}" for name, series in value.items())
        return value

    def to_python(self, value: Any) -> dict[str, str]:
        if isinstance(value, Mapping):
            return dict(value)
        lines = [line.partition("=") for line in (value or "").splitlines() if line.strip()]
        for name, sign, series in lines:
            if not (sign and name.strip() and series.strip()):
                raise forms.ValidationError(f"Write name = selector on each line, not {name.strip()!r}.")
        return {name.strip(): series.strip() for name, _, series in lines}


@dataclass(frozen=True)
class Section:
    """Fields that belong together."""

    title: str
    fields: list[forms.BoundField]


class VitalsSourceForm(forms.Form):
    """The settings of a source, with the version they were shown at.

    `asked` is there when the form was sent: a first look at the page asks Prometheus nothing.
    """

    body = "admin/monitoring/vitals_source_form.html"
    kind = forms.ChoiceField(
        choices=VitalsSource.Kind.choices, widget=UnfoldAdminRadioSelectWidget(), label="Vitals are"
    )
    counters = Pairs(label="Further counters", help_text="One a line: portalVisits = portal_visits_total")
    shown_version = forms.IntegerField(widget=forms.HiddenInput())
    asked = forms.CharField(widget=forms.HiddenInput(), initial="1", required=False)

    class Media:
        css = {"all": ["monitoring/health.css"]}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in plan_sources.TEXTS:
            self.fields[name] = _text(name)

    @property
    def sections(self) -> list[Section]:
        return [Section(title, [self[name] for name in names]) for title, names in GROUPS]

    @property
    def opened(self) -> bool:
        """Whether the queries are shown at once: where they are used, or one is wrong."""
        wrong = set(self.errors) - {"kind"} if self.is_bound else set()
        return self["kind"].value() == VitalsSource.Kind.PROMETHEUS or bool(wrong)


def _text(name: str) -> forms.CharField:
    about = VitalsSource._meta.get_field(name)
    label = SHORT.get(name, name.replace("_", " ").capitalize())
    return forms.CharField(
        label=label,
        help_text=str(about.help_text),  # type: ignore[union-attr]  # a column, not a relation
        required=False,
        widget=UnfoldAdminTextInputWidget({"spellcheck": "false", "autocomplete": "off"}),
    )


def stored(plan: Plan) -> VitalsSource:
    """The plan's source; of one that has none, the pushed one with the usual queries."""
    found = VitalsSource.objects.filter(plan=plan).first()
    return found or VitalsSource(plan=plan)


def _initial(plan: Plan) -> Inputs:
    source = stored(plan)
    values = {name: getattr(source, name) for name in plan_sources.CONFIGURABLE}
    return {**values, "counters": Pairs().prepare_value(source.counters), "shown_version": source.version}


def _values(inputs: Inputs) -> dict[str, Any]:
    return {name: inputs[name] for name in plan_sources.CONFIGURABLE}


def _configure(plan: Plan, inputs: Inputs, actor: Actor, version: int | None) -> str:
    shown = inputs["shown_version"]
    source = plan_sources.configure(plan, actor=actor, version=shown, **_values(inputs))
    return f"The vitals of {plan} are {source.get_kind_display().lower()}."


@dataclass(frozen=True)
class Effect:
    """One setting that would change."""

    name: str
    before: str
    after: str


def _preview(plan: Plan, inputs: Inputs, actor: Actor) -> Preview:
    """What would change, and what each query gives now."""
    before = stored(plan)
    context: dict[str, Any] = {"source": before, "asked": bool(inputs.get("asked"))}
    if context["asked"]:
        after = plan_sources.configure(plan, actor=actor, dry_run=True, **_values(inputs))
        changed = [
            name for name in plan_sources.CONFIGURABLE if getattr(before, name) != getattr(after, name)
        ]
        measured_anew = plan_sources.MEASURED_WITH & set(changed)
        context |= {
            "changes": [Effect(_label(name), _shown(name, before), _shown(name, after)) for name in changed],
            "drops_baselines": bool(measured_anew) and BaselineSet.objects.filter(plan=plan).exists(),
            "tried": [(_label(each.field), each) for each in _tried(after)],
        }
    return Preview("admin/monitoring/vitals_source_preview.html", context)


def _tried(source: VitalsSource) -> list[Tried]:
    return trial.try_out(source) if source.kind == VitalsSource.Kind.PROMETHEUS else []


def _shown(name: str, source: VitalsSource) -> str:
    """A setting as its field shows it."""
    if name == "kind":
        return source.get_kind_display()
    return str(Pairs().prepare_value(getattr(source, name)))


def _label(name: str) -> str:
    return SHORT.get(name, name.replace("_", " ").replace(".", ": ").capitalize())


VITALS_SOURCE = Operation(
    name="vitals-source",
    title="Change vitals source",
    permission=PERMISSION,
    perform=_configure,
    preview=_preview,
    form=VitalsSourceForm,
    initial=_initial,
    previewed=(*plan_sources.CONFIGURABLE, "asked"),
    offered=lambda plan: plan.status != Plan.Status.ARCHIVED,
    on_page=False,
    icon="sensors",
    style="primary",
    note="Where the numbers of the health checks come from. The preview asks each query once.",
)
