"""Setting targets and baselines, entering values, adding and retiring a module's own KPIs."""

import math
from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from django.db import IntegrityError, transaction

from operations.errors import Forbidden, Invalid, NotFound, Refused
from operations.models import AuditEvent
from reports.kpis import entering, setting
from reports.models import Kpi, KpiReading
from rollout.models import Module
from tests import builders
from tests.builders import ROOT, acting
from tests.reports.kpi_world import DAY, NOW

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture
def module() -> Iterator[Module]:
    with time_machine.travel(NOW, tick=False):
        builders.modules()
        yield builders.module()


def faults(refusal: pytest.ExceptionInfo[Invalid]) -> dict[str, str]:
    return refusal.value.fields


def newest() -> AuditEvent:
    return AuditEvent.objects.latest("pk")


def test_a_target_is_set_with_one_event_that_keeps_both(module):
    setting.set_target(module, "page_load", 2.5, actor=ROOT)
    row = setting.set_target(module, "page_load", 2.0, actor=ROOT, version=1)
    assert (row.target, row.version) == (2.0, 2)
    assert (newest().action, newest().data) == ("kpi.target_set", {"target": [2.5, 2.0]})
    assert AuditEvent.objects.filter(action="kpi.target_set").count() == 2


@pytest.mark.parametrize(
    ("key", "target", "rule"),
    [
        ("page_load", math.nan, "must be a number"),
        ("page_load", math.inf, "must be a number"),
        ("page_load", True, "must be a number"),
        ("page_load", "2", "must be a number"),
        ("page_load", -1.0, "must be at least 0"),
        ("memory", 101.0, "must be at most 100"),
        ("tracking_errors", -1e13, "must be at least -1e+12"),
    ],
)
def test_a_bad_target_is_refused_and_leaves_nothing(module, key, target, rule):
    with pytest.raises(Invalid) as refusal:
        setting.set_target(module, key, target, actor=ROOT)
    assert faults(refusal) == {"target": rule}
    assert not Kpi.objects.exists()


def test_a_target_of_a_change_may_be_below_zero(module):
    assert setting.set_target(module, "tracking_errors", -25.0, actor=ROOT).target == -25


def test_the_same_target_again_and_an_old_picture_are_refused(module):
    setting.set_target(module, "page_load", 2.5, actor=ROOT)
    with pytest.raises(Refused, match="has this target already"):
        setting.set_target(module, "page_load", 2.5, actor=ROOT)
    with pytest.raises(Refused, match="look again"):
        setting.set_target(module, "page_load", 2.0, actor=ROOT, version=0)
    assert AuditEvent.objects.filter(action="kpi.target_set").count() == 1


def test_a_baseline_is_set_with_its_note_and_taken_back(module):
    row = setting.set_baseline(module, "hours_saved", 12.0, note="A survey", actor=ROOT)
    assert (row.baseline, row.baseline_by, row.baseline_note) == (12.0, "command:root", "A survey")
    assert newest().data == {"baseline": [None, 12.0]}
    row = setting.set_baseline(module, "hours_saved", None, actor=ROOT)
    assert (row.baseline, row.baseline_by, row.baseline_at) == (None, "", None)


def test_a_baseline_of_zero_is_refused_where_the_change_is_judged(module):
    with pytest.raises(Invalid) as refusal:
        setting.set_baseline(module, "tracking_errors", 0, note="x" * 301, actor=ROOT)
    assert faults(refusal) == {
        "baseline": "must not be 0: no change is a percentage of nothing",
        "note": "must be at most 300 characters in one line",
    }
    assert setting.set_baseline(module, "hours_saved", 0, actor=ROOT).baseline == 0


def test_a_value_of_a_day_is_entered_and_corrected_and_the_trail_keeps_both(module):
    entering.enter(module, "page_load", 2.4, note="Lighthouse", actor=ROOT)
    entering.enter(module, "page_load", 2.6, actor=acting(builders.a_person("ada")))
    reading = KpiReading.objects.get()
    assert (reading.value, reading.day, reading.by) == (2.6, TODAY, "admin:ada")
    event = newest()
    assert event.action == "kpi.entered"
    assert event.data == {"day": f"{TODAY}", "value": [2.4, 2.6], "replaced": "entered"}


def test_entering_keeps_the_baseline_of_then(module):
    setting.set_baseline(module, "tracking_errors", 40.0, actor=ROOT)
    entering.enter(module, "tracking_errors", 30, day=TODAY - DAY, actor=ROOT)
    setting.set_baseline(module, "tracking_errors", 60.0, actor=ROOT)
    entering.enter(module, "tracking_errors", 30, actor=ROOT)
    assert list(KpiReading.objects.values_list("baseline", flat=True)) == [60.0, 40.0]


