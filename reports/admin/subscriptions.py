"""Subscriptions in the admin: who gets which report, when, and when the last one went out."""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from operations.doors.model_admin import VerbAdmin
from operations.models import OutboxMessage
from operations.spelling import local_time
from releases.admin.releases import wording
from reports.admin.subscriptions_operations import OPERATIONS
from reports.models import Report, Subscription
from reports.subscriptions import sending
from reports.subscriptions.drafts import timing_of
from rollout.admin.module_filters import WholeModules

SHOWN_ADDRESSES = 2


class SubscriptionAdmin(VerbAdmin):
    operations = OPERATIONS
    list_display = ("report", "status", "when", "to", "goes_out", "last_sent")
    list_display_links = ("report",)
    list_filter = ("kind", ("module", WholeModules), "active")
    list_before_template = "admin/reports/report_subscriptions_head.html"
    fields = (
        "kind",
        "module",
        "status",
        "when",
        "everybody",
        "goes_out",
        "last_sent",
        "arrived",
        "by_whom",
    )

    class Media:
        css = {"all": ["reports/report.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscription]:
        found: QuerySet[Subscription] = super().get_queryset(request).select_related("module")
        made = Report.objects.filter(subscription=OuterRef("pk")).order_by("-until")
        return found.annotate(
            last_report=Subquery(made.values("pk")[:1]), last_made=Subquery(made.values("made_at")[:1])
        )

    @display(description="Report", ordering="kind")
    def report(self, subscription: Subscription) -> str:
        return f"{subscription.get_kind_display()}: {subscription.module}"

    @display(description="State", ordering="active", label={"In force": "success", "Paused": "warning"})
    def status(self, subscription: Subscription) -> str:
        return "In force" if subscription.active else "Paused"

    @display(description="When")
    def when(self, subscription: Subscription) -> str:
        return f"E{timing_of(subscription).in_words().removeprefix('e')}"

    @display(description="To")
    def to(self, subscription: Subscription) -> str:
        addresses = subscription.recipients
        first = ", ".join(addresses[:SHOWN_ADDRESSES])
        more = len(addresses) - SHOWN_ADDRESSES
        return f"{first} and {more} more" if more > 0 else first

    @display(description="To")
    def everybody(self, subscription: Subscription) -> str:
        return ", ".join(subscription.recipients)

    @display(description="Goes out next", ordering="next_at")
    def goes_out(self, subscription: Subscription) -> str:
        return local_time(subscription.next_at) if subscription.active else "-"

    @display(description="Last sent")
    def last_sent(self, subscription: Subscription) -> Any:
        last, made = getattr(subscription, "last_report", None), getattr(subscription, "last_made", None)
        if last is None or made is None:
            return "Not yet"
        page = reverse("admin:reports_report_change", args=[last])
        return format_html('<a class="op-link" href="{}">{}</a>', page, local_time(made))

    @display(description="Made by")
    def by_whom(self, subscription: Subscription) -> str:
        return wording.by_whom(subscription.created_by)

    @display(description="The last mail")
    def arrived(self, subscription: Subscription) -> str:
        last = getattr(subscription, "last_report", None)
        message = OutboxMessage.objects.filter(key=sending.key_of(last)).first() if last else None
        if message is None:
            return "-"
        if message.state == "delivered":
            return f"Arrived at {local_time(message.delivered_at or message.created_at)}"
        return f"{message.state.capitalize()}. {message.last_error}".strip()
