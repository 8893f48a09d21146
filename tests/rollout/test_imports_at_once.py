"""Two that write workspaces at once, or one that does while a phase runs: each waits for the other."""

from functools import partial
from typing import Any

import pytest

from operations.errors import Refused
from rollout import phases, records, workspaces
from rollout.imports.results import ImportResult
from rollout.models import Member, StagedMember, Workspace
from tests import builders
from tests.at_once import at_once
from tests.builders import ROOT
from tests.rollout.test_races import start_again

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ROUNDS = 20


def batch(ids: list[str], name: str) -> list[dict[str, Any]]:
    members = [{"role": "pharmacist"}]
    return [
        {"id": pk, "name": name, "tier": "professional", "status": "active", "members": members} for pk in ids
    ]


def counts(results: list[Any]) -> list[tuple[int, int, int]]:
    assert all(isinstance(result, ImportResult) for result in results), results
    return sorted((result.created, result.updated, result.unchanged) for result in results)


def test_the_same_batch_twice_at_once_is_created_once() -> None:
    builders.modules()
    for number in range(ROUNDS):
        ids = [f"R{number}_{index}" for index in range(30)]
        send = partial(workspaces.upsert, source="x", actor=ROOT)
        results = at_once(partial(send, batch(ids, "A")), partial(send, batch(ids[::-1], "A")))
        assert counts(results) == [(0, 0, 30), (30, 0, 0)]
    assert Workspace.objects.count() == Member.objects.count() == 30 * ROUNDS
    assert not StagedMember.objects.exists()


def test_without_a_plan_to_wait_at_they_neither_block_each_other_nor_leave_a_half() -> None:
    for number in range(ROUNDS):
        ids = [f"R{number}_{index}" for index in range(30)]
        send = partial(workspaces.upsert, source="x", actor=ROOT)
        results = at_once(partial(send, batch(ids, "A")), partial(send, batch(ids[::-1], "B")))
        counts(results)
        assert len(set(Workspace.objects.filter(pk__in=ids).values_list("name", flat=True))) == 1


def test_newcomers_that_come_while_a_phase_runs_are_recorded_once() -> None:
    builders.a_plan(eligible=40)
    for number in range(ROUNDS):
        plan = start_again()
        newcomers = batch([f"A{number}_{index}" for index in range(10)], "A")
        results = at_once(
            partial(phases.run, plan, 1, actor=ROOT),
            partial(workspaces.upsert, newcomers, source="x", actor=ROOT),
        )
        assert all(result and not isinstance(result, Refused) for result in results), results
        assert records.settle(builders.module()) == (0, 0)
