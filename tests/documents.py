"""What the documents say: their links, commands, addresses, and the places of the admin that they name."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]

FENCE = re.compile(r"^[ ]*```(\w*)\n(.*?)^[ ]*```", re.MULTILINE | re.DOTALL)
SHELLS = ("", "sh", "bash", "shell")
# Where a command ends on its line.
ENDS = re.compile(r"\s(?:\|\||&&|\||>>|>|2>|#|;|\}).*$|;.*$")


@cache
def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def prose_of(name: str) -> str:
    """The text without its blocks of code."""
    return FENCE.sub("", text_of(name))


def blocks_of(name: str, *languages: str) -> list[str]:
    """The blocks of code in one of these languages."""
    return [code for language, code in FENCE.findall(text_of(name)) if language in languages]


def links_of(name: str) -> set[str]:
    """Targets of links and pictures within the project."""
    found = re.findall(r"\]\(([^)\s]+)\)", prose_of(name))
    return {target for target in found if not target.startswith(("http://", "https://", "mailto:"))}


@cache
def anchors_of(name: str) -> frozenset[str]:
    """The anchors that GitHub gives the headings, and those that are written out."""
    found: set[str] = set(re.findall(r'<a id="([^"]+)">', text_of(name)))
    for heading in re.findall(r"^#{1,6} (.+)$", prose_of(name), re.MULTILINE):
        plain = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", plain.strip().lower()).replace(" ", "-")
        number = 0
        while (unique := f"{slug}-{number}" if number else slug) in found:
            number += 1
        found.add(unique)
    return frozenset(found)


def commands_of(name: str) -> Iterator[str]:
    """Each `manage.py …` of a block, without what stands before it and after it on its line."""
    for block in blocks_of(name, *SHELLS):
        for line in block.replace("\\\n", " ").splitlines():
            if found := re.search(r"(?:^|[\s/])manage\.py (.+)$", line):
                yield ENDS.sub("", found[1]).strip()


def mentions_of(name: str) -> Iterator[str]:
    """Each `manage.py …` in a sentence or a table: perhaps not all of it."""
    for code in re.findall(r"`([^`\n]+)`", prose_of(name)):
        if found := re.match(r"(?:\S*=\S* )?(?:\.venv/bin/python )?manage\.py (.+)$", code):
            yield ENDS.sub("", found[1].replace("\\|", "|")).strip()


def addresses_of(name: str) -> set[str]:
    """Paths of the API and of the admin, on no other host than the portal's."""
    found = re.findall(
        r"(?<![\w.\-/])(https?://[\w.:\-]+)?(/(?:api|ofrep|admin)/[^\s`\"'|)?,;]*)", text_of(name)
    )
    return {
        path.rstrip(".:*")
        for host, path in found
        if "…" not in path and (not host or re.search(r"//(?:127\.0\.0\.1|localhost|portal\.)", host))
    }


def clicks_of(name: str) -> set[tuple[str, str, str]]:
    """`Group → Entry` with the button that follows, or an empty text. What follows the entry may be in it."""
    found: list[tuple[str, str, str]] = re.findall(
        r"\b([A-Z][a-z]+) (?:→|›) ([A-Z][\w ]*\w)(?: → “([^”]+)”)?", " ".join(prose_of(name).split())
    )
    return set(found)
