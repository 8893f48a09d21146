"""docs/checklists.md says what the data says."""

from pathlib import Path

from releases import templates
from releases.checklists.proofs import PROOFS
from releases.template_text import ACTIONS, read_checklist, read_steps

TEXT = (Path(__file__).parents[3] / "docs" / "checklists.md").read_text(encoding="utf-8")
EXAMPLES = [block.partition("```")[0] for block in TEXT.split("```yaml\n")[1:]]


def test_every_proof_is_named():
    shares = {"share_25", "share_50"}

    assert [name for name in PROOFS if f"`{name}`" not in TEXT and name not in shares] == []


def test_every_action_and_template_is_named():
    keys = [key for group in templates.KEYS.values() for key in group]

    assert [name for name in (*ACTIONS, *keys) if f"`{name}`" not in TEXT] == []


def test_the_examples_can_be_read():
    steps, checklist = EXAMPLES

    assert read_steps(steps).rolls_out
    assert [item.proof for item in read_checklist(checklist).items] == ["backup"]
