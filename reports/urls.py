"""The routes of reports, below `/api/`."""

from django.urls import path

from reports.api.kpis import KpisView, RoiView
from reports.api.reports import ReportView

urlpatterns = [
    path("monitoring/report", ReportView.as_view(), name="monitoring-report"),
    path("kpis", KpisView.as_view(), name="kpis"),
    path("roi", RoiView.as_view(), name="roi"),
]
