"""Where a plan's vitals come from."""

from django.db import models
from django.db.models import Q

from rollout.models import Plan


class VitalsSource(models.Model):
    """A plan's source of vitals, and the PromQL that the portal composes its queries from.

    A plan without a row has pushed vitals. *Selectors* name counters or histograms
    (`http_requests_total{job="api"}`), *expressions* are whole PromQL; an empty text is not asked for.
    Written by `plan_sources.configure` alone.
    """

    class Kind(models.TextChoices):
        PUSHED = "pushed", "Pushed by the product"
        PROMETHEUS = "prometheus", "Read from Prometheus"

    plan = models.OneToOneField(Plan, on_delete=models.CASCADE, related_name="vitals_source")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PUSHED)
    version = models.PositiveIntegerField(default=0, editable=False)

    workspace_label = models.CharField(
        max_length=100,
        blank=True,
        default="workspace",
        help_text="The label that holds a workspace's id; empty where the series tell none apart",
    )
    arm_label = models.CharField(
        max_length=100,
        blank=True,
        default="arm",
        help_text="User modules only: the label that says on or off",
    )

    requests = models.CharField(
        max_length=500, default="http_requests_total", help_text="Selector of a counter: all requests"
    )
    errors = models.CharField(
        max_length=500,
        default='http_requests_total{status=~"5.."}',
        help_text="Selector of a counter: those that failed",
    )
    timeouts = models.CharField(max_length=500, blank=True, help_text="Selector of a counter")
    latency = models.CharField(
        max_length=500,
        blank=True,
        default="http_request_duration_seconds",
        help_text="Selector of a histogram in seconds, without _bucket",
    )
    module_requests = models.CharField(
        max_length=500, blank=True, help_text="Selector of a counter: requests of the module alone"
    )
    module_errors = models.CharField(max_length=500, blank=True, help_text="Selector of a counter")
    used = models.CharField(
        max_length=500,
        blank=True,
        help_text="Selector of a counter that grows when a workspace uses the module: adoption. "
        "Empty: the module's requests",
    )
    counters = models.JSONField(
        blank=True, default=dict, help_text='Further counters: {"portalVisits": "portal_visits_total"}'
    )
    daily_users = models.CharField(
        max_length=500, blank=True, help_text="Expression: distinct users of the last day"
    )
    weekly_users = models.CharField(
        max_length=500, blank=True, help_text="Expression: distinct users of the last week"
    )

    memory = models.CharField(max_length=500, blank=True, help_text="Expression: percent of memory in use")
    cpu = models.CharField(max_length=500, blank=True, help_text="Expression: percent")
    disk = models.CharField(max_length=500, blank=True, help_text="Expression: percent in use")
    database_latency = models.CharField(
        max_length=500, blank=True, help_text="Selector of a histogram in seconds: the database's queries"
    )
    database_ms = models.CharField(
        max_length=500,
        blank=True,
        help_text="Where there is no such histogram, an expression: milliseconds of a query",
    )
    database_failures = models.CharField(
        max_length=500, blank=True, help_text="Selector of a counter: connections that failed"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["pushed", "prometheus"]), name="vitals_source_kind"),
            models.CheckConstraint(condition=~Q(requests="") & ~Q(errors=""), name="vitals_source_needs"),
        ]

    def __str__(self) -> str:
        return f"Vitals of {self.plan}"
