"""Each report's numbers against an independent computation: row by row, in plain Python."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import override_settings

from reports import documents
from reports.models import Kind
from rollout.models import Module
from tests.releases.dora_history import History
from tests.reports import oracle, world
from tests.reports.world import LONDON, NOW, ZONE

pytestmark = pytest.mark.django_db

# What stands in another test: KPIs and the return on investment, and sentences without numbers of their own.
ELSEWHERE = ("kpis", "roi", "decisions", "improvements")
SECTIONS = {
    "rollout": {"rollout", "health", "performance", "adoption", "alerts", "reviews"},
    "feedback": {"feedback", "phase2"},
    "phase2": {"phase2", "feedback"},
}
DAILY = {
    "rollout",
    "health",
    "performance",
    "adoption",
    "quality",
    "alerts",
    "feedback",
    "releases",
    "reviews",
}
SECTIONS |= {"daily": DAILY, "weekly": DAILY, "post_launch": DAILY | {"phase2"}}


@pytest.fixture(scope="module")
def history(django_db_setup: None, django_db_blocker: Any) -> Iterator[History]:
    """The world, made once: each test's own transaction lies within this one."""
    with django_db_blocker.unblock(), override_settings(TIME_ZONE=ZONE), transaction.atomic():
        yield world.build()
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def london(settings: Any) -> Iterator[None]:
    settings.TIME_ZONE = ZONE
    with time_machine.travel(NOW, tick=False):
        yield


def numbers(document: dict[str, Any]) -> dict[oracle.Key, Any]:
    """Every figure, series and table of a report."""
    found: dict[oracle.Key, Any] = {}
    for section in document["sections"]:
        if section["name"] in ELSEWHERE:
            continue
        for figure in section["figures"]:
            found[section["name"], "figure", figure["name"]] = (figure["value"], figure["previous"])
        for series in section["series"]:
            points = [(point["at"], point["value"]) for point in series["points"]]
            found[section["name"], "series", series["name"]] = points
        for table in section["tables"]:
            found[section["name"], "table", table["title"]] = [tuple(row) for row in table["rows"]]
    return found


def as_oracle(key: oracle.Key, value: Any) -> Any:
    """What the oracle has of a table: not the columns of words."""
    match key:
        case ("rollout", "table", "Phases"):
            return [row[:4] for row in value]
        case ("releases", "table", "Deployments"):
            return [row[:5] for row in value]
        case ("feedback", "table", "By feature area"):
            return sorted((row[0].casefold(), *row[1:]) for row in value)
        case ("phase2", "table", "Enhancements"):
            return [(row[1], row[2], row[3], *row[7:10]) for row in value]
    return value


@pytest.mark.parametrize("kind", Kind.values)
@pytest.mark.parametrize("module_key", world.MODULES)
def test_every_number_is_that_of_an_independent_computation(
    kind: str, module_key: str, history: History
) -> None:
    module = Module.objects.get(key=module_key)
    since, until = documents.span_of(Kind(kind), NOW, module)
    document = documents.build(Kind(kind), module, since=since, until=until, now=NOW)
    assert document["timeZone"] == ZONE
    found = numbers(document)
    assert {section for section, _, _ in found} == SECTIONS[kind]
    known = oracle.expected(module_key, since, until, history)
    wanted = {key: value for key, value in known.items() if key[0] in SECTIONS[kind]}
    without = skipped(module)
    assert set(found) - without == set(wanted)
    assert len(wanted) > 20
    for key, value in wanted.items():
        assert as_oracle(key, found[key]) == value, key


def skipped(module: Module) -> set[oracle.Key]:
    """Of a user module: who is within a share is decided by a hash, which has tests of its own."""
    proposals = {("phase2", "table", "Proposals, by a ticket of theirs")}
    if module.unit == Module.Unit.WORKSPACE:
        return proposals
    hashed = {("rollout", "figure", name) for name in ("share", "enabled", "control")}
    return proposals | hashed | {("adoption", "figure", "daily_share")}


def test_the_week_has_167_hours_and_its_last_day_23() -> None:
    since, until = documents.span_of(Kind.WEEKLY, NOW)
    assert (until - since).total_seconds() / 3_600 == 167
    period = documents.Period(since, until)
    assert [step.key for step in period.steps()] == [f"2026-03-{day}" for day in range(23, 30)]
    last = period.steps()[-1]
    assert (last.until - last.since).total_seconds() / 3_600 == 23
    yesterday = documents.span_of(Kind.DAILY, NOW)
    assert (yesterday.since, yesterday.until) == (last.since, last.until)
    assert len(yesterday.steps()) == 23
    assert yesterday.previous.steps()[0].since == datetime(2026, 3, 28, tzinfo=LONDON)
