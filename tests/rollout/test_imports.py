"""Importing files: all of it or nothing, told with its line, and twice is the same as once."""

import csv
import io
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from operations.actor import Actor, Door
from operations.csv_files import checking
from operations.errors import Forbidden, Invalid, NotFound, Refused
from operations.models import AuditEvent
from rollout import exports, workspaces
from rollout.imports import staging
from rollout.imports.results import ImportResult
from rollout.models import (
    Enrolment,
    FlagSpan,
    Import,
    ImportFault,
    Member,
    Plan,
    StagedMember,
    Workspace,
)
from tests import builders
from tests.builders import ROOT
from tests.pharmacies import PHARMACIES, needs_pharmacies

pytestmark = pytest.mark.django_db

PHARMACY_MAP = {"id": "organisation_data_service_code", "name": "pharmacy_name"}
PHARMACY_DEFAULTS = {"tier": "professional", "status": "active", "role": "pharmacist"}

HEAD = "id,name,tier,status"
MEMBERS = f"{HEAD},region,timeZone,member,role,email,active"
TABLES = (Workspace, Member, Enrolment, FlagSpan, Plan, AuditEvent, Import, StagedMember, ImportFault)


def bring(*lines: str, header: str = HEAD, **options: Any) -> ImportResult:
    data = "\n".join([header, *lines]).encode()
    return workspaces.import_csv(io.BytesIO(data), source="test.csv", actor=ROOT, **options)


def everything() -> list[list[tuple[Any, ...]]]:
    return [list(model._default_manager.order_by("pk").values_list()) for model in TABLES]


def told(result: ImportResult) -> list[tuple[int, str]]:
    return [(fault.line, fault.field) for fault in result.errors]


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    return result.read, result.created, result.updated, result.unchanged


def test_a_file_creates_workspaces_with_one_unnamed_member_each() -> None:
    result = bring("b,Second,Professional,ACTIVE", "a,=First,premium,trial", defaults={"role": "pharmacist"})
    assert counts(result) == (2, 2, 0, 0)
    assert list(Workspace.objects.values_list("id", "name", "tier", "status")) == [
        ("a", "=First", "premium", "trial"),
        ("b", "Second", "professional", "active"),
    ]
    assert list(Member.objects.values_list("workspace_id", "member", "role", "active")) == [
        ("a", "unnamed:pharmacist", "pharmacist", True),
        ("b", "unnamed:pharmacist", "pharmacist", True),
    ]
    assert not StagedMember.objects.exists()


def test_without_roles_no_member_is_made() -> None:
    bring("a,A,pro,active")
    assert not Member.objects.exists()


def test_a_file_with_members_has_one_row_each() -> None:
    result = bring(
        "a,A,pro,active,North,Europe/London,ada,pharmacist,ada@example.org,true",
        "a,A,pro,active,North,Europe/London,bob,super_admin,,no",
        "a,A,pro,active,North,Europe/London,,pharmacist,,",
        "b,B,pro,active,,,,,,",
        header=MEMBERS,
    )
    assert counts(result) == (4, 2, 0, 0)
    assert list(Member.objects.values_list("workspace_id", "member", "role", "email", "active")) == [
        ("a", "ada", "pharmacist", "ada@example.org", True),
        ("a", "bob", "super_admin", "", False),
        ("a", "unnamed:pharmacist", "pharmacist", "", True),
    ]


def test_importing_again_changes_nothing() -> None:
    lines = ("a,A,pro,active", "b,B,pro,active")
    bring(*lines, defaults={"role": "pharmacist"})
    before = list(Workspace.objects.values()), list(Member.objects.values())
    assert counts(bring(*lines, defaults={"role": "pharmacist"})) == (2, 0, 0, 2)
    assert (list(Workspace.objects.values()), list(Member.objects.values())) == before


