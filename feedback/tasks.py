"""Scheduled work on tickets: `ops_portal.schedule` says when. Running any of it twice has one effect."""

from feedback.imports import staging
from feedback.similarity import index, likeness
from feedback.summary import rolling
from feedback.tickets import attaching, erasing
from operations.actor import Actor, Door

RETENTION = Actor(door=Door.BEAT, label="retention", grants=frozenset({erasing.PERMISSION}))


def index_tickets() -> str:
    """Let new and changed tickets be found, and note which are alike."""
    done = {"indexed": index.index_new(), "compared": likeness.compare_new()}
    said = " and ".join(f"{what} {count}" for what, count in done.items() if count)
    return f"{said} tickets" if said else ""


def roll_up_summary() -> str:
    """Count the days that are over, and anew those of which something changed."""
    days = rolling.roll_up()
    return f"counted {days} days" if days else ""


def keep_tickets() -> str:
    """Erase texts kept long enough, and drop files of no ticket and imports that nobody confirmed."""
    done = {
        "tickets erased": erasing.erase_old(actor=RETENTION),
        "stray files removed": attaching.remove_strays(),
        "forgotten imports dropped": staging.purge(),
    }
    return ", ".join(f"{count} {what}" for what, count in done.items() if count)
