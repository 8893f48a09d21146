"""Many rows behind every page of releases, for counting queries."""

from django.utils import timezone

from operations.models import Backup
from releases import releases
from releases.models import Issue, Release
from tests.builders import ROOT
from tests.releases import builders
from tests.releases.announcements.builders import announce
from tests.releases.issues import builders as issues

HELD = "Held by 1.0.2"


def rows(count: int) -> None:
    """`count` issues in each state, drafts, announcements and backups; and 1.0.2 on its way to production,
    with `count` issues."""
    issues.many(count)
    held = [builders.an_issue(HELD) for _ in range(count)]
    planned = builders.worked(builders.tested(builders.a_release(issues=held)))
    builders.tick()
    for number in range(count):
        releases.create(f"2.0.{number}", [builders.an_issue(f"Of 2.0.{number}")], actor=ROOT)
        announce(title=f"News {number}")
    Backup.objects.bulk_create(
        Backup(
            name=f"2026010{number}T000000Z",
            engine="sqlite",
            created_at=timezone.now(),
            created_by="command:root",
            size=1,
            digest="0" * 64,
        )
        for number in range(count)
    )
    assert planned.release == shipping()


def shipping() -> Release:
    """The release that is on its way."""
    return Release.objects.get(version="1.0.2")


def held() -> Issue:
    """One of its issues."""
    return Issue.objects.filter(title=HELD).order_by("number")[0]
