"""Taking in a batch of workspaces, and editing one."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from operations.errors import Forbidden, Invalid, Refused
from operations.models import AuditEvent
from rollout import workspaces
from rollout.imports.results import ImportResult
from rollout.models import Enrolment, Import, Member, StagedMember, Workspace
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db


def workspace(pk: str = "a", **values: Any) -> dict[str, Any]:
    return {"id": pk, "name": pk.upper(), "tier": "professional", "status": "active"} | values


def send(*batch: Any, **options: Any) -> ImportResult:
    return workspaces.upsert(list(batch), source="test", actor=ROOT, **options)


def faults(*batch: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        send(*batch)
    assert not Workspace.objects.exists()
    return refusal.value.fields


def members(pk: str = "a") -> set[tuple[str, str, str, bool]]:
    found = Member.objects.filter(workspace=pk)
    return set(found.values_list("member", "role", "email", "active"))


def counts(result: ImportResult) -> tuple[int, int, int]:
    return result.created, result.updated, result.unchanged


def test_a_batch_creates_updates_and_leaves_alone() -> None:
    ada = {"member": "ada", "role": "Pharmacist", "email": "ada@example.org", "active": False}
    first = workspace(region="North", timeZone="Europe/London", members=[ada, {"role": "owner"}])
    assert counts(send(first, workspace("b"))) == (2, 0, 0)
    assert members() == {
        ("ada", "pharmacist", "ada@example.org", False),
        ("unnamed:owner", "owner", "", True),
    }
    assert counts(send(first, workspace("b", status="trial"), workspace("c"))) == (1, 1, 1)
    assert not StagedMember.objects.exists()
    assert not Import.objects.exists()
    assert list(AuditEvent.objects.values_list("action", flat=True)) == ["workspaces.imported"] * 2


def test_what_is_left_out_stays_as_it_is() -> None:
    ada = {"member": "ada", "role": "pharmacist", "email": "ada@example.org", "active": False}
    send(workspace(region="North", timeZone="Europe/London", members=[ada]))
    assert counts(send(workspace())) == (0, 0, 1)
    assert counts(send(workspace(members=[{"member": "ada", "role": "pharmacist"}]))) == (0, 0, 1)
    stored = Workspace.objects.get()
    assert (stored.region, stored.time_zone) == ("North", "Europe/London")
    assert members() == {("ada", "pharmacist", "ada@example.org", False)}
    assert counts(send(workspace(region=""))) == (0, 1, 0)
    assert Workspace.objects.get().region == ""


def test_a_list_of_members_is_the_whole_list() -> None:
    ada, bob = ({"member": name, "role": "pharmacist"} for name in ("ada", "bob"))
    send(workspace(members=[ada, bob]), workspace("b", members=[ada]))
    assert counts(send(workspace(members=[bob]), workspace("b"))) == (0, 1, 1)
    assert {found[0] for found in members()} == {"bob"}
    assert {found[0] for found in members("b")} == {"ada"}
    assert counts(send(workspace(members=[]))) == (0, 1, 0)
    assert members() == set()


def test_every_fault_is_named_by_its_path() -> None:
    found = faults(
        workspace(),
        workspace("b", tier="Gold Plan", timeZone="Mars"),
        "c",
        {"id": "d", "name": 5, "colour": "red"},
        workspace("a"),
        workspace("e", members=[{"member": "ada"}, {"role": "owner", "active": "yes"}, 7]),
        workspace("f", members={"member": "ada"}),
        workspace("g", members=[{"role": "owner"}, {"role": "owner"}, {"member": "unnamed:x", "role": "x"}]),
        workspace("h", members=[{}]),
    )
    assert found == {
        "workspaces[1].tier": "'Gold Plan' must be lower-case letters, digits and underscores, "
        "beginning with a letter",
        "workspaces[1].timeZone": "'Mars' is no IANA time zone, such as Europe/London",
        "workspaces[2]": "must be an object",
        "workspaces[3].name": "must be text",
        "workspaces[3].colour": "'colour' is none of the fields id, name, tier, status, region, timeZone, "
        "members",
        "workspaces[3].tier": "is empty",
        "workspaces[3].status": "is empty",
        "workspaces[4].id": "is that of workspaces[0] too",
        "workspaces[5].members[0].role": "is empty: a member has a role",
        "workspaces[5].members[1].active": "must be true or false",
        "workspaces[5].members[2]": "must be an object",
        "workspaces[6].members": "must be a list",
        "workspaces[7].members[1].member": "is that of members[0] too",
        "workspaces[7].members[2].member": "must not begin with unnamed:, which marks members that have "
        "no id",
        "workspaces[8].members[0].role": "is empty: a member has a role",
    }


@pytest.mark.parametrize("size", [0, 10_001])
def test_a_batch_has_a_size(size: int) -> None:
    found = faults(*[workspace(str(number)) for number in range(size)])
    assert "10,000" in found["workspaces"]


def test_faults_are_capped() -> None:
    assert len(faults(*[{} for _ in range(2_000)])) == 1_000


@pytest.mark.parametrize("text", ["\ud800", "\0", "a\nb"])
def test_text_that_no_database_keeps_is_a_fault(text: str) -> None:
    assert set(faults(workspace(text, name="A"))) == {"workspaces[0].id"}


def test_a_dry_run_writes_nothing() -> None:
    builders.a_plan_in_phase(1)
    before = AuditEvent.objects.count(), Enrolment.objects.count()
    result = send(workspace("A1", members=[{"role": "pharmacist"}]), dry_run=True)
    assert (counts(result), result.modules[0].gain) == ((1, 0, 0), 1)
    assert (AuditEvent.objects.count(), Enrolment.objects.count()) == before
    assert not Workspace.objects.filter(pk="A1").exists()


def test_losing_more_than_five_percent_is_confirmed() -> None:
    builders.a_plan_in_phase(1)
    lapsed = workspace("W00000", status="cancelled")
    with pytest.raises(Refused) as refusal:
        send(lapsed)
    assert refusal.value.code == "cohort_loss"
    with pytest.raises(Refused):
        send(workspace("W00000", members=[{"role": "owner"}]))
    assert "1 of the 4" in send(lapsed, dry_run=True).refusal
    assert send(lapsed, confirm_loss=True).modules[0].lose == 1


def test_sending_asks_for_permission() -> None:
    with pytest.raises(Forbidden):
        workspaces.upsert([workspace()], source="x", actor=builders.acting(builders.a_person(group="Viewer")))


def test_an_edit_changes_the_fields_and_the_cohort_and_says_so_in_the_trail() -> None:
    builders.a_plan_in_phase(1)
    first = Workspace.objects.get(pk="W00000")
    edited = workspaces.edit(
        first, actor=ROOT, status=" Cancelled", name="New  name", time_zone="Europe/London"
    )
    assert (edited.status, edited.name, edited.time_zone) == ("cancelled", "New name", "Europe/London")
    assert edited.updated_at > first.updated_at
    assert not Enrolment.objects.open().filter(workspace="W00000").exists()
    event = AuditEvent.objects.order_by("-pk")[0]
    assert (event.action, event.subject_id) == ("workspace.edited", "W00000")
    assert event.data["before"] == {"status": "active", "name": "Pharmacy W00000", "time_zone": ""}
    assert event.data["after"]["status"] == "cancelled"


def test_an_edit_that_changes_nothing_leaves_no_event() -> None:
    builders.workspaces(["a"])
    found = workspaces.edit(Workspace.objects.get(), actor=ROOT, status="ACTIVE")
    assert found.updated_at == Workspace.objects.get().updated_at
    assert not AuditEvent.objects.exists()


def test_an_edit_names_every_bad_value() -> None:
    builders.workspaces(["a"])
    with pytest.raises(Invalid) as refusal:
        workspaces.edit(Workspace.objects.get(), actor=ROOT, tier="", time_zone="Mars")
    assert set(refusal.value.fields) == {"tier", "time_zone"}


def test_an_edit_of_an_old_picture_is_refused() -> None:
    builders.workspaces(["a"])
    found = Workspace.objects.get()
    with pytest.raises(Refused) as refusal:
        workspaces.edit(found, actor=ROOT, seen=timezone.now() - timedelta(days=1), name="B")
    assert refusal.value.code == "stale"
    workspaces.edit(found, actor=ROOT, seen=found.updated_at, name="B")


def test_an_edit_asks_for_permission() -> None:
    builders.workspaces(["a"])
    with pytest.raises(Forbidden):
        workspaces.edit(
            Workspace.objects.get(), actor=builders.acting(builders.a_person(group="Viewer")), name="B"
        )
