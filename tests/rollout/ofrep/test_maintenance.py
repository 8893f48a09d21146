"""Answers tell of maintenance while it is announced or in force, in metadata as OFREP has it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operations import windows
from operations.models import Window
from rollout.serving import maintenance
from tests.builders import ROOT
from tests.rollout.ofrep.calling import Product
from tests.rollout.ofrep.contract import BULK, SINGLE, faults, needs_contract

pytestmark = pytest.mark.django_db

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
CORE, IN = "patient_engagement_module", "W00000"


def a_window(
    after: timedelta = HOUR,
    *,
    lasts: timedelta | None = HOUR,
    kind: str = "maintenance",
    title: str = "Upgrade",
) -> Window:
    begins = timezone.now() + after
    ends = begins + lasts if lasts else None
    return windows.plan(kind, title, starts_at=begins, ends_at=ends, actor=ROOT)


def metadata(product: Product) -> tuple[Any, Any]:
    """What all flags together, and one by itself, are said with."""
    whole, alone = product.all(workspace=IN).document, product.flag(CORE, workspace=IN).document
    return whole.get("metadata"), alone.get("metadata")


def test_without_maintenance_answers_have_no_metadata(product: Product) -> None:
    a_window(after=48 * HOUR)
    a_window(kind="freeze", after=-MINUTE)
    product.look()
    assert metadata(product) == (None, None)


@needs_contract
def test_from_half_an_hour_before_until_the_end_both_answers_tell_of_it_as_the_contract_wants(
    product: Product,
) -> None:
    window = a_window()
    product.look()
    told: dict[str, Any] = {
        "maintenance": False,
        "maintenanceState": "announced",
        "maintenanceTitle": "Upgrade",
        "maintenanceStartsAt": f"{window.starts_at:%Y-%m-%dT%H:%M:%SZ}",
        "maintenanceEndsAt": f"{window.ends_at:%Y-%m-%dT%H:%M:%SZ}",
    }
    in_force = {**told, "maintenance": True, "maintenanceState": "in_force"}
    for after, expected in (
        (29 * MINUTE, None),
        (30 * MINUTE, told),
        (59 * MINUTE, told),
        (HOUR, in_force),
        (119 * MINUTE, in_force),
        (2 * HOUR, None),
    ):
        with time_machine.travel(window.starts_at - HOUR + after, tick=False):
            assert metadata(product) == (expected, expected)
            assert faults(BULK, 200, product.all(workspace=IN).document) == []
            assert faults(SINGLE, 200, product.flag(CORE, workspace=IN).document) == []


def test_a_client_that_has_an_answer_gets_another_when_maintenance_is_announced_begins_and_ends(
    product: Product,
) -> None:
    window = a_window()
    product.look()
    begins = window.starts_at
    tags: list[str] = []
    for at in (begins - 31 * MINUTE, begins - 30 * MINUTE, begins, begins + HOUR):
        with time_machine.travel(at, tick=False):
            first = product.all(workspace=IN, known=tags[-1] if tags else "")
            assert first.status == 200
            again = product.all(workspace=IN, known=first.headers["ETag"])
            assert (again.status, again.body) == (304, b"")
            tags.append(first.headers["ETag"])
    assert tags[0] == tags[3]
    assert len(set(tags)) == 3


def test_every_verb_on_windows_is_heard(product: Product) -> None:
    product.look()
    window = a_window(after=-MINUTE)
    product.look()
    assert metadata(product)[0]["maintenanceState"] == "in_force"
    assert window.ends_at is not None
    later = window.ends_at + HOUR
    windows.extend(window, later, actor=ROOT)
    product.look()
    assert metadata(product)[0]["maintenanceEndsAt"] == f"{later:%Y-%m-%dT%H:%M:%SZ}"
    windows.end(window, actor=ROOT)
    product.look()
    assert metadata(product) == (None, None)
    ahead = a_window(after=20 * MINUTE)
    product.look()
    assert metadata(product)[1]["maintenance"] is False
    windows.reschedule(ahead, ahead.starts_at + 48 * HOUR, None, actor=ROOT)
    product.look()
    assert metadata(product) == (None, None)
    windows.note_announced(ahead, at=timezone.now())
    product.look()
    told = metadata(product)[0]
    assert (told["maintenanceState"], "maintenanceEndsAt" in told) == ("announced", False)


def test_an_answer_in_maintenance_needs_no_query(product: Product) -> None:
    a_window(after=-MINUTE)
    product.look()
    metadata(product)
    with CaptureQueriesContext(connection) as found:
        assert metadata(product)[0]["maintenance"] is True
    assert len(found) == 0


def test_of_several_windows_what_is_in_force_longest_is_told_then_what_comes_next() -> None:
    a_window(after=20 * MINUTE, title="Later")
    a_window(after=10 * MINUTE, title="Next")
    now = timezone.now()
    assert b'"Next"' in maintenance.read(now).at(now)
    a_window(after=-MINUTE, title="Short")
    a_window(after=-MINUTE, lasts=None, title="Open")
    assert b'"Open"' in maintenance.read(now).at(now)