def test_only_what_differs_is_updated() -> None:
    bring("a,A,pro,active", "b,B,pro,active", "c,C,pro,active", defaults={"role": "pharmacist"})
    before = dict(Workspace.objects.values_list("id", "updated_at"))
    result = bring("a,A,pro,active", "b,Better,pro,active", "d,D,pro,active")
    assert counts(result) == (3, 1, 1, 1)
    after = dict(Workspace.objects.values_list("id", "updated_at"))
    assert after["b"] > before["b"]
    assert {key: after[key] for key in "ac"} == {key: before[key] for key in "ac"}
    assert Member.objects.count() == 3


def test_a_new_member_or_role_counts_as_an_update_of_the_workspace() -> None:
    head = f"{HEAD},member,role"
    bring("a,A,pro,active,ada,pharmacist", "b,B,pro,active,bob,pharmacist", header=head)
    result = bring("a,A,pro,active,ada,super_admin", "b,B,pro,active,eve,pharmacist", header=head)
    assert counts(result) == (2, 0, 2, 0)
    assert set(Member.objects.values_list("member", "role")) == {
        ("ada", "super_admin"),
        ("bob", "pharmacist"),
        ("eve", "pharmacist"),
    }


def test_what_the_file_does_not_speak_of_stays() -> None:
    bring(
        "a,A,pro,active,North,Europe/London,ada,pharmacist,ada@example.org,false",
        header=MEMBERS,
    )
    bring("a,A,pro,active,ada,pharmacist", header=f"{HEAD},member,role")
    assert Workspace.objects.get().region == "North"
    assert Member.objects.values_list("email", "active").get() == ("ada@example.org", False)


def test_an_empty_cell_of_a_column_that_is_there_empties_the_field() -> None:
    bring("a,A,pro,active,North", header=f"{HEAD},region")
    bring("a,A,pro,active,", header=f"{HEAD},region")
    assert Workspace.objects.get().region == ""


def test_nothing_of_a_file_with_a_bad_row_stays_and_every_bad_row_is_named() -> None:
    bring("a,A,pro,active")
    before = everything()
    result = bring(
        "a,Changed,pro,active",
        "b,B,Gold Plan,active",
        "c,C,pro",
        ",D,pro,active",
        "e,E,pro,active" + ",x" * 196,
        "f,F,pro,",
    )
    assert told(result) == [(3, "tier"), (4, "row"), (5, "id"), (6, "row"), (7, "status")]
    assert "200 cells" in result.errors[3].message
    assert counts(result) == (6, 0, 0, 0)
    assert result.error_count == 5
    assert everything() == before


def test_bytes_of_another_encoding_stop_the_file_and_are_told_with_their_line() -> None:
    data = f"{HEAD}\na,A,pro,active\nb,Müller,pro,active\n".encode("latin-1")
    result = workspaces.import_csv(io.BytesIO(data), source="x", actor=ROOT)
    assert told(result) == [(3, "file")]
    assert not Workspace.objects.exists()
    good = workspaces.import_csv(io.BytesIO(data), source="x", actor=ROOT, encoding="latin-1")
    assert counts(good) == (2, 2, 0, 0)
    assert Workspace.objects.get(pk="b").name == "Müller"


def test_a_row_of_a_megabyte_is_a_fault() -> None:
    result = bring("a,A,pro,active", "b," + "x" * 1_100_000)
    assert told(result) == [(3, "file")]


@pytest.mark.parametrize(
    ("data", "field", "says"),
    [
        (b"", "file", "empty"),
        (HEAD.encode(), "file", "no rows"),
        (b"name,colour\nA,red\n", "columns", "id, tier and status"),
        (b"id,name,tier,status,id\n", "column id", "more than once"),
        (b"id,n\xe4me\n", "file", "line 1"),
    ],
)
def test_a_file_without_what_it_needs_is_invalid(data: bytes, field: str, says: str) -> None:
    with pytest.raises(Invalid) as refusal:
        workspaces.import_csv(io.BytesIO(data), source="x", actor=ROOT)
    assert says in refusal.value.fields[field]
    assert not Import.objects.exists()


def test_an_unknown_encoding_is_invalid() -> None:
    with pytest.raises(Invalid) as refusal:
        bring("a,A,pro,active", encoding="klingon")
    assert "encoding" in refusal.value.fields


