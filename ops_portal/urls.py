"""The routes. No trailing slash under /api."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from feedback.pages.form_page import FeedbackFormView, ThanksView
from feedback.pages.reporter_page import ReporterPageView
from monitoring.pages.alert_link import AlertLinkView
from ops_portal.demo_clock.view import ClockView
from ops_portal.exposition.view import MetricsView
from ops_portal.front_page.view import overview
from ops_portal.status import HealthStatusView
from ops_portal.trigger import TriggerView

handler400 = "ops_portal.errors.bad_request"
handler404 = "ops_portal.errors.not_found"
handler500 = "ops_portal.errors.server_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/overview", overview, name="overview"),
    path("admin/", admin.site.urls),
    path("alerts/<str:token>", AlertLinkView.as_view(), name="alert-link"),
    path("feedback/", FeedbackFormView.as_view(), name="feedback-form"),
    path("feedback/thanks", ThanksView.as_view(), name="feedback-thanks"),
    path("feedback/t/<str:token>", ReporterPageView.as_view(), name="feedback-ticket"),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    # The split view loads its start-up script from a URL of its own: no inline script.
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("api/metrics", MetricsView.as_view(), name="metrics"),
    path("api/health/status", HealthStatusView.as_view(), name="health-status"),
    path("api/demo/clock", ClockView.as_view(), name="demo-clock"),
    path("api/monitoring/trigger", TriggerView.as_view(), name="trigger"),
    path("api/", include("rollout.urls")),
    path("api/", include("monitoring.urls")),
    path("api/", include("feedback.urls")),
    path("api/", include("releases.urls")),
    path("api/", include("reports.urls")),
]
