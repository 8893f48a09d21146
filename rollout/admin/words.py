"""Shares and events in words."""

from operations.doors import timeline
from operations.models import AuditEvent
from rollout.cohorts import Shares
from rollout.models import Plan


def share(plan: Plan, shares: Shares | None) -> str:
    """ "10 %, 64 of 631"; for users, whom nobody counts, the percentage alone."""
    if shares is None or plan.module.unit == plan.module.Unit.USER:
        return f"{plan.percentage} %"
    return f"{plan.percentage} %, {shares.enabled:,} of {shares.eligible:,}"


def of_event(event: AuditEvent) -> str:
    """What a verb on a plan did, in one line; of other events, their facts."""
    data = event.data
    if not {"from", "to", "gain", "lose"} <= set(data):
        return timeline.details(event)
    parts = [f"{data['from']} % to {data['to']} %" if data["from"] != data["to"] else f"at {data['to']} %"]
    if data.get("phase"):
        parts.insert(0, f"phase {data['phase']}")
    parts += [f"{data[side]:,} {side}" for side in ("gain", "lose") if data[side]]
    if data.get("overridden"):
        parts.append(f"overriding {', '.join(data['overridden'])}")
    if data.get("gate"):
        parts.append(f"the gate would have said: {' '.join(data['gate'])}")
    return "; ".join(parts)
