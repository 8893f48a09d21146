"""Static files: every name that a page asks for exists, and each has its digest in its name."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.contrib.staticfiles import finders

from ops_portal.checks import static_files_are_collected
from tests.ops_portal.processes import python

TEMPLATES = Path(portal_settings.BASE_DIR) / "templates"
NAMED = re.compile(r"""{%\s*static\s+["']([^"']+)["']""")
NAMED_IN_CODE = re.compile(r"""\bstatic\(["']([^"']+)["']\)""")
HASHED = "whitenoise.storage.CompressedManifestStaticFilesStorage"


def names() -> set[str]:
    """What the portal's own templates and modules ask for by name."""
    found = set()
    for path in TEMPLATES.rglob("*.*"):
        found |= set(NAMED.findall(path.read_text()))
    base = Path(portal_settings.BASE_DIR)
    for app in ("ops_portal", "operations", "rollout", "feedback", "monitoring", "releases", "reports"):
        for path in (base / app).rglob("*.py"):
            found |= set(NAMED_IN_CODE.findall(path.read_text()))
    return found


@pytest.mark.parametrize("name", sorted(names()))
def test_what_a_page_names_is_there(name: str) -> None:
    # With names that hold digests, one that is missing would be a page that cannot be shown.
    assert finders.find(name)


def test_collecting_writes_names_with_digests_and_compresses(tmp_path: Path) -> None:
    done = python(
        tmp_path,
        "manage.py",
        "collectstatic",
        "--noinput",
        "--verbosity=0",
        STATIC_ROOT=str(tmp_path / "files"),
    )
    assert done.returncode == 0, done.stderr

    paths = json.loads((tmp_path / "files" / "staticfiles.json").read_text())["paths"]
    styles = paths["operations/portal.css"]
    assert re.fullmatch(r"operations/portal\.[0-9a-f]{12}\.css", styles)
    assert (tmp_path / "files" / f"{styles}.gz").is_file()
    assert set(names()) <= set(paths)


def test_a_portal_without_its_static_files_is_told_so(settings: Any, tmp_path: Path) -> None:
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": HASHED}}
    settings.STATIC_ROOT = tmp_path

    [fault] = static_files_are_collected(None)
    assert fault.id == "ops_portal.E002"

    (tmp_path / "staticfiles.json").touch()
    assert static_files_are_collected(None) == []
