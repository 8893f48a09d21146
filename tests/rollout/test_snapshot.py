"""The snapshot that a process answers from: what it holds, and what reading it costs."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from operations import keys
from operations.models import ApiKey
from rollout import facts, flags, overrides, phases
from rollout.models import Override
from rollout.serving import snapshot
from rollout.serving.snapshot import WorkspaceFacts
from rollout.targeting import RuleDraft
from tests import builders
from tests.builders import ROOT, within
from tests.doors import an_api_key
from tests.rollout.ofrep.calling import PAGES, a_browser_key

pytestmark = pytest.mark.django_db


def test_it_is_read_in_a_dozen_queries_however_much_there_is(django_assert_max_num_queries: Any) -> None:
    builders.a_plan_in_phase(1)
    for number in range(30):
        builders.a_segment(f"segment_{number}")
        builders.an_experiment(
            f"flag_{number}", rules=[RuleDraft("a rule", within(f"segment_{number}"), serve="red")]
        )
    with django_assert_max_num_queries(12):
        found = snapshot.read()
    assert len(found.flags) == 41
    assert set(found.modules) == {"health_management", "patient_engagement"}


def test_an_empty_portal_has_an_empty_one() -> None:
    found = snapshot.read()
    assert (found.modules, found.flags, found.keys, found.paused, found.origins) == (
        {},
        {},
        {},
        {},
        frozenset(),
    )


def test_an_archived_flag_answers_by_name_and_is_not_listed() -> None:
    builders.modules()
    flags.archive(builders.flag("clinical_alerts"), actor=ROOT)
    found = snapshot.read()
    module, switch = found.flags["clinical_alerts"]
    assert switch in module.switches
    assert switch not in module.live


def test_keys_carry_what_they_may_do() -> None:
    server, reading = an_api_key("evaluate", "read"), an_api_key("read", name="reads")
    page = a_browser_key("patient_engagement")
    revoked, expired = (keys.create(name, ["evaluate"], actor=ROOT)[0] for name in ("revoked", "expired"))
    keys.revoke(revoked, actor=ROOT)
    ApiKey.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    found = snapshot.read()
    assert set(found.keys) == {text.split("_")[1] for text in (server, reading, page)}
    of = {name: found.keys[text.split("_")[1]] for name, text in (("s", server), ("r", reading), ("p", page))}
    assert [of[name].evaluates for name in "srp"] == [True, False, True]
    assert [of[name].origins for name in "srp"] == [None, None, frozenset({PAGES})]
    assert of["p"].modules == frozenset({"patient_engagement"})
    assert found.origins == frozenset({PAGES})


def test_a_unit_is_seen_as_the_module_treats_it() -> None:
    builders.a_plan_in_phase(1)
    overrides.override(builders.flag(), "W00039", True, reason="r", actor=ROOT)
    module = snapshot.read().modules["patient_engagement"]
    known = WorkspaceFacts("professional", "active", frozenset({"pharmacist"}), frozenset())
    assert module.workspace("W00039", known).overrides["patient_engagement_module"].value is True
    assert module.workspace("W00000", known).ineligible == ""
    assert module.workspace("W00000", None).ineligible == facts.UNKNOWN_WORKSPACE
    assert module.out_of_reach("W00000").ineligible is snapshot.OUT_OF_REACH
    held = known._replace(held=frozenset({module.plan_id or 0}))
    assert module.workspace("W00000", held).was_in_at_pause
    assert not module.workspace("W00000", known).was_in_at_pause


def test_overrides_that_ended_are_left_out() -> None:
    builders.modules()
    overrides.override(builders.flag(), "W1", True, reason="r", actor=ROOT)
    Override.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert snapshot.read().modules["patient_engagement"].overrides == {}


def test_paused_plans_are_known_by_when_they_paused() -> None:
    builders.a_plan_in_phase(1)
    assert snapshot.read().paused == {}
    phases.pause(builders.engagement(), actor=ROOT)
    plan = builders.engagement()
    assert snapshot.read().paused == {plan.pk: plan.paused_at}
