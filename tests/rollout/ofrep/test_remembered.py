"""Answers to whole questions that are remembered: never after what they follow from has changed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from operations import keys
from rollout import flags, overrides, workspaces
from rollout.models import Workspace
from rollout.ofrep import door, remembered
from tests import builders
from tests.builders import ROOT
from tests.rollout.ofrep.calling import Product

pytestmark = pytest.mark.django_db

CORE, IN, OUT = "patient_engagement_module", "W00000", "W00039"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Moves what time it is for the door."""

    def at(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return at


def on(product: Product, key: str, **context: str) -> Any:
    """Asked with all others."""
    return product.answers(**context)[key]["value"]


def test_the_same_question_is_not_decided_again(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    first = product.all(workspace=IN)
    # Only what is asked a second time is worth remembering.
    product.all(workspace=IN)

    def decided(*arguments: Any) -> None:
        raise AssertionError("decided anew")

    monkeypatch.setattr(door, "outcome", decided)
    assert product.all(workspace=IN) == first
    assert product.all(first.headers["ETag"], workspace=IN).status == 304


def test_a_schedule_begins_and_ends_without_a_look(product: Product, clock: Any) -> None:
    now = timezone.now()
    flags.schedule(builders.flag(), now + timedelta(minutes=5), now + timedelta(minutes=9), actor=ROOT)
    product.look()
    for minutes, expected in ((0, False), (4, False), (5, True), (8, True), (9, False), (99, False)):
        clock(now + timedelta(minutes=minutes))
        for _ in range(2):
            assert on(product, CORE, workspace=IN) is expected, minutes


def test_an_override_expires_without_a_look(product: Product, clock: Any) -> None:
    now = timezone.now()
    expires_at = now + timedelta(minutes=5)
    overrides.override(builders.flag(), OUT, True, reason="r", expires_at=expires_at, actor=ROOT)
    product.look()
    for minutes, expected in ((0, True), (4, True), (5, False), (6, False)):
        clock(now + timedelta(minutes=minutes))
        assert on(product, CORE, workspace=OUT) is expected, minutes


def test_a_workspace_that_changed_is_decided_anew(product: Product) -> None:
    assert on(product, CORE, workspace=IN)
    assert on(product, CORE, targetingKey=IN)
    workspaces.edit(Workspace.objects.get(pk=IN), status="expired", actor=ROOT)
    product.look()
    assert not on(product, CORE, workspace=IN)
    assert not on(product, CORE, targetingKey=IN)


def test_keys_of_other_modules_hear_other_answers_to_the_same_question(product: Product) -> None:
    everything, server = product.answers(workspace=IN), product.key
    limited = keys.create("health", ["evaluate"], modules=["health_management"], actor=ROOT)[1]
    product.look()
    for key, expected in (
        (limited, {"health_management"}),
        (server, set(everything)),
        (limited, {"health_management"}),
    ):
        product.key = key
        assert set(product.answers(workspace=IN)) == expected


def test_every_answer_that_was_remembered_is_counted(product: Product) -> None:
    for _ in range(5):
        product.all(workspace=IN)
    etag = product.all(workspace=IN).headers["ETag"]
    product.all(etag, workspace=IN)
    product.follower.usage.write()
    assert [row.count for row in builders.flag().usage.all()] == [7]


def test_what_is_remembered_is_bounded(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST_BYTES", 50_000)
    for number in range(500):
        for _ in range(2):
            assert on(product, CORE, workspace=IN, attribute=f"{number}")
    kept = product.door._remembered
    assert kept is not None
    halves = (kept._newer, kept._older)
    assert all(half.bytes <= 26_500 for half in halves)
    assert sum(len(half.given) for half in halves) < 250
    # A question that is asked all the time stays.
    usual = len(kept._newer.given)
    assert on(product, CORE, workspace=IN, attribute="499")
    assert len(kept._newer.given) == usual


def test_long_questions_push_none_out(product: Product) -> None:
    for _ in range(2):
        product.all(workspace=IN)
        for number in range(20):
            assert on(product, CORE, workspace=IN, attribute=f"{number}" * 2_000)
    kept = product.door._remembered
    assert kept is not None
    assert len(kept._newer.given) == 1


def test_what_is_asked_once_pushes_none_out(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST_ASKED_ONCE", 50)
    for _ in range(2):
        product.all(workspace=IN)
    for number in range(500):
        assert on(product, CORE, workspace=IN, attribute=f"{number}")
    kept = product.door._remembered
    assert kept is not None
    assert len(kept._newer.given) == 1
    assert len(kept._asked_once) <= 50


def test_a_bad_question_is_bad_each_time(product: Product) -> None:
    for _ in range(2):
        assert product.all(workspace="a\x00").status == 400
