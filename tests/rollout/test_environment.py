"""The health module's environment variables are live overrides while they are set (SPEC 3.2)."""

from typing import Any

import pytest

from rollout import answers, cohorts, facts, flags, phases, setup
from rollout.models import Member, Plan
from rollout.rules.evaluation import Answer
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db

FLAG = "health_management"
USERS = 60


@pytest.fixture(autouse=True)
def users() -> None:
    builders.modules()
    builders.workspaces(["W1"])
    Member.objects.bulk_create(
        Member(workspace_id="W1", member=f"user-{n}", role="patient") for n in range(USERS)
    )


@pytest.fixture
def environment(settings: Any) -> Any:
    def set_to(**values: Any) -> None:
        unset: dict[str, Any] = {
            "enabled": None,
            "internal": [],
            "beta_percentage": None,
            "rollout_percentage": None,
        }
        settings.ENVIRONMENT_OVERRIDES = {"health_management": unset | values}

    return set_to


def answer(unit: str = "user-1") -> Answer:
    return answers.explain(FLAG, unit)


def count() -> int:
    state = facts.state_of(builders.module(FLAG))
    found = cohorts.members_with(state, state.flags[0]).count()
    assert found == sum(answer(f"user-{n}").value for n in range(USERS))
    return found


def plan_at(percentage: int) -> Plan:
    phases.set_percentage(builders.health(), percentage, actor=ROOT)
    return builders.health()


def test_true_is_on_for_everybody(environment: Any) -> None:
    environment(enabled=True)
    assert (answer().value, answer().reason) == (True, "STATIC")
    assert count() == USERS


def test_false_is_no_override(environment: Any) -> None:
    plan_at(50)
    before = count()
    environment(enabled=False)
    assert count() == before > 0


def test_set_to_zero_wins_over_all(environment: Any) -> None:
    plan_at(50)
    plan_at(0)
    environment(enabled=True, internal=["user-1"])
    assert (answer().value, answer().reason) == (False, "DISABLED")


def test_a_kill_switch_wins_over_the_environment(environment: Any) -> None:
    environment(enabled=True)
    flags.kill(builders.flag(FLAG), True, actor=ROOT)
    assert answer().reason == "DISABLED"


def test_the_internal_list_of_the_environment_counts(environment: Any) -> None:
    assert not answer().value
    environment(internal=["user-1", "somebody@example.org"])
    assert (answer().value, answer().reason) == (True, "TARGETING_MATCH")
    assert answer("somebody@example.org").value
    assert count() == 1


@pytest.mark.parametrize(("cap", "plan", "same_as"), [(25, 50, 25), (50, 25, 25), (0, 50, 5), (100, 25, 25)])
def test_the_lower_of_the_plans_percentage_and_the_cap_wins(
    environment: Any, cap: int, plan: int, same_as: int
) -> None:
    plan_at(same_as)
    expected = count()
    plan_at(plan)
    environment(rollout_percentage=cap)
    assert count() == expected


def test_the_beta_is_capped_on_its_own(environment: Any) -> None:
    plan_at(5)
    assert count() > 0
    environment(rollout_percentage=0)
    assert count() > 0
    environment(beta_percentage=0)
    assert count() == 0


def test_the_phases_widen_from_the_internal_list_to_everybody() -> None:
    sizes = []
    for number in range(1, 6):
        phases.run(builders.health(), number, actor=ROOT, override="" if number == 1 else "test")
        sizes.append(count())
    assert sizes[0] == 0
    assert sizes[-1] == USERS
    assert sizes == sorted(sizes)


def test_setup_writes_the_environment_into_the_plan(environment: Any) -> None:
    environment(internal=["user-1"], beta_percentage=5, rollout_percentage=25)
    assert setup.write_environment(actor=ROOT) == [
        "health_management: 1 added to the internal list",
        "health_management: 0 % to 25 %",
    ]
    environment()
    assert builders.health().percentage == 25
    assert answer().reason == "TARGETING_MATCH"
    environment(internal=["user-1"], rollout_percentage=25)
    assert setup.write_environment(actor=ROOT) == []


def test_a_percentage_of_zero_leaves_the_internal_list_its_feature(environment: Any) -> None:
    plan_at(25)
    environment(internal=["user-1"], rollout_percentage=0)
    setup.write_environment(actor=ROOT)
    environment()
    assert builders.health().percentage == 0
    assert count() == 1
