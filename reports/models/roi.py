"""What a module cost, and what it brings, month by month."""

from decimal import Decimal

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from rollout.models import Module

CURRENCY = RegexValidator(r"\A[A-Z]{3}\Z", "must be three capital letters, such as EUR")
AMOUNTS = ("cost_reduction", "mtm_billing", "retention", "new_services")
FIGURES = ("hours_saved", "hourly_rate", *AMOUNTS)
FIRST_YEAR, LAST_YEAR = 2000, 2100


class Investment(models.Model):
    """What it cost to bring a module to its users. All of a module's amounts are in `currency`."""

    module = models.OneToOneField(Module, on_delete=models.CASCADE, related_name="investment")
    cost = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, validators=[CURRENCY])
    note = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=200)

    class Meta:
        default_permissions = ("change",)
        constraints = [models.CheckConstraint(condition=Q(cost__gte=0), name="investment_cost")]

    def __str__(self) -> str:
        return f"Implementation cost of {self.module}"


class RoiMonth(models.Model):
    """What one month brought. A year and a month, so that there is no day in it to get wrong."""

    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="roi_months", db_index=False)
    year = models.PositiveSmallIntegerField()
    month = models.PositiveSmallIntegerField()
    hours_saved = models.DecimalField(max_digits=10, decimal_places=2, default=Decimal(0))
    hourly_rate = models.DecimalField(max_digits=10, decimal_places=2, default=Decimal(0))
    cost_reduction = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    mtm_billing = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    retention = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    new_services = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    note = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=200)

    class Meta:
        verbose_name = "month of return"
        verbose_name_plural = "return on investment"
        ordering = ["-year", "-month"]
        constraints = [
            models.UniqueConstraint(fields=["module", "year", "month"], name="roi_month_once"),
            models.CheckConstraint(
                condition=Q(year__gte=FIRST_YEAR, year__lte=LAST_YEAR, month__gte=1, month__lte=12),
                name="roi_month_is_one",
            ),
            models.CheckConstraint(
                condition=Q(**{f"{name}__gte": 0 for name in FIGURES}), name="roi_month_figures"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.module}, {self.name}"

    @property
    def name(self) -> str:
        """As people and programs spell it: 2026-03."""
        return f"{self.year}-{self.month:02}"
