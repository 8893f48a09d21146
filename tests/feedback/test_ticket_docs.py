"""docs/tickets.md says what the data says."""

from pathlib import Path

import pytest

from feedback.imports.presets import JIRA
from feedback.lifecycle import TRANSITIONS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "tickets.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("| ").split("|")] for line in DOCUMENT.splitlines()]


@pytest.mark.parametrize("name", TRANSITIONS)
def test_each_step_stands_in_the_table_with_its_states(name: str) -> None:
    step = TRANSITIONS[name]
    row = next(row for row in ROWS if row[0] == step.name and len(row) > 2)
    assert [each.replace(" ", "_") for each in row[1].split(", ")] == [*step.sources]
    assert row[2].replace(" ", "_") == step.target


@pytest.mark.parametrize("field", JIRA.values)
def test_each_word_of_the_preset_is_told(field: str) -> None:
    told = DOCUMENT.lower().replace("\n", " ")
    assert [word for word in JIRA.values[field] if word != "unresolved" and word not in told] == []
