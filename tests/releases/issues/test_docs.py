"""docs/issues.md says what the data says."""

from pathlib import Path

import pytest

from releases.issues.finding import STATUSES
from releases.issues.moving import NEEDS_REASON
from releases.lifecycle import ISSUE_TRANSITIONS

DOCUMENT = (Path(__file__).parents[3] / "docs" / "issues.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("| ").split("|")] for line in DOCUMENT.splitlines()]


@pytest.mark.parametrize("name", ISSUE_TRANSITIONS)
def test_each_step_stands_in_the_table_with_its_states(name: str) -> None:
    step = ISSUE_TRANSITIONS[name]
    row = next(row for row in ROWS if row[0] == step.name and len(row) > 2)
    assert [each.replace(" ", "_") for each in row[1].split(", ")] == [*step.sources]
    assert row[2].replace(" ", "_") == step.target
    assert (row[3:] == ["a reason"]) == (name in NEEDS_REASON)


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_is_told(status: str) -> None:
    assert status.replace("_", " ") in DOCUMENT.replace("\n", " ").lower()
