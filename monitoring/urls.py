"""The routes of monitoring, below `/api/`."""

from django.urls import path

from monitoring.api import metrics

urlpatterns = [
    path("monitoring/metrics", metrics.MetricsView.as_view(), name="metrics-ingest"),
]
