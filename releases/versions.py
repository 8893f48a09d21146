"""Versions of releases: semantic (semver.org), in lower case and without build metadata, for flags are named
after them."""

import re

from semver import Version

LONGEST = 40
RULE = (
    f"must be a semantic version of at most {LONGEST} characters, such as 1.0.2 or 1.1.0-rc.1, "
    "in lower case and without build metadata"
)
# A number that is longer has another length in the order key.
DIGITS = 10
AFTER_EVERY_PRERELEASE = "~"


def parse(text: str) -> Version:
    """The version. Raises ValueError with the rule that the text breaks."""
    if (
        len(text) > LONGEST
        or not re.fullmatch(r"[0-9a-z.-]+", text)
        or re.search(rf"\d{{{DIGITS + 1}}}", text)
    ):
        raise ValueError(RULE)
    try:
        return Version.parse(text)
    except ValueError:
        raise ValueError(RULE) from None


def order_key(text: str) -> str:
    """A text that sorts byte by byte as versions do (semver.org, 11). Raises ValueError as `parse`."""
    version = parse(text)
    numbers = ".".join(f"{number:0{DIGITS}}" for number in (version.major, version.minor, version.patch))
    return f"{numbers} {_prerelease_key(version.prerelease or '')}"


def _prerelease_key(prerelease: str) -> str:
    """Numbers come before words, and fewer parts before more: a space sorts before all that they hold."""
    if not prerelease:
        return AFTER_EVERY_PRERELEASE
    return " ".join(
        f"0{int(part):0{DIGITS}}" if part.isdigit() else f"1{part}" for part in prerelease.split(".")
    )
