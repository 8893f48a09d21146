"""Rollout's scheduled work."""

from datetime import timedelta

import pytest
from django.utils import timezone

from rollout import phases, plans, tasks
from rollout.models import Enrolment, Import, StagedMember, Workspace
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db


def inside() -> set[str]:
    return set(Enrolment.objects.open().values_list("workspace_id", flat=True))


def test_the_record_is_settled_for_who_came_and_who_lapsed() -> None:
    builders.a_plan_in_phase(1)
    builders.workspaces(["A0000"])
    Workspace.objects.filter(pk="W00001").update(status="cancelled")
    assert tasks.reconcile_cohorts() == "patient_engagement: 1 entered the cohort, 1 left"
    assert inside() == {"A0000", "W00000", "W00002", "W00003"}
    assert Enrolment.objects.get(workspace="W00001").left_at is not None
    rows = list(Enrolment.objects.order_by("pk").values())
    assert tasks.reconcile_cohorts() == ""
    assert list(Enrolment.objects.order_by("pk").values()) == rows


def test_automatic_mode_runs_the_next_phase_once_its_gate_is_open() -> None:
    plan = builders.a_plan()
    plans.configure(plan, actor=ROOT, automatic=True)
    phases.run(plan, 1, actor=ROOT)
    tasks.advance_automatic()
    assert builders.engagement().percentage == 10
    builders.open_gate(builders.engagement())
    plan = builders.engagement()
    plan.recheck_at = None
    plan.save(update_fields=["recheck_at"])
    assert [tasks.advance_automatic() for _ in range(2)] == [f"{plan}: phase 2 was run", ""]
    assert builders.engagement().percentage == 25


def test_files_that_were_staged_and_never_applied_are_dropped_after_a_day() -> None:
    old = Import.objects.create(source="old.csv", created_by="admin:ada")
    Import.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=2))
    new = Import.objects.create(source="new.csv", created_by="admin:ada")
    for batch in (old, new):
        StagedMember.objects.create(
            batch=batch,
            line=2,
            workspace="W1",
            name="One",
            tier="professional",
            status="active",
            region="",
            time_zone="",
        )
    assert tasks.purge() == "dropped 1 stale imports, 0 old counts of flags' answers"
    assert list(Import.objects.values_list("source", flat=True)) == ["new.csv"]
    assert StagedMember.objects.get().batch == new