def test_an_id_that_stands_twice_is_told_with_both_lines() -> None:
    result = bring("a,A,pro,active", "b,B,pro,active", "a,A,pro,active")
    assert [str(fault) for fault in result.errors] == ["line 4, id: a stands on line 2 already"]


def test_one_workspace_with_different_values_is_told() -> None:
    result = bring(
        "a,A,pro,active,,,ada,pharmacist,,",
        "a,A,pro,trial,,,bob,pharmacist,,",
        "b,B,pro,active,North,,ada,pharmacist,,",
        "b,B,pro,active,South,,bob,pharmacist,,",
        "c,C,pro,active,,,ada,pharmacist,,",
        header=MEMBERS,
    )
    assert [str(fault) for fault in result.errors] == [
        "line 3, status: is trial here and active on line 2 for the same workspace",
        "line 5, region: is South here and North on line 4 for the same workspace",
    ]


def test_one_member_twice_in_a_workspace_is_told() -> None:
    rest = ",pharmacist,,"
    result = bring(
        f"a,A,pro,active,,,ada{rest}",
        f"b,B,pro,active,,,ada{rest}",
        f"a,A,pro,active,,,ada{rest}",
        "c,C,pro,active,,,,,,",
        "c,C,pro,active,,,,,,",
        header=MEMBERS,
    )
    assert [str(fault) for fault in result.errors] == [
        "line 4, member: ada in a stands on line 2 already",
        "line 6, member: the workspace c stands on line 5 already",
    ]


def test_ids_that_differ_in_case_are_two_workspaces() -> None:
    assert bring("a,A,pro,active", "A,A,pro,active").created == 2


def test_a_dry_run_tells_the_same_and_leaves_every_table_as_it_was() -> None:
    builders.a_plan_in_phase(1, eligible=40)
    before = everything()
    lines = ("W00000,Renamed,professional,active", "A1,New,professional,active")
    promised = bring(*lines, defaults={"role": "pharmacist"}, dry_run=True)
    assert everything() == before
    done = bring(*lines, defaults={"role": "pharmacist"})
    assert (promised.dry_run, done.dry_run) == (True, False)
    assert counts(promised) == counts(done) == (2, 1, 1, 0)
    assert promised.modules == done.modules
    assert done.modules[0].gain == 1


def test_a_failure_midway_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    builders.a_plan_in_phase(1, eligible=40)
    before = everything()

    def fail(*args: Any) -> None:
        raise RuntimeError("the power is gone")

    monkeypatch.setattr("rollout.imports.effects.settle", fail)
    with pytest.raises(RuntimeError):
        bring("a,A,pro,active")
    assert everything() == before


def test_an_interruption_while_reading_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "CHUNK", 2)

    def interrupt(read: int) -> None:
        assert StagedMember.objects.count() == 2
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(*(f"{n},A,pro,active" for n in range(5)), progress=interrupt)
    assert not Import.objects.exists()
    assert not StagedMember.objects.exists()


def test_chunks_are_joined_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "CHUNK", 2)
    seen: list[int] = []
    lines = [f"{n},A,pro,active" for n in range(4)]
    assert bring(*lines, progress=seen.append).created == 4
    assert seen == [2, 4, 4]
    assert told(bring(*lines, lines[0])) == [(6, "id")]


def test_a_file_that_is_wrong_everywhere_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "CHUNK", 2)
    monkeypatch.setattr(checking, "MOST_FAULTS", 3)
    result = bring(*["a,A"] * 20)
    assert result.read == 4
    assert result.errors[-1].field == "file"
    assert "the rest was not read" in result.errors[-1].message


def test_one_event_stands_in_the_trail() -> None:
    bring("a,A,pro,active")
    event = AuditEvent.objects.get()
    assert (event.action, event.door, event.actor) == ("workspaces.imported", "command", "root")
    assert event.data | {"modules": {}} == {
        "source": "test.csv",
        "read": 1,
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "modules": {},
        "loss_confirmed": False,
    }


