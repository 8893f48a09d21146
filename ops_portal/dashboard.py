"""The front page: what runs, what waits for a person, what was done last."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min
from django.http import HttpRequest

from feedback.admin.tickets import open_tickets
from monitoring.admin import words as monitoring_words
from monitoring.admin.alerts import open_alerts
from monitoring.models import Review
from operations.doors import timeline
from operations.doors.admin import actor_of
from operations.models import AuditEvent, Window
from releases.admin import in_flight
from releases.admin.releases import story
from rollout import gates
from rollout.admin import shares, words
from rollout.admin.plans import STATUS_LABELS, VERDICT_LABELS
from rollout.gates import Reason
from rollout.models import Phase, Plan, Verdict, Workspace

MOST_PLANS = 12
LATEST_EVENTS = 8


@dataclass(frozen=True)
class Card:
    """One plan on the front page."""

    plan: Plan
    status: str
    status_label: str
    share: str
    filled: float
    current: Phase | None
    following: Phase | None
    refused: Sequence[Reason]
    verdict: Verdict | None
    verdict_label: str

    @property
    def decision(self) -> str:
        """What waits for a person, "" where nothing does."""
        if self.following is None:
            waits = self.plan.status == Plan.Status.RUNNING and not self.refused
            return "may be completed" if waits else ""
        if not self.refused:
            return f"phase {self.following.number} may run"
        if [reason.code for reason in self.refused] == ["approval_missing"]:
            return f"phase {self.following.number} waits for an approval"
        return ""


def every_page(request: HttpRequest) -> dict[str, Any]:
    """What every page of the admin shows: the windows in force, and maintenance that is announced."""
    if not request.user.is_authenticated:
        return {}
    return {"windows_to_show": list(Window.objects.to_show().order_by("starts_at"))}


def front_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The front page's context: as much as this person may see, in a fixed number of queries."""
    context["title"] = "Overview"
    if request.user.has_perm("rollout.view_plan"):
        # A release's plan stands among the releases in flight: the portal goes on with it by itself.
        whole = Plan.objects.live().whole().select_related("module")
        plans = list(whole.prefetch_related("phases")[: MOST_PLANS + 1])
        context["more_plans"] = len(plans) > MOST_PLANS
        context["cards"] = cards(plans[:MOST_PLANS])
        context["decisions"] = [card for card in context["cards"] if card.decision]
        # Where a plan has reached somebody, or there are many plans, the first steps are done.
        reached = context["more_plans"] or any(card.filled for card in context["cards"])
        context["no_workspaces"] = not reached and not Workspace.objects.exists()
    if request.user.has_perm("monitoring.view_alert"):
        context |= open_alerts.front_page(actor_of(request))
    context |= open_tickets.front_page(actor_of(request))
    context |= in_flight.front_page(actor_of(request))
    if request.user.has_perm("monitoring.view_review"):
        due = Review.objects.due().order_by("plan__name").values("plan", "plan__name")
        context["due_reviews"] = list(due.annotate(count=Count("pk"), since=Min("due_at"))[:MOST_PLANS])
    if request.user.has_perm("operations.view_window"):
        context["planned_windows"] = list(Window.objects.ahead().order_by("starts_at")[:3])
    if request.user.has_perm("operations.view_auditevent"):
        events = AuditEvent.objects.select_related("reason")[:LATEST_EVENTS]
        context["events"] = [timeline.entry(event, _described) for event in events]
    context["may_import"] = request.user.has_perm("rollout.add_workspace")
    return context


def _described(event: AuditEvent) -> str:
    if event.subject_type == story.DEPLOYMENT:
        return story.of_event(event)
    return monitoring_words.of_event(event) or words.of_event(event)


def cards(plans: Sequence[Plan]) -> list[Card]:
    """The plans with what stands against their next step."""
    counted, known = shares.of_plans(plans), gates.know(plans)
    found = []
    for plan in plans:
        share, seen = counted.get(plan.pk), known[plan.pk]
        following = gates.next_phase(plan)
        if following is not None:
            refused = gates.may_run(plan, following.number, shares=share, known=seen)
        else:
            refused = gates.may_complete(plan, shares=share, known=seen)
        status = plan.get_status_display()
        verdict = seen.verdict
        found.append(
            Card(
                plan=plan,
                status=status,
                status_label=STATUS_LABELS[status],
                share=words.share(plan, share),
                filled=share.share if share else plan.percentage,
                current=gates.current_phase(plan),
                following=following,
                refused=refused,
                verdict=verdict,
                verdict_label=VERDICT_LABELS[verdict.get_result_display()] if verdict else "",
            )
        )
    return found
