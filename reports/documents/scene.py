"""What a report looks at, read once however many of its sections ask for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from feedback.planning import documents as wishes
from feedback.planning.plan import draw_up
from feedback.planning.wishes import Range
from feedback.summary import documents as summaries
from feedback.summary.selection import Selection
from monitoring import documents as health
from monitoring.alerts import documents as alerts
from monitoring.alerts import finding
from monitoring.models import Review
from operations.models import AuditEvent
from releases import dora
from releases.models import Deployment
from reports.documents import checks, raised, traffic
from reports.documents.checks import Checks
from reports.documents.periods import Period
from reports.documents.raised import Alerts
from reports.documents.traffic import Traffic
from reports.kpis import board
from reports.kpis import documents as kpis
from reports.kpis.board import Line
from reports.models import Kind
from rollout import reports as rollouts
from rollout.models import Enrolment, Module, PhaseRun, Plan

Document = dict[str, Any]

# Open alerts that are listed, as a call of the API lists them; a table shows fewer.
MOST_ALERTS = 100


@dataclass(frozen=True)
class Scene:
    """One module over one period, looked at `now`."""

    kind: Kind
    module: Module
    period: Period
    now: datetime

    @cached_property
    def previous(self) -> Period:
        return self.period.previous

    @cached_property
    def plan(self) -> Plan | None:
        """The module's live plan with its phases; two queries."""
        found = Plan.objects.live().filter(module=self.module)
        return found.select_related("module__part_of").prefetch_related("phases").first()

    @cached_property
    def traffic(self) -> Traffic:
        return traffic.measure(self.plan, self.period) if self.plan else Traffic()

    @cached_property
    def checks(self) -> Checks:
        """The checks of both periods; two queries."""
        return checks.of(self.plan, self.period) if self.plan else Checks()

    @cached_property
    def runs(self) -> Sequence[PhaseRun]:
        """Every operation on the plan before the period's end, the oldest first."""
        if self.plan is None:
            return ()
        return list(self.plan.runs.filter(at__lt=self.period.until).order_by("at", "pk"))

    @cached_property
    def runs_within(self) -> Sequence[PhaseRun]:
        return [run for run in self.runs if self.period.has(run.at)]

    @cached_property
    def stays(self) -> Sequence[tuple[datetime, datetime | None]]:
        """When each workspace entered the cohort before the period's end, and left it."""
        found = Enrolment.objects.filter(plan=self.plan, entered_at__lt=self.period.until).order_by()
        return list(found.values_list("entered_at", "left_at")) if self.plan else ()

    @cached_property
    def events(self) -> Sequence[AuditEvent]:
        """What was done to the plan in the period, the oldest first; without the free-text reasons."""
        if self.plan is None:
            return ()
        found = AuditEvent.objects.filter(
            subject_type=Plan._meta.label_lower,
            subject_id=str(self.plan.pk),
            at__gte=self.period.since,
            at__lt=self.period.until,
        )
        return list(found.order_by("id"))

    @cached_property
    def reviews(self) -> Sequence[Review]:
        """The plan's reviews that were due before the period's end and open in it, in order."""
        if self.plan is None:
            return ()
        found = Review.objects.filter(plan=self.plan, due_at__lt=self.period.until)
        return list(found.order_by("due_at", "pk"))

    @cached_property
    def deployments(self) -> Sequence[Deployment]:
        """The module's deployments of the period, the oldest first: those that began or ended in it."""
        period = {"gte": self.period.since, "lt": self.period.until}
        ended = {f"finished_at__{name}": value for name, value in period.items()}
        began = {f"started_at__{name}": value for name, value in period.items()}
        of_module = Deployment.objects.filter(release__module=self.module).select_related("release")
        return list((of_module.filter(**ended) | of_module.filter(**began)).order_by("id"))

    @cached_property
    def system_health(self) -> Document | None:
        """As `GET /api/monitoring/system-health` answers."""
        return health.system_health_of(self.plan, now=self.now) if self.plan else None

    @cached_property
    def rollout(self) -> Document | None:
        """As `GET /api/rollouts/{module}` answers."""
        return rollouts.status_of(self.plan) if self.plan else None

    @cached_property
    def raised(self) -> Alerts:
        """The alerts that fired in both periods; one query."""
        return raised.of(self.module, self.period)

    @cached_property
    def alerts(self) -> Document:
        """The open alerts, as `GET /api/monitoring/alerts` lists them."""
        rows = list(finding.find(module=self.module.key)[: MOST_ALERTS + 1])
        return {
            "alerts": [alerts.alert_of(alert) for alert in rows[:MOST_ALERTS]],
            "more": len(rows) > MOST_ALERTS,
        }

    @cached_property
    def feedback(self) -> Document:
        """As `GET /api/monitoring/feedback/summary` answers for the days that the period touches."""
        return self._feedback(self.period)

    @cached_property
    def feedback_before(self) -> Document:
        return self._feedback(self.previous)

    @cached_property
    def dora(self) -> Document:
        """As `GET /api/dora` answers for the period."""
        return dora.document(dora.measure(self.period.since, self.period.until, self.module))

    @cached_property
    def dora_before(self) -> Document:
        return dora.document(dora.measure(self.previous.since, self.previous.until, self.module))

    @cached_property
    def kpi_lines(self) -> Sequence[Line]:
        return board.lines_of(self.module, now=self.now)

    @cached_property
    def kpis(self) -> Document:
        """As `GET /api/kpis` answers."""
        return kpis.document_of(self.module, self.kpi_lines, self.now)

    @cached_property
    def phase2(self) -> Document:
        """The Phase 2 plan of the wishes about this module, without the words of those who wrote them.

        A report is mailed and kept for years; what reporters wrote is erased one day.
        """
        found = wishes.plan_of(draw_up(Range(self.module, self.period.first, self.period.last)))
        found["proposals"] = [_nameless(each) for each in found["proposals"]]
        return found

    def _feedback(self, period: Period) -> Document:
        selection = Selection(first=period.first, last=period.last, module=self.module)
        return summaries.summary_of(selection, now=self.now)


def _nameless(line: Document) -> Document:
    """A proposal by the reference of its most telling wish, and not by its title or words."""
    others = len(line["references"]) - 1
    name = f"{line['references'][0]} and {others} like it" if others else line["references"][0]
    return {**line, "name": name, "words": []}
