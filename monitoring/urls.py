"""The routes of monitoring, below `/api/`."""

from django.urls import path

from monitoring.api import health, metrics

urlpatterns = [
    path("monitoring/metrics", metrics.MetricsView.as_view(), name="metrics-ingest"),
    path("monitoring/system-health", health.SystemHealthView.as_view(), name="system-health"),
]
