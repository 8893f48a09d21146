"""The pages of releases, with one that is on its way, one that was taken back and one that is planned."""

from django.urls import reverse

from releases.models import Issue
from tests.releases import builders
from tests.releases.announcements.builders import announce
from tests.releases.issues.builders import many


def addresses() -> dict[str, str]:
    """Each kind of page by its name."""
    announcement = announce()
    back = builders.in_production(builders.a_release("1.0.1"))
    builders.walk_to(back, "update_frontend")
    builders.taken_back(back.release)
    ramping = builders.in_production(builders.a_release("1.0.2"), percentage=25)
    builders.walk_to(ramping, "gradual_rollout")
    planned = builders.tested(builders.a_release("1.1.0", category="high", method="maintenance_window"))
    # Their alerts would hold a deployment.
    many(2)

    def of(model: str, page: str, *args: object) -> str:
        return reverse(f"admin:releases_{model}_{page}", args=args)

    def operation(model: str, name: str, pk: int) -> str:
        return f"{of(model, 'operate', name)}?object={pk}"

    return {
        "board": of("issue", "board"),
        "issue": of("issue", "change", Issue.objects.latest("pk").pk),
        "raise an issue": of("issue", "operate", "raise"),
        "release on its way": of("release", "change", ramping.release_id),
        "release taken back": of("release", "change", back.release_id),
        "planned release": of("release", "change", planned.release_id),
        "draft a release": of("release", "operate", "create"),
        "deploy": operation("release", "deploy", planned.release_id),
        "deployment": of("deployment", "change", ramping.pk),
        "checklist": of("deployment", "checklist", planned.pk),
        "roll back": operation("deployment", "rollback", ramping.pk),
        "announcement": of("announcement", "change", announcement.pk),
    }
