"""`manage.py workspaces`: what it prints, for people and programs, and its exit codes."""

import io
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from operations.models import AuditEvent
from rollout.management.commands import workspaces as command
from rollout.models import Import, Member, Workspace
from tests import builders
from tests.doors import every_row, run

pytestmark = pytest.mark.django_db

GOOD = "ods,title\nFA1,First Pharmacy\nFA2,=Second\n"
OPTIONS = (
    "--map",
    "id=ods",
    "--map",
    "name=title",
    "--default",
    "tier=professional",
    "--default",
    "status=active",
    "--default",
    "role=pharmacist",
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pharmacies.csv"
    path.write_text(GOOD)
    return path


def test_import_takes_the_options_of_the_contract_and_says_what_it_did(file: Path) -> None:
    builders.modules()
    ran = run("workspaces", "import", str(file), *OPTIONS)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[:2] == ["2 rows read", "2 workspaces created, 0 updated, 0 unchanged"]
    assert lines[-1].split() == ["patient_engagement", "2", "0", "0", "0"]
    assert Workspace.objects.get(pk="FA2").name == "=Second"
    assert Member.objects.filter(role="pharmacist").count() == 2


def test_import_prints_one_document_for_programs(file: Path) -> None:
    builders.modules()
    document = run("workspaces", "import", str(file), *OPTIONS, "--json").document
    assert document == {
        "read": 2,
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "errors": [],
        "errorCount": 0,
        "dryRun": False,
        "refused": "",
        "modules": [
            {
                "module": "patient_engagement",
                "eligible": 2,
                "enabled": 0,
                "gain": 0,
                "lose": 0,
                "losing": [],
            }
        ],
    }


def test_a_dry_run_writes_nothing(file: Path) -> None:
    before = every_row()
    ran = run("workspaces", "import", str(file), *OPTIONS, "--dry-run", "--json")
    assert (ran.code, ran.document["created"], ran.document["dryRun"]) == (0, 2, True)
    assert every_row() == before


def test_bad_rows_are_told_on_stderr_and_in_the_document(file: Path) -> None:
    file.write_text(f"{GOOD}FA3,\nFA4,b,c\n")
    ran = run("workspaces", "import", str(file), *OPTIONS, "--json")
    assert ran.code == 1
    assert ran.document["errors"] == [
        {"line": 4, "field": "name", "message": "is empty"},
        {"line": 5, "field": "row", "message": "has 3 cells, the header has 2"},
    ]
    assert ran.err.splitlines() == [
        "line 4, name: is empty",
        "line 5, row: has 3 cells, the header has 2",
    ]
    assert not Workspace.objects.exists()
    assert not Import.objects.exists()


def test_after_fifty_bad_rows_only_their_number_is_told(file: Path) -> None:
    file.write_text("ods,title\n" + ",x\n" * 1_060)
    ran = run("workspaces", "import", str(file), *OPTIONS)
    assert ran.out.splitlines() == ["1,060 rows read, nothing was imported."]
    assert len(ran.err.splitlines()) == 51
    assert ran.err.splitlines()[-1] == "and 1,010 more"
    document = run("workspaces", "import", str(file), *OPTIONS, "--json").document
    assert (len(document["errors"]), document["errorCount"]) == (1_000, 1_060)


def test_missing_columns_are_one_clear_line_that_names_the_options(file: Path) -> None:
    ran = run("workspaces", "import", str(file))
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1
    assert "no column for id, name, tier and status" in ran.err
    assert "has the columns ods, title" in ran.err
    assert "--map FIELD=COLUMN" in ran.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--map", "id"), "FIELD=MAP"),
        (("--map", "id=a", "--map", "id=b"), "given twice"),
        (("--map", "shoe=size"), "is no field"),
        (("--default", "tier=Gold Plan"), "lower-case"),
        (("--encoding", "klingon"), "no encoding"),
    ],
)
def test_bad_options_are_told(file: Path, words: tuple[str, ...], says: str) -> None:
    ran = run("workspaces", "import", str(file), *words)
    assert ran.code == 1
    assert says in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    ran = run("workspaces", "import", str(tmp_path / name))
    assert ran.code == 1
    assert "cannot be read" in ran.err


def test_another_encoding_is_named_by_an_option(file: Path) -> None:
    file.write_bytes("ods,title\nFA1,Müller\n".encode("cp1252"))
    ran = run("workspaces", "import", str(file), *OPTIONS)
    assert ran.code == 1
    assert ran.err.startswith("line 2, file: has bytes that are not UTF-8")
    assert run("workspaces", "import", str(file), *OPTIONS, "--encoding", "cp1252").code == 0
    assert Workspace.objects.get().name == "Müller"


def test_standard_input_is_a_file_too(tmp_path: Path, file: Path) -> None:
    with file.open() as stream, patch("sys.stdin", stream):
        assert run("workspaces", "import", "-", *OPTIONS).code == 0
    assert Workspace.objects.count() == 2


def test_a_large_loss_asks_for_confirmation(tmp_path: Path) -> None:
    builders.a_plan_in_phase(1, eligible=40)
    file = tmp_path / "lapsed.csv"
    file.write_text("id,name,tier,status\nW00000,Pharmacy W00000,professional,cancelled\n")
    dry = run("workspaces", "import", str(file), "--dry-run")
    assert dry.code == 1
    assert dry.err.startswith("Would be refused: This would take Patient Engagement from 1 of the 4")
    refused = run("workspaces", "import", str(file))
    assert refused.code == 1
    assert "confirm the loss" in refused.err
    assert Workspace.objects.get(pk="W00000").status == "active"
    assert run("workspaces", "import", str(file), "--confirm-loss").code == 0
    assert Workspace.objects.get(pk="W00000").status == "cancelled"


def test_the_trail_names_the_door_and_the_file(file: Path) -> None:
    run("workspaces", "import", str(file), *OPTIONS)
    event = AuditEvent.objects.get()
    assert (event.door, event.data["source"]) == ("command", str(file))


def test_what_is_exported_is_imported_unchanged(tmp_path: Path, file: Path) -> None:
    run("workspaces", "import", str(file), *OPTIONS)
    printed = run("workspaces", "export")
    assert printed.out.splitlines() == [
        "id,name,tier,status,region,timeZone,member,role,email,active",
        "FA1,First Pharmacy,professional,active,,,,pharmacist,,true",
        "FA2,'=Second,professional,active,,,,pharmacist,,true",
    ]
    target = tmp_path / "out.csv"
    written = run("workspaces", "export", "--output", str(target), "--json")
    assert written.document == {"output": str(target), "rows": 2}
    assert target.read_text() == printed.out
    assert run("workspaces", "import", str(target), "--json").document["unchanged"] == 2


def test_export_prints_one_document_for_programs(file: Path) -> None:
    run("workspaces", "import", str(file), *OPTIONS)
    found = run("workspaces", "export", "--json").document["workspaces"]
    assert [(each["id"], len(each["members"])) for each in found] == [("FA1", 1), ("FA2", 1)]


def test_export_tells_when_it_cannot_write(tmp_path: Path) -> None:
    ran = run("workspaces", "export", "--output", str(tmp_path / "none" / "out.csv"))
    assert ran.code == 1
    assert "cannot be written" in ran.err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_a_progress_bar(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    real = command.Command.progress

    def progress(self: Any, **options: Any) -> Any:
        with patch("sys.stderr", terminal):
            return real(self, **options)

    monkeypatch.setattr(command.Command, "progress", progress)
    assert run("workspaces", "import", str(file), *OPTIONS).err == ""
    assert "kB" in terminal.getvalue()
