"""What a person enters about a flag itself: a new one, its description, phases, schedule, prerequisite."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from operations.doors.fields import Moment
from rollout import flag_checks
from rollout.admin.fields import Day, reason
from rollout.models import Flag, Module, Variant
from rollout.rules.values import OFF


class Needed(forms.ChoiceField):
    """A live flag and the variant of it that is needed: a pair, or (None, "")."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, choices=needed_choices, widget=UnfoldAdminSelectWidget(), **options)

    def clean(self, value: Any) -> Any:
        key, _, variant = super().clean(value).partition(":")
        if not key:
            return None, ""
        return Flag.objects.select_related("module").get(key=key), variant


def needed_choices(flag: Flag | None = None) -> list[Any]:
    """Each live flag that `flag` may need, or any flag of a whole module, and each of its variants."""
    found = Flag.objects.live().select_related("module").order_by("module__name", "key")
    found = found.filter(module__part_of=None) if flag is None else found.filter(module=flag.module_id)
    if flag is not None:
        found = found.exclude(pk=flag.pk)
    variants: dict[int, list[str]] = {}
    for pk, key in Variant.objects.filter(flag__in=found).exclude(key=OFF).values_list("flag_id", "key"):
        variants.setdefault(pk, []).append(key)
    groups: dict[str, list[tuple[str, str]]] = {}
    for row in found:
        group = groups.setdefault(row.module.name, [])
        group.append((f"{row.key}:", row.key))
        group += [(f"{row.key}:{key}", f"{row.key}, variant {key}") for key in variants.get(row.pk, ())]
    return [("", "No other flag"), *groups.items()]


def text(*, longest: int = 100, **options: Any) -> forms.CharField:
    return forms.CharField(max_length=longest, widget=UnfoldAdminTextInputWidget(), **options)


def phase(**options: Any) -> forms.IntegerField:
    widget = UnfoldAdminIntegerFieldWidget({"min": 1, "inputmode": "numeric"})
    return forms.IntegerField(min_value=1, max_value=flag_checks.LAST_PHASE, widget=widget, **options)


class DescribeForm(forms.Form):
    name = text()
    description = forms.CharField(
        required=False,
        max_length=flag_checks.LONGEST_DESCRIPTION,
        widget=UnfoldAdminTextareaWidget({"rows": 4}),
    )
    owner = text(required=False, help_text="Who to ask about the flag: a person or a team.")
    expires_on = Day(
        required=False,
        label="Expires",
        help_text="When it should be gone from the code. Changes no answer; the list shows it for clean-up.",
    )


class CreateForm(DescribeForm):
    module = forms.ModelChoiceField(Module.objects.whole(), widget=UnfoldAdminSelectWidget())
    key = text(
        longest=80,
        help_text="What the product asks for, such as refill_reminders. It stays as it is.",
    )
    value_type = forms.ChoiceField(
        choices=Flag.ValueType.choices,
        label="It answers",
        help_text="More than on or off: give it variants afterwards, each with a value.",
        widget=UnfoldAdminSelectWidget(),
    )
    from_phase = phase(
        initial=1, label="From phase", help_text="The phase of the module's plan in which the flag starts."
    )
    selected_from_phase = phase(
        required=False,
        label="For selected ones from phase",
        help_text="Empty: from the start for everybody whom the plan reaches.",
    )
    prerequisite = Needed(label="Needs")
    field_order = ("module", "key", "name", "value_type", "description", "owner", "expires_on")


class PhasesForm(forms.Form):
    from_phase = phase(label="From phase", help_text="The phase in which the whole cohort gets the flag.")
    selected_from_phase = phase(
        required=False,
        label="For selected ones from phase",
        help_text="Workspaces of the cohort that are selected get it earlier. Empty: none do.",
    )


class PrerequisiteForm(forms.Form):
    """`initial` also brings the flag, whose module has those that it may need."""

    prerequisite = Needed(label="Needs", help_text="Where that flag is off, this one is off as well.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        flag = self.initial.get("flag")
        self.fields["prerequisite"].choices = lambda: needed_choices(flag)  # type: ignore[attr-defined]


class ScheduleForm(forms.Form):
    on_from = Moment(required=False, label="On from", help_text="Empty: no beginning.")
    off_at = Moment(required=False, label="Off at", help_text="Empty: no end.")
    reason = reason()
