"""The versions that come next, to be offered beside a form."""

from semver import Version

from releases import versions
from releases.models import Release

FIRST = "1.0.0"


def newest() -> str:
    """The highest version that is no pre-release, "" where there is none. One query."""
    found = Release.objects.exclude(version__contains="-").order_by("-order_key")
    return found.values_list("version", flat=True).first() or ""


def next_patch() -> str:
    """The version of a release that mends the newest one, in one query."""
    return after(newest())[0][1]


def after(version: str) -> list[tuple[str, str]]:
    """The next patch and the next minor version after this one, with what each is called."""
    if not version:
        return [("first", FIRST)]
    last: Version = versions.parse(version)
    return [("patch", str(last.bump_patch())), ("minor", str(last.bump_minor()))]
