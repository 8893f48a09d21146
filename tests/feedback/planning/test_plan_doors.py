"""The Phase 2 plan at the terminal and as a file: one document, and a table that no spreadsheet runs."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from feedback.planning import documents, weights
from tests import builders
from tests.builders import ROOT
from tests.doors import every_row, run
from tests.feedback.planning.worlds import a_wish, a_workspace, alike, an_enhancement

pytestmark = pytest.mark.django_db

SCORED = {"value": 4, "feasibility": 3, "fit": 5}


@pytest.fixture
def world() -> None:
    builders.modules()
    for number in range(4):
        a_workspace(f"W{number}", "unnamed:pharmacist", f"person {number}")
    wishes = [a_wish(f"App {number}", workspace=f"W{number}") for number in range(3)]
    an_enhancement("Native apps", *wishes, objective="mobile", **SCORED, note="Ask in May")
    an_enhancement("Reports", a_wish("Reports", workspace="W3", module="patient_engagement"), value=2)
    one, other = (a_wish(f"Offline {number}", reporter_name=f"Person {number}") for number in range(2))
    alike(one, other, 0.9, "offline")


def phase2(*words: str) -> Any:
    ran = run("post_launch_monitor", "phase2", *words, "--json")
    assert (ran.code, ran.err) == (0, "")
    return ran.document


@pytest.mark.usefixtures("world")
def test_the_document_has_the_ranking_with_its_evidence() -> None:
    before = every_row()
    found = phase2()
    first, second = found["enhancements"]
    assert (first["rank"], first["name"], first["objective"]) == (1, "Native apps", "mobile")
    # Three of four customers: 1 + 4 * the mean of log 4 / log 5 and log 7 / log 9.
    assert first["scores"] == {"impact": 4.49, "value": 4, "feasibility": 3, "fit": 5}
    assert first["score"] == round((40 * 4.49 + 30 * 4 + 15 * 3 + 15 * 5) / 100, 2)
    assert first["unknown"] == []
    evidence = first["evidence"]
    assert (evidence["tickets"], evidence["workspaces"], evidence["users"]) == (3, 3, 6)
    assert len(first["references"]) == 3
    assert second["unknown"] == ["feasibility", "fit"]
    (proposal,) = found["proposals"]
    assert proposal["words"] == ["offline"]
    assert proposal["evidence"]["reporters"] == 2
    assert proposal["scores"]["value"] is None
    assert found["requirements"] == {
        "featureRequests": 6,
        "grouped": 4,
        "ungrouped": 2,
        "settled": 0,
        "duplicates": 0,
        "quarantined": 0,
    }
    assert found["weights"] == {"impact": 40, "value": 30, "feasibility": 15, "fit": 15}
    assert found["objectives"][0] == {
        "objective": "mobile",
        "title": "Mobile experience",
        "enhancements": 1,
        "tickets": 3,
    }
    assert every_row() == before


@pytest.mark.usefixtures("world")
def test_without_a_module_all_count_and_with_one_its_own() -> None:
    assert len(phase2()["enhancements"]) == 2
    for words in (("--module", "patient_engagement"), ()):
        found = phase2(*words)
        assert found["module"] == (words[1] if words else None)
    assert [each["name"] for each in phase2("--module", "patient_engagement")["enhancements"]] == ["Reports"]
    assert phase2("--end-date", "2020-01-01")["enhancements"] == []


@pytest.mark.usefixtures("world")
def test_an_objective_leaves_ranks_as_they_are() -> None:
    weights.set_weights(actor=ROOT, impact=0, value=0, feasibility=0, fit=1)
    (reports,) = phase2("--objective", "other")["enhancements"]
    assert (reports["rank"], reports["score"]) == (2, None)


@pytest.mark.usefixtures("world")
def test_people_read_the_ranking_in_columns() -> None:
    out = run("post_launch_monitor", "phase2").out
    assert "Phase 2 plan\n" in out
    assert "Weights: user impact 40, business value 30, technical feasibility 15, strategic fit 15" in out
    (line,) = (line for line in out.splitlines() if "Native apps" in line)
    assert line.split() == [
        "1",
        "4.20",
        "4.49",
        "4",
        "3",
        "5",
        "3",
        "3",
        "6",
        "Native",
        "apps",
        "(Mobile",
        "experience)",
    ]
    assert "Proposals, from the wishes outside of enhancements:" in out


def test_an_empty_portal_has_an_empty_plan() -> None:
    found = phase2()
    assert (found["enhancements"], found["proposals"]) == ([], [])
    assert "There are no enhancements" in run("post_launch_monitor", "phase2").out


def test_no_cell_of_the_csv_runs_in_a_spreadsheet() -> None:
    row = an_enhancement("=HYPERLINK(1)", a_wish("@SUM(A1)"), note='+1, says "Ada"\nand Grace')
    a_wish("-2+3", reporter_name="Ada")
    out = run("post_launch_monitor", "phase2", "--csv").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [each["name"] for each in rows] == [f"'{row.name}", "'-2+3"]
    assert [each["kind"] for each in rows] == ["enhancement", "proposal"]
    assert rows[0]["note"].startswith("'+1, says")
    assert list(rows[0]) == list(documents.HEADER)
    # Nobody knows who wrote the first, so its impact is no number.
    assert (rows[0]["impact"], rows[0]["unknown"]) == ("", "impact, value, feasibility, fit")
    assert (rows[1]["reporters"], rows[1]["users"]) == ("1", "1")


@pytest.mark.usefixtures("world")
def test_output_writes_json_and_with_csv_the_table(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    assert run("post_launch_monitor", "phase2", "--output", str(file)).out == f"The plan is in {file}.\n"
    assert len(json.loads(file.read_text())["enhancements"]) == 2
    table = tmp_path / "plan.csv"
    ran = run("post_launch_monitor", "phase2", "--csv", "--output", str(table), "--json")
    assert ran.document == {"output": str(table), "rows": 3}
    assert len(list(csv.reader(table.open(newline="")))) == 4


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--module", "nothing"), "there is no module 'nothing'"),
        (("--start-date", "2026-02-30"), "'2026-02-30' is no day such as 2025-10-31"),
        (
            ("--start-date", "2026-03-02", "--end-date", "2026-03-01"),
            "until: must not be before the first day",
        ),
        (("--objective", "peace"), "invalid choice: 'peace'"),
        (("--output", "/nowhere/plan.json"), "/nowhere/plan.json cannot be written"),
    ],
)
def test_bad_words_are_one_clear_line(words: tuple[str, ...], fault: str) -> None:
    ran = run("post_launch_monitor", "phase2", *words)
    assert (ran.code, ran.out) == (1, "")
    assert fault in ran.err
    assert ran.err.count("\n") == 1


def test_help_says_that_all_modules_count() -> None:
    assert "(default: all)" in " ".join(run("post_launch_monitor", "phase2", "--help").out.split())