@pytest.mark.parametrize(
    ("given", "field", "rule"),
    [
        ({"value": math.nan}, "value", "must be a number"),
        ({"value": -math.inf}, "value", "must be a number"),
        ({"value": None}, "value", "must be a number"),
        ({"value": False}, "value", "must be a number"),
        ({"value": -0.1}, "value", "must be at least 0"),
        ({"value": 100.1}, "value", "must be at most 100"),
        ({"day": TODAY + DAY}, "day", "must not be in the future"),
        ({"day": date(1999, 12, 31)}, "day", "must not be before 2000-01-01"),
        ({"day": "2026-03-01"}, "day", "must be a day"),
        ({"note": "two\nlines"}, "note", "must be at most 300 characters in one line"),
    ],
)
def test_a_bad_value_is_refused_by_its_field(module, given, field, rule):
    values = {"value": 50.0, "day": TODAY, "note": "", **given}
    with pytest.raises(Invalid) as refusal:
        entering.enter(module, "automated_share", actor=ROOT, **values)
    assert faults(refusal) == {field: rule}
    assert not KpiReading.objects.exists()


@pytest.mark.parametrize("key", ["nothing", "", "retention", "a\0b"])
def test_a_kpi_that_the_module_has_not_is_not_found(module, key):
    with pytest.raises(NotFound):
        entering.enter(module, key, 1, actor=ROOT)
    with pytest.raises(NotFound):
        setting.set_target(module, key, 1.0, actor=ROOT)


def test_own_kpis_get_a_key_of_their_title_that_nobody_has(module):
    first = setting.add(module, "Uptime", actor=ROOT)
    second = setting.add(module, "¿?", actor=ROOT)
    assert (first.key, second.key) == ("uptime_2", "kpi")
    setting.retire(module, "uptime_2", actor=ROOT)
    assert setting.add(module, "Uptime", actor=ROOT).key == "uptime_3"
    assert newest().data["key"] == "uptime_3"


def test_a_bad_kpi_of_one_s_own_is_refused_by_every_field(module):
    with pytest.raises(Invalid) as refusal:
        setting.add(
            module, " ", unit="x" * 31, rule="over", judged="felt", target=math.nan, note="\n", actor=ROOT
        )
    assert set(faults(refusal)) == {"title", "unit", "rule", "judged", "target", "note"}
    setting.add(module, "Score", actor=ROOT)
    with pytest.raises(Invalid, match="is the title of another KPI"):
        setting.add(module, " Score ", actor=ROOT)


def test_a_module_has_at_most_fifty_of_its_own(module):
    Kpi.objects.bulk_create(
        Kpi(module=module, key=f"k{n}", own=True, title=f"K{n}", rule="below", judged="value", created_by="x")
        for n in range(setting.MOST_OWN)
    )
    with pytest.raises(Invalid, match="at most 50"):
        setting.add(module, "One more", actor=ROOT)


def test_the_guides_kpis_cannot_be_retired_and_own_ones_only_once(module):
    with pytest.raises(Refused, match="those stay"):
        setting.retire(module, "uptime", actor=ROOT)
    row = setting.add(module, "Score", actor=ROOT)
    entering.enter(module, row.key, 7, actor=ROOT)
    setting.retire(module, row.key, actor=ROOT, version=row.version)
    assert KpiReading.objects.count() == 1
    with pytest.raises(NotFound):
        setting.retire(module, row.key, actor=ROOT)


@pytest.mark.parametrize("group", ["Viewer", "Support", "Release manager", "CTO"])
def test_who_only_looks_may_change_nothing(module, group):
    actor = acting(builders.a_person("grace", group=group))
    assert actor.may("reports.view_kpi")
    own = setting.add(module, "Score", actor=ROOT)
    for refused in (
        lambda: setting.set_target(module, "page_load", 1.0, actor=actor),
        lambda: setting.set_baseline(module, "page_load", 1.0, actor=actor),
        lambda: setting.add(module, "Another", actor=actor),
        lambda: setting.retire(module, own.key, actor=actor),
        lambda: entering.enter(module, "page_load", 1.0, actor=actor),
    ):
        with pytest.raises(Forbidden):
            refused()


@pytest.mark.parametrize("group", ["Product manager", "Administrator"])
def test_product_managers_and_administrators_may_do_all_of_it(module, group):
    actor = acting(builders.a_person("ada", group=group))
    setting.set_target(module, "page_load", 1.0, actor=actor)
    setting.set_baseline(module, "page_load", 4.0, actor=actor)
    entering.enter(module, "page_load", 1.0, actor=actor)
    setting.retire(module, setting.add(module, "Score", actor=actor).key, actor=actor)


@pytest.mark.parametrize(
    "broken",
    [
        {"target": 1e13},
        {"baseline": -1e13},
        {"own": True},
        {"title": "A title of the catalogue's"},
        {"own": True, "title": "Own", "rule": "over", "judged": "value"},
    ],
)
def test_the_database_itself_refuses_a_broken_kpi(module, broken):
    with pytest.raises(IntegrityError), transaction.atomic():
        Kpi.objects.create(module=module, key="broken", created_by="x", **broken)


def test_the_database_keeps_one_finite_reading_a_day(module):
    row = Kpi.objects.create(module=module, key="uptime", created_by="x")
    KpiReading.objects.create(kpi=row, day=TODAY, value=1, source="entered", by="x")
    for broken in (
        {"day": TODAY},
        {"day": TODAY - DAY, "value": math.inf},
        {"day": TODAY - DAY, "source": "guessed"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            KpiReading.objects.create(**{"kpi": row, "value": 1, "source": "entered", "by": "x", **broken})
