"""What each category of change asks for, in the admin."""

from django import forms
from django.db.models import Case, When
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from operations.actor import Actor
from operations.doors.admin import Inputs, Operation
from operations.doors.model_admin import VerbAdmin
from releases import policies
from releases.models import ChangePolicy, Method
from releases.roles import GROUPS, Role

RISK = Case(When(category="low", then=1), When(category="medium", then=2), default=3)
ROLES = [(role.value, GROUPS[role]) for role in Role]


class PolicyForm(forms.Form):
    people = forms.IntegerField(
        min_value=1,
        max_value=policies.MOST_PEOPLE,
        widget=UnfoldAdminIntegerFieldWidget(),
        label="People",
        help_text="So many different people must have signed, whatever their roles.",
    )
    roles = forms.MultipleChoiceField(
        choices=ROLES,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="Each of these must have signed.",
    )
    last = forms.ChoiceField(
        choices=[("", "None"), *ROLES],
        required=False,
        widget=UnfoldAdminSelectWidget(),
        label="Last role",
        help_text="Signs when all the others have. One of the roles above.",
    )
    not_the_author = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text="The signature of who made the release does not count.",
    )
    announcement = forms.BooleanField(
        required=False, widget=UnfoldBooleanSwitchWidget(), help_text="Users are told before."
    )
    methods = forms.MultipleChoiceField(
        choices=Method.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="How such a change may ship.",
    )
    examples = forms.CharField(max_length=policies.LONGEST_EXAMPLES, widget=UnfoldAdminTextInputWidget())


def _change(policy: ChangePolicy, inputs: Inputs, actor: Actor, version: int | None) -> str:
    changed = policies.change(policy, actor=actor, version=version, **inputs)
    return f"{changed} is changed: that counts for every deployment that has not begun."


class PolicyAdmin(VerbAdmin):
    operations = (
        Operation(
            name="change",
            title="Change",
            permission=policies.CHANGE,
            perform=_change,
            form=PolicyForm,
            initial=lambda policy: {name: getattr(policy, name) for name in policies.CHANGEABLE},
            icon="edit",
            style="primary",
            note="What production asks for before a change of this category. It counts at once for every "
            "deployment that has not begun.",
        ),
    )
    ordering = (RISK.asc(),)
    list_display = ("category_name", "examples", "people", "who", "author", "announcement", "how")
    list_display_links = ("category_name",)
    fields = ("category_name", "examples", "people", "who", "author", "announcement", "how")

    @display(description="Category")
    def category_name(self, policy: ChangePolicy) -> str:
        return policy.get_category_display()

    @display(description="Roles that must sign")
    def who(self, policy: ChangePolicy) -> str:
        named = [f"{GROUPS[Role(role)]}{' (last)' if role == policy.last else ''}" for role in policy.roles]
        return ", ".join(named) or "any"

    @display(description="The author's signature counts", boolean=True)
    def author(self, policy: ChangePolicy) -> bool:
        return not policy.not_the_author

    @display(description="May ship by")
    def how(self, policy: ChangePolicy) -> str:
        return ", ".join(Method(method).label for method in policy.methods)
