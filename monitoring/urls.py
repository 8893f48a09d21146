"""The routes of monitoring, below `/api/`."""

from django.urls import path

from monitoring.api import alertmanager, alerts, health, metrics

urlpatterns = [
    path("monitoring/alertmanager", alertmanager.AlertmanagerView.as_view(), name="alertmanager"),
    path("monitoring/metrics", metrics.MetricsView.as_view(), name="metrics-ingest"),
    path("monitoring/system-health", health.SystemHealthView.as_view(), name="system-health"),
    path("monitoring/alerts", alerts.AlertsView.as_view(), name="alerts"),
    path("monitoring/alerts/<int:number>", alerts.AlertView.as_view(), name="alert"),
    path("monitoring/alerts/<int:number>/acknowledge", alerts.AcknowledgeView.as_view(), name="acknowledge"),
    path("monitoring/alerts/<int:number>/respond", alerts.SayView.as_view(), name="respond"),
    path("monitoring/alerts/<int:number>/resolve", alerts.ResolveView.as_view(), name="resolve"),
]
