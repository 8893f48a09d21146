"""What monitoring lets a person do on a plan beside checking it: vouch for a criterion."""

from django import forms
from unfold.widgets import UnfoldAdminRadioSelectWidget

from monitoring import reviews
from monitoring.admin import words
from monitoring.admin.reviews import note
from operations.actor import Actor
from operations.doors.admin import Inputs, Operation
from rollout import gates
from rollout.models import Plan


class VouchForm(forms.Form):
    criterion = forms.ChoiceField(
        choices=[(name, words.word(name).title) for name in reviews.CAN_BE_TICKED],
        widget=UnfoldAdminRadioSelectWidget(),
        initial=reviews.CAN_BE_TICKED[0],
        label="What you vouch for",
    )
    note = note(help_text="Whom you asked, and what they said. It stands on the record with your name.")


def _vouch(plan: Plan, inputs: Inputs, actor: Actor, version: int | None) -> str:
    tick = reviews.tick(plan, inputs["criterion"], actor=actor, note=inputs["note"])
    title = words.word(tick.criterion).title
    return f'You vouched for "{title}" of phase {tick.phase_number}. The next health check counts it as met.'


def _may_vouch(plan: Plan) -> bool:
    """Whether the present phase asks for something that a person may vouch for."""
    phase = gates.current_phase(plan)
    return phase is not None and phase.min_satisfaction is not None


VOUCH = Operation(
    name="vouch",
    title="Vouch for a criterion",
    permission=reviews.PERMISSION,
    perform=_vouch,
    form=VouchForm,
    offered=_may_vouch,
    icon="verified_user",
    note="Where the portal has too little to judge, a person may. What it can judge, nobody can vouch for.",
)
