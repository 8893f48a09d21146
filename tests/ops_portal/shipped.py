"""The files under deploy/, as tests read and change them."""

import re
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

DEPLOY = Path(settings.BASE_DIR) / "deploy"
PROMETHEUS, ALERTMANAGER, GRAFANA = (DEPLOY / name for name in ("prometheus", "alertmanager", "grafana"))
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))


def rules() -> list[dict[str, Any]]:
    """Every rule of every file."""
    files = [yaml.safe_load(path.read_text()) for path in RULES]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    """The alerting rules."""
    return [rule for rule in rules() if "alert" in rule]


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    """The text with each of these replaced, all of which must be in it."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def in_a_hurry(text: str) -> str:
    """Rules that do not wait."""
    return re.sub(r"for: \w+", "for: 0s", text)
