"""The criteria of a phase (SPEC 3.1, 4.3): at, just under and just over each limit."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitoring.judging.criteria import phase_criteria
from monitoring.judging.evidence import Adoption, Thresholds
from monitoring.judging.findings import Criterion
from monitoring.vitals import Arms, Vitals
from tests.monitoring.judging_evidence import PHASE, QUIET, evidence, vitals


def one(name: str, phase: Thresholds = PHASE, **said: Any) -> Criterion:
    return {each.name: each for each in phase_criteria(evidence(phase=phase, **said))}[name]


def state(found: Criterion) -> tuple[bool | None, bool, bool]:
    return found.met, found.holds, found.breaks


MET, NOT_MET, TOO_LITTLE, NOT_ASKED = (
    (True, False, False),
    (False, True, False),
    (None, True, False),
    (None, False, False),
)


@pytest.mark.parametrize(
    ("requests", "errors", "expected"),
    [
        (99, 0, TOO_LITTLE),
        (100, 0, TOO_LITTLE),
        (200, 0, MET),
        (10_000, 150, MET),
        (10_000, 200, TOO_LITTLE),
        (10_000, 250, NOT_MET),
        (1_000, 15, TOO_LITTLE),
    ],
)
def test_the_whole_interval_of_the_error_rate_lies_on_one_side_of_the_maximum(
    requests: int, errors: int, expected: tuple[bool | None, bool, bool]
) -> None:
    assert state(one("error_rate", day=Arms(vitals(requests, errors), QUIET))) == expected


def test_above_the_target_and_below_the_maximum_is_amber_and_opens_the_gate() -> None:
    phase = replace(PHASE, target_error_rate=0.01)
    amber = one("error_rate", phase, day=Arms(vitals(10_000, 140), QUIET))
    green = one("error_rate", phase, day=Arms(vitals(10_000, 100), QUIET))
    assert (state(amber), amber.amber, state(green), green.amber) == (MET, True, MET, False)
    assert amber.reason.endswith("under the maximum, above the target of 1 %.")


def test_the_modules_own_requests_count_where_the_product_sends_them() -> None:
    own = Vitals(requests=10_000, errors=0, module_requests=1_000, module_errors=100)
    assert state(one("error_rate", day=Arms(own, QUIET))) == NOT_MET


def test_a_control_above_the_maximum_as_well_blames_the_platform() -> None:
    found = one("error_rate", day=Arms(vitals(10_000, 300), vitals(90_000, 2_400)))
    assert (state(found), found.cause) == (NOT_MET, "platform")


@pytest.mark.parametrize(
    ("buckets", "expected"),
    [
        ((0, 0, 0, 100, 100, 100, 100, 100, 100), MET),
        ((0, 0, 0, 0, 94, 100, 100, 100, 100), NOT_MET),
        # Exactly 500 ms is not under 500 ms.
        ((0, 0, 0, 0, 95, 100, 100, 100, 100), NOT_MET),
        ((0, 0, 0, 99, 99, 99, 99, 99, 99), TOO_LITTLE),
        ((0, 0, 0, 0, 0, 0, 0, 0, 0), TOO_LITTLE),
    ],
)
def test_the_p95_is_under_its_maximum(
    buckets: tuple[int, ...], expected: tuple[bool | None, bool, bool]
) -> None:
    assert state(one("p95", day=Arms(replace(QUIET, buckets=buckets), QUIET))) == expected


@pytest.mark.parametrize(("measured", "expected"), [(99.9, MET), (100.0, NOT_MET), (None, TOO_LITTLE)])
def test_the_databases_p95_is_asked_for_where_the_phase_has_one(
    measured: float | None, expected: tuple[bool | None, bool, bool]
) -> None:
    phase = replace(PHASE, max_database_p95_ms=100)
    assert state(one("database_p95", phase, database_p95_ms=measured)) == expected


@pytest.mark.parametrize(
    ("adoption", "expected"),
    [
        (Adoption(3, 10), MET),
        (Adoption(2, 10), NOT_MET),
        (Adoption(0, 0), NOT_ASKED),
        (None, TOO_LITTLE),
    ],
)
def test_adoption_is_asked_for_from_day_five(
    adoption: Adoption | None, expected: tuple[bool | None, bool, bool]
) -> None:
    assert state(one("adoption", replace(PHASE, min_adoption=0.3), adoption=adoption)) == expected


@pytest.mark.parametrize(("open_issues", "expected"), [(0, MET), (1, NOT_MET), (2, NOT_MET)])
@pytest.mark.parametrize("ticked", [(), ("critical_issues",)])
def test_no_critical_issue_may_be_open_whatever_a_person_says(
    open_issues: int, ticked: tuple[str, ...], expected: tuple[bool | None, bool, bool]
) -> None:
    phase = replace(PHASE, no_open_critical_issue=True)
    assert state(one("critical_issues", phase, critical_issues=open_issues, ticked=ticked)) == expected


@pytest.mark.parametrize(
    ("satisfaction", "ticked", "expected"),
    [
        (4.0, (), MET),
        (3.9, (), NOT_MET),
        (3.9, ("satisfaction",), NOT_MET),
        (None, (), TOO_LITTLE),
        (None, ("satisfaction",), MET),
        (None, ("critical_issues",), TOO_LITTLE),
    ],
)
def test_unknown_satisfaction_holds_unless_a_person_ticks_it(
    satisfaction: float | None, ticked: tuple[str, ...], expected: tuple[bool | None, bool, bool]
) -> None:
    phase = replace(PHASE, min_satisfaction=4.0)
    assert state(one("satisfaction", phase, satisfaction=satisfaction, ticked=ticked)) == expected


def test_satisfaction_is_told_with_the_number_of_ratings() -> None:
    phase = replace(PHASE, min_satisfaction=4.0)
    enough = one("satisfaction", phase, satisfaction=4.25, ratings=12)
    assert (enough.n, enough.reason) == (12, "The mean of 12 ratings in 7 days is 4.2; 4.0 is asked for.")
    few = one("satisfaction", phase, ratings=1)
    assert (few.n, few.reason.split(":")[0]) == (1, "1 rating in 7 days")


@pytest.mark.parametrize(
    ("trouble", "expected"), [("", MET), ("memory at 10:00", NOT_MET), (None, TOO_LITTLE)]
)
def test_stable_is_no_trouble_for_a_day(
    trouble: str | None, expected: tuple[bool | None, bool, bool]
) -> None:
    found = one("stable", replace(PHASE, stable_for=timedelta(hours=24)), trouble=trouble)
    assert state(found) == expected
    assert "24 hours" in found.reason


@pytest.mark.parametrize(("missing", "expected"), [((), MET), (("portal",), NOT_MET), (None, TOO_LITTLE)])
def test_every_flag_reaches_the_whole_cohort(
    missing: tuple[str, ...] | None, expected: tuple[bool | None, bool, bool]
) -> None:
    assert (
        state(one("flags_available", replace(PHASE, all_flags_available=True), missing_flags=missing))
        == expected
    )


def test_only_what_the_phase_asks_for_is_listed() -> None:
    assert [each.name for each in phase_criteria(evidence())] == ["error_rate", "p95"]
    assert phase_criteria(evidence(phase=None)) == ()
