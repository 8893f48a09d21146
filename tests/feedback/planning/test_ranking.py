"""What to build first: impact by counting, scores by weights, ties in one order."""

from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.planning import ranking
from feedback.planning.ranking import CRITERIA, Everybody, Evidence

WEIGHTS = {"impact": 40, "value": 30, "feasibility": 15, "fit": 15}
ALL = Everybody(workspaces=400, users=1_200)


@dataclass(frozen=True)
class Row:
    name: str
    evidence: Evidence
    scores: dict[str, float | None] = field(default_factory=dict)


def scores(
    impact: float | None = None,
    value: int | None = None,
    feasibility: int | None = None,
    fit: int | None = None,
) -> dict[str, float | None]:
    return {"impact": impact, "value": value, "feasibility": feasibility, "fit": fit}


def names(rows: list[Row], weights: dict[str, int] | None = None) -> list[str]:
    return [row.name for row, _ in ranking.ranked(rows, weights or WEIGHTS)]


@pytest.mark.parametrize(
    ("workspaces", "users", "impact"),
    [
        (0, 0, 1.0),
        (1, 1, 1.43),
        (1, 3, 1.62),
        (5, 12, 2.32),
        (20, 60, 3.18),
        (100, 300, 4.15),
        (400, 1_200, 5.0),
    ],
)
def test_impact_grows_with_each_customer_and_less_with_each_further_one(
    workspaces: int, users: int, impact: float
) -> None:
    evidence = Evidence(tickets=workspaces, workspaces=workspaces, users=users)
    assert ranking.impact(evidence, ALL) == impact


def test_impact_is_unknown_where_all_who_asked_are_anonymous() -> None:
    assert ranking.impact(Evidence(tickets=7, anonymous=7), ALL) is None


def test_a_person_without_a_workspace_counts_like_a_customer_with_one_user() -> None:
    known = Evidence(tickets=3, workspaces=3, users=3)
    unknown = Evidence(tickets=3, reporters=3, users=3)
    assert ranking.impact(known, ALL) == ranking.impact(unknown, ALL)


def test_a_portal_that_knows_no_workspace_measures_against_those_who_asked() -> None:
    found = [Evidence(tickets=n, reporters=n, users=n) for n in (2, 9)]
    whole = ranking.everybody(Everybody(0, 0), found)
    assert whole == Everybody(9, 9)
    assert [ranking.impact(each, whole) for each in found] == [2.91, 5.0]
    assert ranking.impact(Evidence(), ranking.everybody(Everybody(0, 0), [])) == 1.0


@pytest.mark.parametrize(
    ("known", "score"),
    [
        (scores(5, 5, 5, 5), 5),
        (scores(1, 1, 1, 1), 1),
        (scores(2.5, 4, 3, 1), Fraction(28, 10)),
        (scores(value=4), 4),
        (scores(2, 4), Fraction(200, 70)),
        (scores(feasibility=1, fit=2), Fraction(3, 2)),
        (scores(), None),
    ],
)
def test_the_score_is_the_weighted_mean_of_what_is_known(
    known: dict[str, float | None], score: Fraction | None
) -> None:
    assert ranking.score(known, WEIGHTS) == score


def test_what_nobody_judged_is_named_and_is_no_zero() -> None:
    judged = scores(3, 3, 3)
    assert ranking.unknown(judged) == ("fit",)
    assert ranking.score(judged, WEIGHTS) == 3


def test_a_criterion_without_weight_does_not_count() -> None:
    weights = {**WEIGHTS, "fit": 0}
    assert ranking.score(scores(3, 3, 3, 1), weights) == 3
    assert ranking.score(scores(fit=5), weights) is None


def test_ties_go_by_what_is_known_then_users_workspaces_tickets_age_and_name() -> None:
    judged, partly = scores(3, 3, 3, 3), scores(3)
    early, late = date(2026, 1, 1), date(2026, 2, 1)
    rows = [
        Row("more known", Evidence(1, 1, 1), judged),
        Row("more users", Evidence(1, 1, 9), partly),
        Row("more workspaces", Evidence(1, 2, 3), partly),
        Row("more tickets", Evidence(2, 1, 3), partly),
        Row("earlier", Evidence(1, 1, 3, first=early), partly),
        Row("a name", Evidence(1, 1, 3, first=late), partly),
        Row("B name", Evidence(1, 1, 3, first=late), partly),
        Row("no score", Evidence(9, 9, 99), scores()),
    ]
    wanted = [row.name for row in rows]
    assert names(rows) == wanted
    assert names(rows[::-1]) == wanted


WORKSPACES = st.integers(0, 500)
JUDGED = st.none() | st.integers(1, 5)
SCALE = st.integers(0, 100)


@st.composite
def plans(draw: Any) -> list[Row]:
    rows = []
    for number in range(draw(st.integers(1, 8))):
        workspaces = draw(WORKSPACES)
        evidence = Evidence(
            tickets=workspaces, workspaces=workspaces, users=workspaces + draw(st.integers(0, 900))
        )
        judged = {name: draw(JUDGED) for name in ("value", "feasibility", "fit")}
        rows.append(Row(f"wish {number}", evidence, judged))
    return rows


@st.composite
def weightings(draw: Any) -> dict[str, int]:
    weights = {name: draw(SCALE) for name in CRITERIA}
    return weights if any(weights.values()) else WEIGHTS


def counted(rows: list[Row]) -> list[Row]:
    whole = ranking.everybody(Everybody(300, 900), [row.evidence for row in rows])
    return [
        replace(row, scores={**row.scores, "impact": ranking.impact(row.evidence, whole)}) for row in rows
    ]


@given(plans(), weightings(), st.data())
def test_more_workspaces_never_lower_a_rank(rows: list[Row], weights: dict[str, int], data: Any) -> None:
    chosen = data.draw(st.integers(0, len(rows) - 1))
    more = data.draw(st.integers(1, 300))
    before = rows[chosen].evidence
    grown = replace(
        before,
        tickets=before.tickets + more,
        workspaces=before.workspaces + more,
        users=before.users + more,
    )
    after = [*rows]
    after[chosen] = replace(rows[chosen], evidence=grown)
    name = rows[chosen].name
    assert names(counted(after), weights).index(name) <= names(counted(rows), weights).index(name)


@given(plans(), weightings(), st.integers(2, 50))
def test_only_the_proportions_of_weights_matter(rows: list[Row], weights: dict[str, int], times: int) -> None:
    found = counted(rows)
    scaled = {name: weight * times for name, weight in weights.items()}
    assert ranking.ranked(found, weights) == ranking.ranked(found, scaled)


@given(plans(), weightings(), st.randoms())
def test_the_order_in_which_rows_come_says_nothing(
    rows: list[Row], weights: dict[str, int], dice: Any
) -> None:
    found = counted(rows)
    shuffled = [*found]
    dice.shuffle(shuffled)
    assert names(found, weights) == names(shuffled, weights)


@given(plans(), weightings())
def test_a_score_lies_between_the_lowest_and_the_highest_of_what_is_known(
    rows: list[Row], weights: dict[str, int]
) -> None:
    for row, score in ranking.ranked(counted(rows), weights):
        known = [value for value in row.scores.values() if value is not None]
        assert score is None or min(known) <= float(score) + 1e-9
        assert score is None or float(score) <= max(known) + 1e-9