def test_importing_asks_for_permission() -> None:
    viewer = builders.acting(builders.a_person("eve", group="Viewer"))
    with pytest.raises(Forbidden):
        workspaces.import_csv(io.BytesIO(b""), source="x", actor=viewer)
    for granted in ("rollout.add_workspace", "rollout.change_workspace"):
        actor = Actor(door=Door.API, label="key", grants=frozenset({granted}))
        with pytest.raises(Forbidden):
            workspaces.import_csv(io.BytesIO(b""), source="x", actor=actor)


def staged(*lines: str) -> Import:
    data = "\n".join([HEAD, *lines]).encode()
    return workspaces.stage_csv(io.BytesIO(data), source="two steps", actor=ROOT)


def test_what_is_staged_waits_and_is_applied_once() -> None:
    batch = staged("a,A,pro,active")
    assert workspaces.apply(batch.pk, actor=ROOT, dry_run=True).created == 1
    assert not Workspace.objects.exists()
    batch.refresh_from_db()
    assert batch.result["preview"]["created"] == 1
    assert workspaces.apply(batch.pk, actor=ROOT).created == 1
    assert not StagedMember.objects.exists()
    with pytest.raises(Refused, match="applied"):
        workspaces.apply(batch.pk, actor=ROOT)


def test_what_has_faults_is_not_applied() -> None:
    batch = staged("a,A,,active")
    with pytest.raises(Refused, match="bad rows"):
        workspaces.apply(batch.pk, actor=ROOT)


def test_what_was_discarded_is_gone() -> None:
    batch = staged("a,A,pro,active")
    workspaces.discard(batch.pk, actor=ROOT)
    assert not StagedMember.objects.exists()
    with pytest.raises(NotFound):
        workspaces.apply(batch.pk, actor=ROOT)
    workspaces.discard(batch.pk, actor=ROOT)


def test_what_is_left_for_a_day_is_purged_and_what_was_applied_stays_as_history() -> None:
    applied = staged("a,A,pro,active")
    workspaces.apply(applied.pk, actor=ROOT)
    staged("b,B,pro,active")
    staged("c,C,,active")
    assert staging.purge() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        kept = staged("d,D,pro,active")
        assert staging.purge() == 2
    assert set(Import.objects.values_list("pk", flat=True)) == {applied.pk, kept.pk}
    assert StagedMember.objects.get().workspace == "d"
    assert not ImportFault.objects.exists()


def file_of(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([exports.HEADER, *rows])
    return out.getvalue().encode()


def test_what_was_exported_is_unchanged_when_it_comes_back() -> None:
    bring(
        'a,"=Cmd|""x""!A1, Ltd",pro,active,-North,Europe/London,@ada,pharmacist,a+b@example.org,true',
        'a,"=Cmd|""x""!A1, Ltd",pro,active,-North,Europe/London,,super_admin,,false',
        "+b,''=Bé,pro,active,,,,,,",
        header=MEMBERS,
    )
    before = list(Workspace.objects.values()), list(Member.objects.values())
    assert Workspace.objects.get(pk="+b").name == "'=Bé"
    data = file_of(list(exports.rows()))
    assert b"\"'=Cmd" in data
    result = workspaces.import_csv(io.BytesIO(data), source="export", actor=ROOT)
    assert counts(result) == (3, 0, 0, 2)
    assert (list(Workspace.objects.values()), list(Member.objects.values())) == before


@needs_pharmacies
def test_the_real_pharmacies_come_in_and_come_in_again_unchanged() -> None:
    builders.modules()
    for expected in ((631, 631, 0, 0), (631, 0, 0, 631)):
        with PHARMACIES.open("rb") as file:
            result = workspaces.import_csv(
                file, source=str(PHARMACIES), actor=ROOT, mapping=PHARMACY_MAP, defaults=PHARMACY_DEFAULTS
            )
        assert counts(result) == expected
        assert [(effect.module, effect.eligible) for effect in result.modules] == [
            ("patient_engagement", 631)
        ]
    data = file_of(list(exports.rows()))
    assert counts(workspaces.import_csv(io.BytesIO(data), source="export", actor=ROOT)) == (631, 0, 0, 631)
