"""Subscriptions to reports, made by the verb."""

from typing import Any

from reports.models import Subscription
from reports.subscriptions import subscribing
from reports.subscriptions.drafts import Draft
from tests import builders
from tests.builders import ROOT


def a_draft(**changes: Any) -> Draft:
    """The CTO's weekly summary of Patient Engagement, on Mondays at seven."""
    usual: dict[str, Any] = {
        "kind": "weekly",
        "module": builders.module(),
        "recipients": ["cto@example.org"],
        "weekday": 0,
        "hour": 7,
    }
    return Draft(**{**usual, **changes})


def a_subscription(**changes: Any) -> Subscription:
    """One in force."""
    return subscribing.add(a_draft(**changes), actor=ROOT)
