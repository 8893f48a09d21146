"""The forms of what is done to a release. The rules live in the verbs; these only read."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from releases.admin.deployments.forms import Lines, Percentage
from releases.admin.releases import suggesting
from releases.lifecycle import CONFIRMED_ISSUE
from releases.models import Category, Issue, Method, Release
from releases.release_rules import LONGEST
from releases.versions import LONGEST as LONGEST_VERSION
from rollout.models import Module


class Issues(forms.ModelMultipleChoiceField):
    """Issues to tick, the worst first, each with how it stands."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Issue.objects.none(), widget=UnfoldAdminCheckboxSelectMultipleWidget(), **options)

    def label_from_instance(self, issue: Issue) -> str:
        return (
            f"{issue.reference} {issue.title} ({issue.get_severity_display().lower()}, "
            f"{issue.get_state_display().lower()})"
        )


class ShippingForm(forms.Form):
    """What it is and how it must ship."""

    title = forms.CharField(
        max_length=LONGEST["title"],
        required=False,
        widget=UnfoldAdminTextInputWidget({"dir": "auto"}),
        help_text="What it is about, in a few words.",
    )
    category = forms.ChoiceField(
        choices=Category.choices,
        initial=Category.MEDIUM,
        widget=UnfoldAdminRadioSelectWidget(),
        help_text="It fixes how the release may ship and who must sign. High: schema, breaking API, "
        "architecture, security. Medium: features, workflows, permissions. Low: interface, reports, "
        "configuration.",
    )
    method = forms.ChoiceField(
        choices=[("", "The first that the category allows"), *Method.choices],
        required=False,
        widget=UnfoldAdminSelectWidget(),
    )
    hotfix = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text="Fast-tracked: fewer steps, the same records. It ships rolling.",
    )
    security = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        label="Mends a security hole",
        help_text="With hotfix: it is announced afterwards.",
    )
    risk = Lines(
        LONGEST["risk"], rows=3, required=False, help_text="What may go wrong, and how it would show."
    )
    notes = Lines(LONGEST["notes"], rows=4, required=False, help_text="They open the changelog.")


class CreateForm(ShippingForm):
    version = forms.CharField(
        max_length=LONGEST_VERSION,
        initial=suggesting.next_patch,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
    )
    module = forms.ModelChoiceField(
        Module.objects.whole().order_by("name"),
        required=False,
        empty_label="That of its issues",
        widget=UnfoldAdminSelectWidget(),
        help_text="Needed where no issue says it.",
    )
    issues = Issues(
        required=False,
        help_text="Confirmed ones that are in no release. One that is not fixed yet keeps it from staging.",
    )

    field_order = ("version", "title", "issues", "module", "category")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = Issue.objects.filter(state__in=CONFIRMED_ISSUE, release=None).worst_first()
        self.fields["issues"].queryset = free.select_related("module")  # type: ignore[attr-defined]
        last = suggesting.newest()
        offered = ", ".join(f"{version} is the next {name}" for name, version in suggesting.after(last))
        self.fields["version"].help_text = f"After {last}: {offered}." if last else "Such as 1.0.0."


class EditForm(ShippingForm):
    """As it stands; what decides how it ships is fixed once it was in staging."""

    @staticmethod
    def filled_in(release: Release) -> dict[str, Any]:
        return {name: getattr(release, name) for name in ShippingForm.base_fields}


class AboutRelease(forms.Form):
    """Knows its release by what it is filled in with: `release` and `module`, their keys."""

    def about(self, name: str) -> Any:
        return self.initial.get(name) or self.data.get(name)


class AddIssuesForm(AboutRelease):
    issues = Issues(help_text="Confirmed ones of the module that are in no release yet.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = Issue.objects.filter(state__in=CONFIRMED_ISSUE, release=None, module=self.about("module"))
        self.fields["issues"].queryset = free.worst_first()  # type: ignore[attr-defined]


class RemoveIssuesForm(AboutRelease):
    issues = Issues(help_text="They are free for another release.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = Issue.objects.filter(release=self.about("release"))
        self.fields["issues"].queryset = held.worst_first()  # type: ignore[attr-defined]


class DeployForm(forms.Form):
    percentage = Percentage(
        initial=100,
        label="As far as, %",
        help_text="There it stops and waits for a person. 100 carries it to everybody while health passes.",
    )
