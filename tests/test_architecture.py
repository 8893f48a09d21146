"""The dependency sentence holds, and a violation breaks it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APPS = ("ops_portal", "releases", "monitoring", "feedback", "rollout", "operations")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The apps and their contracts in a folder of their own, to break there."""
    for app in APPS:
        shutil.copytree(ROOT / app, tmp_path / app, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_sentence_holds() -> None:
    found = lint(ROOT)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("operations/audit.py", "import rollout.models"),
        ("operations/audit.py", "def late():\n    import rollout.models"),
        ("rollout/phases.py", "from ops_portal import settings"),
        ("rollout/phases.py", "def late():\n    from rollout.admin import plans"),
        ("rollout/phases.py", "import celery"),
        ("rollout/cohorts.py", "def late():\n    from rest_framework import views"),
        ("rollout/models/plans.py", "from rollout import phases"),
        ("rollout/rules/ordering.py", "from rollout import models"),
        ("rollout/rules/evaluation.py", "def late():\n    from django.db import models"),
        ("feedback/tickets/moving.py", "import celery"),
        ("feedback/tickets/moving.py", "from monitoring import levels"),
        ("feedback/clocks.py", "from django.utils import timezone"),
        ("operations/actor.py", "from operations import audit"),
        ("operations/outbox.py", "from operations.doors import admin"),
    ],
)
def test_a_violation_breaks_it(copy: Path, file: str, line: str) -> None:
    path = copy / file
    path.write_text(f"{path.read_text()}\n\n{line}\n")
    assert lint(copy).returncode != 0


def test_only_admin_doors_import_the_admin() -> None:
    """The linter cannot name a package inside an outside package, so this reads the imports itself."""
    doors = ("admin", "doors", "ops_portal")
    guilty = [
        str(path.relative_to(ROOT))
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if not {*path.parent.relative_to(ROOT).parts, path.stem} & set(doors)
        and re.search(r"^\s*(from|import) django\.contrib\.admin", path.read_text(), re.MULTILINE)
    ]
    assert guilty == []


def test_state_fields_are_written_by_the_verbs_alone() -> None:
    """No `save()` or `update()` of a plan's state stands outside the modules of the verbs."""
    verbs = {"changes.py", "phases.py", "plans.py", "parts.py", "automatic.py"}
    pattern = re.compile(r"Plan\.objects[^\n]*\.update\(|plan\.save\(")
    guilty = [
        str(path.relative_to(ROOT))
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if path.name not in verbs and "migrations" not in path.parts and pattern.search(path.read_text())
    ]
    assert guilty == []
