"""The sidebar: what a person may see, in groups."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

# Group, then its entries: title, icon, model and, where it is not the model's list, the page.
GROUPS = (
    (
        "Rollout",
        (
            ("Plans", "stairs", "rollout.plan"),
            ("Flags", "flag", "rollout.flag"),
            ("Segments", "group_work", "rollout.segment"),
            ("Modules", "extension", "rollout.module"),
            ("Workspaces", "storefront", "rollout.workspace"),
        ),
    ),
    (
        "Releases",
        (
            ("Board", "view_kanban", "releases.issue", "admin:releases_issue_board"),
            ("Issues", "bug_report", "releases.issue"),
            ("Releases", "new_releases", "releases.release"),
            ("Deployments", "deployed_code", "releases.deployment"),
            ("Announcements", "campaign", "releases.announcement"),
            ("DORA metrics", "speed", "releases.release", "admin:releases_dora"),
            ("Environments", "dns", "releases.environment"),
            ("Change policies", "policy", "releases.changepolicy"),
            ("Templates", "checklist", "releases.template"),
        ),
    ),
    (
        "Feedback",
        (
            ("Tickets", "inbox", "feedback.ticket"),
            ("Summary", "bar_chart", "feedback.ticket", "admin:feedback_summary"),
            ("Phase 2 plan", "format_list_numbered", "feedback.enhancement"),
            ("Canned replies", "quickreply", "feedback.cannedreply"),
            ("Opening hours", "schedule", "feedback.openinghours"),
            ("Holidays", "event_busy", "feedback.holiday"),
            ("Service targets", "timer", "feedback.servicetarget"),
        ),
    ),
    (
        "Monitoring",
        (
            ("Alerts", "notifications", "monitoring.alert"),
            ("Silences", "notifications_off", "monitoring.silence"),
            ("Routes", "alt_route", "monitoring.route"),
            ("Contacts", "contact_phone", "monitoring.contact"),
            ("Health checks", "monitor_heart", "monitoring.healthcheck"),
            ("Reviews", "task_alt", "monitoring.review"),
        ),
    ),
    (
        "Reports",
        (
            ("Reports", "summarize", "reports.report"),
            ("KPIs", "monitoring", "reports.kpi"),
            ("ROI", "savings", "reports.roimonth"),
            ("Subscriptions", "forward_to_inbox", "reports.subscription"),
        ),
    ),
    (
        "Operations",
        (
            ("Audit trail", "history", "operations.auditevent"),
            ("Windows", "event_busy", "operations.window"),
            ("API keys", "key", "operations.apikey"),
            ("Channels", "send", "operations.channel"),
            ("Outbox", "outbox", "operations.outboxmessage"),
            ("Backups", "backup", "operations.backup"),
        ),
    ),
    ("People", (("Users", "person", "auth.user"), ("Groups", "group", "auth.group"))),
)


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups with the entries that this person may see."""
    shown: list[dict[str, Any]] = [
        {"title": "", "items": [{"title": "Overview", "icon": "dashboard", "link": reverse("admin:index")}]}
    ]
    for title, entries in GROUPS:
        items = [
            {
                "title": name,
                "icon": icon,
                "link": reverse(*page or (f"admin:{model.replace('.', '_')}_changelist",)),
            }
            for name, icon, model, *page in entries
            if _may_see(request, model)
        ]
        shown.append({"title": title, "items": items, "separator": True})
    _mark_here(shown, request.path)
    return [group for group in shown if group["items"]]


def _mark_here(shown: list[dict[str, Any]], path: str) -> None:
    """Mark the entry that this page belongs to: some pages lie below another entry's address."""
    items = [item for group in shown for item in group["items"]]
    above = [item["link"] for item in items[1:] if path.startswith(item["link"])]
    here = max(above, key=len, default=path)
    for item in items:
        item["active"] = item["link"] == here


def _may_see(request: HttpRequest, model: str) -> bool:
    app, _, name = model.partition(".")
    if not admin.site.is_registered(apps.get_model(model)):
        return False
    return any(request.user.has_perm(f"{app}.{action}_{name}") for action in ("view", "change"))
