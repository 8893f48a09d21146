"""Scheduled work of monitoring: `ops_portal.schedule` says when. Running any of it twice has one effect."""

from datetime import timedelta

from monitoring import health, retention, reviews, slots
from monitoring.alertmanager import sending
from monitoring.alerts import announcing, dead_letters, keeping, sweeping
from monitoring.watching import backups, complaints, lapsing, news, stops, trail
from operations import tasks as operations_tasks
from operations.actor import Actor, Door
from operations.schedule import Job

BEAT = Actor(door=Door.BEAT, label="hourly-check", grants=frozenset({health.PERMISSION}))


def _check_due() -> str:
    made = health.check_due(actor=BEAT)
    return "; ".join(f"{check.plan}: {check.result}, {check.action or 'nothing done'}" for check in made)


# When the newest slot begins to count.
HEALTH_CHECKS = Job("health-checks", _check_due, every=timedelta(hours=1), offset=slots.SETTLING)


def schedule_reviews() -> str:
    """Make the reviews of phases that began, and let those of earlier phases lapse."""
    made = reviews.schedule()
    return f"{made} reviews scheduled" if made else ""


def keep_days() -> str:
    """Roll complete days up, and forget what is older than it is kept."""
    rolled, dropped = retention.roll_up(), {**retention.purge(), **keeping.purge()}
    gone = ", ".join(f"{count} {name}" for name, count in dropped.items() if count)
    return f"rolled up {len(rolled)} days; dropped {gone or 'nothing'}" if rolled or gone else ""


def sweep_alerts() -> str:
    """Resolve, silence, remind of and escalate the alerts whose time has come."""
    swept = sweeping.sweep()
    done = ", ".join(f"{count} {what}" for what, count in swept._asdict().items() if count)
    return f"alerts: {done}" if done else ""


def announce_alerts() -> str:
    """Make messages of what alerts have to say."""
    announced = announcing.announce()
    if not announced.messages:
        return ""
    return f"{announced.messages} messages about {announced.alerts} alerts"


def watch_deliveries() -> str:
    """Raise alerts about receivers that messages do not reach."""
    watched = dead_letters.watch()
    done = ", ".join(f"{count} {what}" for what, count in watched._asdict().items() if count)
    return f"receivers: {done}" if done else ""


def push_alerts() -> str:
    """Send the portal's alerts to Alertmanager, where ALERTMANAGER_URL names one."""
    pushed = sending.push()
    done = ", ".join(f"{count} {what}" for what, count in pushed._asdict().items() if count)
    return f"sent to Alertmanager: {done}" if done else ""


def lapse_alerts() -> str:
    """Resolve what health checks raised about modules that nobody has any more."""
    lapsed = lapsing.lapse(health.watched())
    return f"{lapsed} alerts lapsed" if lapsed else ""


def tell_news() -> str:
    """Tell of phases that ran, plans that are complete and maintenance that is due."""
    told, untold = news.tell(), stops.tell()
    done = ((told, "milestones and maintenance windows"), (untold, "plans that were stopped unheard"))
    said = " and ".join(f"{count} {what}" for count, what in done if count)
    return f"told of {said}" if said else ""


def watch_complaints() -> str:
    """Raise an alert where several open tickets say the same, and resolve it when they no longer do."""
    watched = complaints.watch()
    done = ", ".join(f"{count} {what}" for what, count in watched._asdict().items() if count)
    return f"similar tickets: {done}" if done else ""


def watch_backups() -> str:
    """Raise an alert while there is no proven backup of the last two nights."""
    return "no proven backup for two days" if backups.watch() else ""


def verify_audit() -> str:
    """Verify the audit trail, and raise an alert while it is broken."""
    found = operations_tasks.verify_audit()
    trail.tell(found)
    state = f"BROKEN, {len(found.faults)} faults" if found.faults else "intact"
    return f"the audit trail is {state}: {found.sealed} events, head {found.head}"
