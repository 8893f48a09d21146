"""What the guide of Health Management asks for: sharper technical limits, and business metrics by user.

Guide: health-management-rollout, 9.1 Technical Metrics and 9.2 Business Metrics.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reports.kpis.catalogue.business import ADOPTION, EFFICIENCY
from reports.kpis.catalogue.entry import Entry, Group
from reports.kpis.catalogue.technical import TECHNICAL
from reports.standing import Rule

TECHNICAL_METRICS = "health-management-rollout: 9.1 Technical Metrics"
BUSINESS_METRICS = "health-management-rollout: 9.2 Business Metrics"

_SHARPER: Mapping[str, dict[str, Any]] = {
    "api_p95": {"target": 200, "guides": TECHNICAL_METRICS},
    "api_errors": {"target": 0.1, "guides": TECHNICAL_METRICS},
    # "Uptime > 99.9%", where the post-launch guide is content with 99.9.
    "uptime": {"rule": Rule.ABOVE, "guides": TECHNICAL_METRICS},
}

_DATABASE_P95 = Entry(
    key="database_p95",
    title="Database response, 95th percentile",
    group=Group.RESPONSE,
    unit="ms",
    rule=Rule.BELOW,
    target=100,
    measure="database_p95",
    guides=TECHNICAL_METRICS,
    note="Of the platform's readings, the last 24 hours.",
)

BY_USER = (
    Entry(
        key="adoption",
        title="Adoption",
        group=Group.ADOPTION,
        unit="%",
        rule=Rule.ABOVE,
        target=20,
        measure="monthly_share",
        most=100,
        guides=BUSINESS_METRICS,
        note="Distinct users of the last 4 weeks, of the known people who have the module.",
    ),
    Entry(
        key="daily_active",
        title="Daily active users",
        group=Group.ADOPTION,
        unit="%",
        rule=Rule.ABOVE,
        target=5,
        measure="daily_share",
        most=100,
        guides=BUSINESS_METRICS,
        note="Distinct users of a day, of the known people who have the module.",
    ),
    Entry(
        key="records_per_user",
        title="Records per user and week",
        group=Group.ADOPTION,
        unit="",
        rule=Rule.ABOVE,
        target=1,
        measure="records_per_user",
        guides=BUSINESS_METRICS,
        note="The counter health_records_created_total of 7 days, for each distinct user of these days.",
    ),
    Entry(
        key="goal_completion",
        title="Goals completed",
        group=Group.ADOPTION,
        unit="%",
        rule=Rule.ABOVE,
        target=30,
        most=100,
        guides=BUSINESS_METRICS,
        note="The product tells how many goals are active at a moment, and a level cannot be added up by the "
        "hour: enter the share that your database gives.",
    ),
    Entry(
        key="retention",
        title="Retention",
        group=Group.ADOPTION,
        unit="%",
        rule=Rule.ABOVE,
        target=80,
        measure="retention",
        most=100,
        guides=BUSINESS_METRICS,
        note="Users of the week before the last 7 days who came again in the last 7.",
    ),
)

_SHARED = {"time_to_proficiency", "support_requests", "user_satisfaction"}

HEALTH = (
    *(replace(entry, **_SHARPER.get(entry.key, {})) for entry in TECHNICAL),
    _DATABASE_P95,
    *(entry for entry in EFFICIENCY if entry.key == "cost_savings"),
    *BY_USER,
    *(entry for entry in ADOPTION if entry.key in _SHARED),
)
