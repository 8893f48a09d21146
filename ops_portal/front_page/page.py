"""The page, put together: each part is read, rendered, and named by a digest of what it shows."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from feedback.admin.tickets import pulse
from feedback.admin.tickets.pulse import Pulse
from monitoring.admin import words as monitoring_words
from monitoring.admin.alerts import open_alerts
from monitoring.admin.alerts.open_alerts import Standing
from operations.actor import Actor
from operations.doors import timeline
from operations.doors.admin import actor_of
from operations.models import AuditEvent, Window
from ops_portal.front_page import (
    alerts,
    first_steps,
    order,
    plans,
    plans_waiting,
    tickets,
    tiles,
    waiting,
)
from ops_portal.front_page.plans import Card
from ops_portal.front_page.waiting import Ahead, Waiting
from releases.admin import in_flight
from releases.admin.in_flight import InFlight
from releases.admin.releases import story
from rollout.admin import words

TILES, BANNER, START = "tiles", "banner", "start"
LATEST_EVENTS = 8
MOST_WINDOWS, WINDOWS_AHEAD = 50, 3
# So many lines stand open in the list of what waits; the others are folded away.
LINES_OPEN = 7


@dataclass(frozen=True)
class Part:
    """One part of the page. `digest` changes when what it shows does."""

    name: str
    html: SafeString
    digest: str


@dataclass(frozen=True)
class FrontPage:
    """The parts in the reader's order, as of a moment; `etag` names what they show."""

    parts: Sequence[Part]
    etag: str
    as_of: datetime


@dataclass(frozen=True)
class Read:
    """What the page shows, as far as the reader may see it: None for what they may not."""

    windows: Sequence[Window]
    cards: Sequence[Card] | None
    alerts: Standing | None
    releases: InFlight | None
    tickets: Pulse | None


def of(request: HttpRequest) -> FrontPage:
    """The front page of whoever is signed in, in a fixed number of queries."""
    actor, now = actor_of(request), timezone.now()
    read = _read(actor, now)
    contexts = _contexts(read, actor, now)
    parts = [
        _part(name, context, request)
        for name in (TILES, BANNER, START, *order.order(actor.may))
        if (context := contexts.get(name)) is not None
    ]
    shown = "".join(f"{part.name}:{part.digest};" for part in parts)
    return FrontPage(parts, f'"{_digest(f"{actor};{shown}")}"', now)


def _read(actor: Actor, now: datetime) -> Read:
    windows = list(Window.objects.not_over(now).order_by("starts_at")[:MOST_WINDOWS])
    in_force = [window for window in windows if window.starts_at <= now]
    return Read(
        windows=windows,
        cards=plans.read(actor, in_force, now) if actor.may("rollout.view_plan") else None,
        alerts=open_alerts.standing(actor) if actor.may("monitoring.view_alert") else None,
        releases=in_flight.read(actor) if actor.may("releases.view_deployment") else None,
        tickets=pulse.read(now) if actor.may("feedback.view_ticket") else None,
    )


def _contexts(read: Read, actor: Actor, now: datetime) -> dict[str, Mapping[str, Any]]:
    """What each part shows; no entry for a part that is not there."""
    cards, shown = read.cards or (), [each for each in read.windows if _is_shown(each, now)]
    found: dict[str, Mapping[str, Any]] = {BANNER: {"windows_to_show": shown}}
    if order.decides(actor.may):
        found[order.NEEDS] = _needs(read, actor, now)
    if read.cards is not None:
        if steps := first_steps.of(cards, actor):
            found[START] = {"steps": steps}
        more = len(cards) > plans.MOST
        running = any(card.plan.status in plans.GOING_ON for card in cards)
        found[order.PLANS] = {
            "cards": cards[: plans.MOST],
            "more": more,
            "nothing_runs": bool(cards) and not running,
            "leads": actor.may(order.LEADS),
        }
    # Where nothing was done yet, every number is nought.
    if START not in found:
        found[TILES] = {"tiles": tiles.of(cards, read.alerts, read.releases, read.tickets)}
    if read.alerts is not None:
        beside = alerts.shown(alerts.beside(read.alerts, actor), now)
        found[order.ALERTS] = {"alerts": beside, "standing": read.alerts}
    if read.releases is not None:
        found[order.RELEASES] = {"releases": read.releases, **_may_ship(actor)}
    if read.tickets is not None:
        found[order.FEEDBACK] = {"pulse": read.tickets, "answers": actor.may(order.ANSWERS)}
    if actor.may("operations.view_window"):
        planned = [each for each in read.windows if each.starts_at > now and each not in shown]
        found[order.WINDOWS] = {"planned": planned[:WINDOWS_AHEAD]}
    if actor.may("operations.view_auditevent"):
        events = AuditEvent.objects.select_related("reason")[:LATEST_EVENTS]
        found[order.EVENTS] = {"events": [timeline.entry(event, _described) for event in events]}
    return found


def _needs(read: Read, actor: Actor, now: datetime) -> Mapping[str, Any]:
    """Everything that waits for this person in one list, and what will be next where nothing does."""
    found: list[Waiting] = []
    later: list[Ahead] = []
    if read.cards is not None:
        cards = read.cards[: plans.MOST]
        found += plans_waiting.of_cards(cards, actor, now)
        later += plans_waiting.ahead(cards, actor)
    due, ahead = plans_waiting.of_reviews(actor, now)
    found, later = found + due, later + ahead
    if read.alerts is not None:
        found += alerts.waiting(read.alerts, actor)
        later += alerts.ahead(read.alerts, actor, now)
    if read.releases is not None:
        found += [
            Waiting(
                each.key, "rocket_launch", each.text, each.why, each.url, each.due, 1 if each.urgent else 2
            )
            for each in read.releases.tasks
        ]
    if read.tickets is not None:
        found += tickets.waiting(read.tickets, actor, now)
        later += tickets.ahead(read.tickets, actor)
    lines = waiting.lines(found, now)
    return {
        "lines": lines[:LINES_OPEN],
        "folded": lines[LINES_OPEN:],
        "number": len(lines),
        "ahead": min(later, key=lambda each: each.at, default=None),
    }


def _may_ship(actor: Actor) -> Mapping[str, bool]:
    return {"ships": actor.may(order.SHIPS), "raises": actor.may("releases.add_issue")}


def _is_shown(window: Window, now: datetime) -> bool:
    """Whether a banner tells of it: in force, or maintenance that is announced."""
    return window.state_at(now) in ("in force", "announced")


def _described(event: AuditEvent) -> str:
    if event.subject_type == story.DEPLOYMENT:
        return story.of_event(event)
    return monitoring_words.of_event(event) or words.of_event(event)


def _part(name: str, context: Mapping[str, Any], request: HttpRequest) -> Part:
    html = render_to_string(f"admin/front/{name}.html", dict(context), request=request)
    html = SafeString(html.strip())
    return Part(name, html, _digest(html))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
