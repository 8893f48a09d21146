"""A row of everything that reports keep."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from reports.kpis import setting
from reports.models import Kind, Report
from reports.roi import entering
from tests import builders
from tests.builders import ROOT
from tests.reports.example_documents import document
from tests.reports.example_subscriptions import a_subscription


def a_report() -> Report:
    """A weekly summary in the archive."""
    now = timezone.now()
    return Report.objects.create(
        kind=Kind.WEEKLY,
        module=builders.module(),
        since=now - timedelta(days=7),
        until=now,
        document=document(),
        made_by="admin:ada",
    )


def many(count: int) -> None:
    """`count` of everything that is reported."""
    module = builders.module()
    for number in range(count):
        a_report()
        a_subscription()
        setting.add(module, f"Hours of training {number}", unit="h", target=2.0, actor=ROOT)
        month = f"{2023 + number // 12}-{number % 12 + 1:02}"
        entering.enter_month(module, month, hours_saved=Decimal(100), hourly_rate=Decimal(40), actor=ROOT)
    entering.set_cost(module, Decimal(9000), "EUR", actor=ROOT)
