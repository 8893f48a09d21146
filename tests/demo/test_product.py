"""The played product: its pharmacies, its traffic, and that it knows the portal by its doors alone."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from demo.pharmacies import PREFIX, pharmacies
from demo.traffic import CALM, Traffic, failing, slow
from demo.voices import BROKEN, BUG, VOICES, WAITING
from feedback.models import Ticket
from ops_portal.demo_clock import moving
from rollout.catalogue import PATIENT_ENGAGEMENT
from tests.ops_portal.processes import free_port, python

MONDAY_NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PORTAL = {"ops_portal", "reports", "releases", "monitoring", "feedback", "rollout", "operations", "django"}


def share(errors: str, samples: list[dict[str, int]]) -> float:
    return sum(each[errors] for each in samples) / sum(each["requests"] for each in samples)


def test_nothing_of_the_portal_is_imported() -> None:
    for file in (settings.BASE_DIR / "demo").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not {name.partition(".")[0] for name in names} & PORTAL, file


def test_every_pharmacy_is_one_of_its_own_and_eligible() -> None:
    found = pharmacies()
    assert len({each.id for each in found}) == len({each.name for each in found}) == len(found) == 80
    for each in found:
        assert each.id.startswith(PREFIX)
        assert each.tier in PATIENT_ENGAGEMENT.tiers
        assert each.document["status"] in PATIENT_ENGAGEMENT.statuses
        assert {member["role"] for member in each.document["members"]} & set(PATIENT_ENGAGEMENT.roles)


def test_its_ids_are_those_whose_clock_the_portal_moves() -> None:
    assert PREFIX == moving.PREFIX


def test_enough_of_them_try_what_is_new_for_the_last_phase() -> None:
    eager = sum(each.eager < 5 for each in pharmacies()) / 80
    assert eager > (PATIENT_ENGAGEMENT.phases[-1].min_adoption or 1)


def test_what_users_say_is_what_the_portal_takes() -> None:
    for voice in (*VOICES, BUG, BROKEN, WAITING):
        assert voice.category in Ticket.Category.values
        assert voice.severity in Ticket.Severity.values
        assert 1 <= voice.rating <= 5
        assert len(voice.title) <= 200


def test_users_are_content_enough_for_every_phase() -> None:
    ratings = [voice.rating for voice in VOICES]
    assert all(
        sum(ratings[at:] + ratings[:at][:8]) / len(ratings[at:] + ratings[:at][:8]) > 4 for at in range(8)
    )


def test_failures_are_those_of_the_weather_with_and_without_the_feature() -> None:
    everybody, traffic = pharmacies(), Traffic(with_feature=failing(0.2))
    since = {each.id: MONDAY_NOON for each in everybody[:10]}
    hours = [traffic.hour(MONDAY_NOON + timedelta(hours=at), everybody, since) for at in range(24)]
    ill = [sample for hour in hours for sample in hour[:10]]
    well = [sample for hour in hours for sample in hour[10:]]
    assert share("errors", ill) == pytest.approx(0.2, abs=0.01)
    assert share("errors", well) == pytest.approx(CALM.failing, abs=0.001)


def test_a_pharmacy_that_is_broken_fails_only_where_it_has_the_feature() -> None:
    everybody, traffic = pharmacies()[:2], Traffic()
    traffic.broken = {each.id: failing(0.5) for each in everybody}
    with_it, without = traffic.hour(MONDAY_NOON, everybody, {everybody[0].id: MONDAY_NOON})
    assert with_it["errors"] / with_it["requests"] > 0.4
    assert without["errors"] / without["requests"] < 0.05


def test_slow_answers_are_counted_alike_and_take_longer() -> None:
    traffic = Traffic(with_feature=slow())
    one = pharmacies()[:1]
    [quick] = traffic.hour(MONDAY_NOON, one, {})
    [late] = traffic.hour(MONDAY_NOON, one, {one[0].id: MONDAY_NOON})
    for sample in (quick, late):
        buckets = list(sample["latencyBuckets"].values())
        assert buckets == sorted(buckets)
        assert buckets[-1] == sample["requests"]
    assert (
        quick["latencyBuckets"]["500"] / quick["requests"]
        > 0.95
        > late["latencyBuckets"]["500"] / late["requests"]
    )


def test_the_module_is_used_where_it_is_on_and_was_tried() -> None:
    everybody = pharmacies()
    began = MONDAY_NOON - timedelta(days=4)
    since = {each.id: began for each in everybody[:20]}
    samples = Traffic().hour(MONDAY_NOON, everybody, since)
    assert sum("counters" in sample for sample in samples[:20]) >= 15
    assert not any("counters" in sample or "users" in sample for sample in samples[20:])


def test_without_a_portal_it_says_how_to_start_one(tmp_path: Path) -> None:
    run = python(tmp_path, "-m", "demo", "slow", PORT=str(free_port()))
    assert run.returncode == 1
    assert run.stdout == ""
    assert "No portal answers at http://127.0.0.1:" in run.stderr
    assert "make run" in run.stderr
