"""What a change of a flag would do is what it does."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from rollout import cohorts, facts, flags
from rollout.models import Flag
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db

CHANGES: dict[str, Callable[[], dict[str, object]]] = {
    "a schedule that begins later": lambda: {"on_from": timezone.now() + timedelta(days=1), "off_at": None},
    "a later phase": lambda: {"from_phase": 3, "selected_from_phase": None},
    "an earlier phase": lambda: {"from_phase": 1, "selected_from_phase": None},
    "a prerequisite that is off": lambda: {
        "prerequisite": builders.flag("clinical_alerts"),
        "prerequisite_variant": "",
    },
    "no prerequisite": lambda: {"prerequisite": None, "prerequisite_variant": ""},
}
VERBS: dict[str, Callable[..., Flag]] = {
    "on_from": lambda flag, **values: flags.schedule(flag, values["on_from"], values["off_at"], actor=ROOT),
    "from_phase": lambda flag, **values: flags.set_phases(
        flag, values["from_phase"], values["selected_from_phase"], actor=ROOT
    ),
    "prerequisite": lambda flag, **values: flags.require(
        flag, values["prerequisite"], values["prerequisite_variant"], actor=ROOT
    ),
}


def having(key: str) -> set[str]:
    state = facts.state_of(builders.module())
    found = next(each for each in state.flags if each.key == key)
    return set(cohorts.members_with(state, found).values_list("pk", flat=True))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("key", ["smart_reminder_system", "patient_portal"])
def test_the_preview_of_a_change_is_its_effect(change: str, key: str) -> None:
    builders.a_plan_in_phase(1)
    flag, values = builders.flag(key), CHANGES[change]()
    before = having(key)
    comparison = flags.effect(flag, **values)
    gaining = {row.pk for row in comparison.changing(key, gain=True)}
    losing = {row.pk for row in comparison.changing(key, gain=False)}
    VERBS[next(iter(values))](builders.flag(key), **values)
    after = having(key)
    assert (gaining, losing) == (after - before, before - after)


def test_some_of_these_changes_move_somebody() -> None:
    builders.a_plan_in_phase(1)
    later = flags.effect(builders.flag("smart_reminder_system"), from_phase=3)
    own = next(found for found in later.preview().flags if found.key == "smart_reminder_system")
    assert (own.gain, own.lose) == (0, 4)
    sooner = flags.effect(builders.flag("patient_portal"), from_phase=1, selected_from_phase=None)
    own = next(found for found in sooner.preview().flags if found.key == "patient_portal")
    assert (own.gain, own.lose) == (4, 0)
