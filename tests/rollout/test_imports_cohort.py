"""What an import does to a running rollout: newcomers are in, and a large loss is confirmed first."""

import io
from typing import Any

import pytest

from operations.errors import Refused
from operations.models import AuditEvent
from rollout import facts, phases, records, workspaces
from rollout.cohorts import Shares, shares
from rollout.imports.results import ImportResult
from rollout.models import Enrolment, Workspace
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db


def bring(ids: list[str], *, status: str = "active", **options: Any) -> ImportResult:
    lines = ["id,name,tier,status", *(f"{pk},Pharmacy {pk},professional,{status}" for pk in ids)]
    data = "\n".join(lines).encode()
    return workspaces.import_csv(
        io.BytesIO(data), source="x", actor=ROOT, defaults={"role": "pharmacist"}, **options
    )


def enrolled() -> set[str]:
    return set(Enrolment.objects.open().values_list("workspace_id", flat=True))


def test_a_newcomer_with_a_low_id_is_in_at_once_and_recorded() -> None:
    builders.a_plan_in_phase(1, eligible=100)
    result = bring(["A1", "Z1"])
    assert [(e.eligible, e.enabled, e.gain, e.lose) for e in result.modules] == [(102, 11, 1, 0)]
    assert "A1" in enrolled()
    assert "Z1" not in enrolled()


def test_newcomers_wait_while_the_plan_is_paused() -> None:
    plan = builders.a_plan_in_phase(1, eligible=100)
    phases.pause(plan, actor=ROOT)
    assert bring(["A1"]).modules[0].gain == 0
    phases.resume(builders.engagement(), 10, actor=ROOT)
    assert "A1" in enrolled()


def test_losing_five_percent_needs_no_confirmation() -> None:
    builders.a_plan_in_phase(1, eligible=400)
    result = bring(["W00000", "W00001"], status="cancelled")
    assert (result.modules[0].lose, result.refusal) == (2, "")
    assert len(enrolled()) == 38


def test_losing_more_is_refused_and_changes_nothing() -> None:
    builders.a_plan_in_phase(1, eligible=400)
    before = AuditEvent.objects.count()
    with pytest.raises(Refused, match=r"from 3 of the 40 workspaces that have it \(7.5 %") as refusal:
        bring(["W00000", "W00001", "W00002", "B1"], status="cancelled")
    assert refusal.value.code == "cohort_loss"
    assert not Workspace.objects.filter(pk="B1").exists()
    assert not Workspace.objects.filter(status="cancelled").exists()
    assert len(enrolled()) == 40
    assert AuditEvent.objects.count() == before


def test_a_dry_run_says_that_it_would_be_refused_and_names_who_loses() -> None:
    builders.a_plan_in_phase(1, eligible=400)
    result = bring(["W00000", "W00001", "W00002"], status="cancelled", dry_run=True)
    assert "from 3 of the 40" in result.refusal
    assert [unit.id for unit in result.modules[0].losing] == ["W00002", "W00001", "W00000"]
    assert bring(["W00000"], status="cancelled", dry_run=True, confirm_loss=True).refusal == ""


def test_losing_more_goes_through_when_it_is_confirmed() -> None:
    builders.a_plan_in_phase(1, eligible=400)
    result = bring(["W00000", "W00001", "W00002"], status="cancelled", confirm_loss=True)
    assert result.modules[0].lose == 3
    assert len(enrolled()) == 37
    assert AuditEvent.objects.order_by("-pk")[0].data["loss_confirmed"] is True
    assert bring(["W00000"], confirm_loss=True).modules[0].gain == 1


def test_who_lapsed_before_is_not_the_imports_loss() -> None:
    builders.a_plan_in_phase(1, eligible=100)
    Workspace.objects.filter(pk__lte="W00004").update(status="cancelled")
    result = bring(["Z1"])
    assert (result.modules[0].lose, result.refusal) == (0, "")
    assert len(enrolled()) == 5


def test_the_record_says_what_the_rule_says_afterwards() -> None:
    builders.a_plan_in_phase(2, eligible=100)
    bring(["A1", "A2", "W00003"])
    state = facts.state_of(builders.module())
    assert shares(state) == Shares(eligible=102, enabled=27)
    assert records.settle(builders.module()) == (0, 0)
