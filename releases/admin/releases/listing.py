"""The cells of the list of releases, and what they count for the whole page at once."""

from collections import defaultdict
from collections.abc import Sequence

from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Max
from django.http import HttpRequest

from releases.admin.deployments.pages import share_of
from releases.lifecycle import UNDER_WAY, DeploymentState
from releases.models import STAGING, Deployment, Release, ReleaseIssue

RUNS = (*UNDER_WAY, DeploymentState.COMPLETE)


class ReleaseList(ChangeList):
    """The list, with its issues counted and its deployments read: three queries, whatever the rows."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = with_counts(list(self.result_list))


def with_counts(rows: Sequence[Release]) -> Sequence[Release]:
    """The releases with `issue_count` and `going`, the deployments by which they run: three queries."""
    keys = [row.pk for row in rows]
    held = ReleaseIssue.objects.filter(release__in=keys).order_by().values_list("release")
    counts = dict(held.annotate(n=Count("pk")))
    going: dict[int, list[Deployment]] = defaultdict(list)
    running = Deployment.objects.filter(state__in=RUNS)
    places = running.order_by().values("environment", "release__module").annotate(last=Max("pk"))
    latest = {place["last"] for place in places}
    for each in running.filter(release__in=keys).select_related("plan").order_by("pk"):
        # The next release takes its place in staging; in production its flag may still be asked about.
        if each.environment_id != STAGING or each.pk in latest:
            going[each.release_id].append(each)
    for row in rows:
        row.issue_count, row.going = counts.get(row.pk, 0), going[row.pk]  # type: ignore[attr-defined]
    return rows


def where(deployments: Sequence[Deployment]) -> str:
    """Where it runs: "staging; production, 25 % to 50 %"."""
    newest = {each.environment_id: each for each in deployments}
    return "; ".join(_place(each) for each in newest.values()) or "-"


def _place(deployment: Deployment) -> str:
    share, place = share_of(deployment), deployment.environment_id
    if deployment.state in UNDER_WAY:
        place = f"{place}, {deployment.get_state_display().lower()}"
    return place if share == "-" else f"{place}, {share}"
