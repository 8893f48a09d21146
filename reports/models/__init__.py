"""The tables of reports."""

from reports.models.kpis import Kpi, KpiReading
from reports.models.reports import Kind, Report
from reports.models.roi import Investment, RoiMonth
from reports.models.subscriptions import Subscription

__all__ = ["Investment", "Kind", "Kpi", "KpiReading", "Report", "RoiMonth", "Subscription"]
