"""The first line of the page: what rolls out and how far, whether it is healthy, and what stands open."""

from collections.abc import Sequence
from dataclasses import dataclass

from feedback.admin.tickets.pulse import Pulse
from monitoring.admin.alerts.open_alerts import Standing
from ops_portal.front_page.plans import GOING_ON, Card
from releases.admin.in_flight import InFlight

MOST_PLANS = 4


@dataclass(frozen=True)
class Tile:
    """A number with its name, a word about it and the kind of label that this is shown with."""

    name: str
    number: str
    word: str
    label: str
    target: str
    filled: float | None = None
    aim: int | None = None


def of(
    cards: Sequence[Card], alerts: Standing | None, releases: InFlight | None, tickets: Pulse | None
) -> list[Tile]:
    """The tiles of what the reader may see; None for what they may not."""
    going = [card for card in cards if card.plan.status in GOING_ON]
    found = [_plan(card) for card in going[:MOST_PLANS]]
    if alerts is not None:
        word = f"{alerts.unanswered} unanswered" if alerts.unanswered else "all answered"
        label = "danger" if alerts.unanswered else "success"
        found.append(Tile("Open alerts", str(alerts.open), word if alerts.open else "calm", label, "alerts"))
    if releases is not None:
        number, planned = len(releases.going), len(releases.planned)
        found.append(Tile("Releases in flight", str(number), f"{planned} planned", "", "releases"))
    if tickets is not None:
        number, late = tickets.counts["open"], tickets.counts["overdue"]
        word, label = (f"{late} overdue", "danger") if late else ("none overdue", "success")
        found.append(Tile("Open tickets", f"{number:,}", word, label, "feedback"))
    return found


def _plan(card: Card) -> Tile:
    share = f"{card.shares.share:.1f} %" if card.shares else f"{card.plan.percentage} %"
    verdict = "No verdict yet" if card.verdict is None else card.verdict.get_result_display()
    if card.verdict is not None and not card.is_fresh:
        verdict = f"{verdict} before"
    running = card.plan.status == card.plan.Status.RUNNING
    word, label = (verdict, card.verdict_label) if running else (card.status, card.status_label)
    filled, aim = card.filled, card.plan.percentage
    return Tile(str(card.plan), share, word, label, f"plan-{card.plan.pk}", filled, aim)
