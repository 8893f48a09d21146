"""Add, change, pause, resume and remove subscriptions. Each has a dry run, which checks the same."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from operations import audit
from operations.actor import Actor
from operations.errors import NotFound, Refused
from reports.models import Subscription
from reports.subscriptions.drafts import Draft, checked, timing_of

ADD = "reports.add_subscription"
CHANGE = "reports.change_subscription"
REMOVE = "reports.delete_subscription"
FIELDS = ("kind", "module", "recipients", "weekday", "hour")


@transaction.atomic
def add(draft: Draft, *, actor: Actor, dry_run: bool = False) -> Subscription:
    """Subscribe addresses to a report. Raises Invalid as `checked` does, naming each bad address."""
    actor.require(ADD, "subscribe to reports")
    draft = checked(draft)
    subscription = Subscription(created_by=str(actor)[:200])
    _fill(subscription, draft)
    if dry_run:
        return subscription
    subscription.save(force_insert=True)
    audit.record("subscription.added", actor=actor, subject=subscription, data=_facts(subscription))
    return subscription


@transaction.atomic
def change(
    subscription: Subscription,
    draft: Draft,
    *,
    actor: Actor,
    version: int | None = None,
    dry_run: bool = False,
) -> Subscription:
    """Let a subscription say something else from now on: its next time is counted anew.

    Raises Invalid as `checked` does, Refused where nothing would change or somebody else was faster.
    """
    actor.require(CHANGE, "change subscriptions to reports")
    subscription = _locked(subscription, version, dry_run)
    draft, was = checked(draft), _facts(subscription)
    _fill(subscription, draft)
    now = _facts(subscription)
    if was == now:
        raise Refused("unchanged", "The subscription says this already.")
    changed = {name: value for name, value in now.items() if value != was[name]}
    data = {**changed, **{f"was_{name}": was[name] for name in changed}}
    return _write(subscription, "subscription.changed", actor, dry_run, data)


@transaction.atomic
def pause(
    subscription: Subscription, *, actor: Actor, version: int | None = None, dry_run: bool = False
) -> Subscription:
    """Send nothing until it is resumed. Raises Refused for one that is paused."""
    actor.require(CHANGE, "pause subscriptions to reports")
    subscription = _locked(subscription, version, dry_run)
    if not subscription.active:
        raise Refused("paused", "The subscription is paused already.")
    subscription.active = False
    return _write(subscription, "subscription.paused", actor, dry_run)


@transaction.atomic
def resume(
    subscription: Subscription, *, actor: Actor, version: int | None = None, dry_run: bool = False
) -> Subscription:
    """Send again, from the next time on: what was left out is not sent. Raises Refused for one in force."""
    actor.require(CHANGE, "resume subscriptions to reports")
    subscription = _locked(subscription, version, dry_run)
    if subscription.active:
        raise Refused("active", "The subscription is in force already.")
    subscription.active = True
    subscription.next_at = timing_of(subscription).next_after(timezone.now())
    return _write(subscription, "subscription.resumed", actor, dry_run, {"next": subscription.next_at})


@transaction.atomic
def remove(subscription: Subscription, *, actor: Actor, version: int | None = None) -> None:
    """Forget a subscription; its reports stay in the archive, and what is on its way arrives."""
    actor.require(REMOVE, "remove subscriptions to reports")
    subscription = _locked(subscription, version, dry_run=False)
    audit.record("subscription.removed", actor=actor, subject=subscription, data=_facts(subscription))
    subscription.delete()


def _locked(subscription: Subscription, version: int | None, dry_run: bool) -> Subscription:
    """The subscription as it is now, locked unless this is a dry run."""
    rows = Subscription.objects.select_related("module")
    if not dry_run:
        rows = rows.select_for_update(of=("self",))
    try:
        current = rows.get(pk=subscription.pk)
    except Subscription.DoesNotExist:
        raise NotFound("There is no such subscription any more.") from None
    if version is not None and version != current.version:
        raise Refused("stale", "The subscription changed since this was shown: look again.")
    return current


def _fill(subscription: Subscription, draft: Draft) -> None:
    for name in FIELDS:
        setattr(subscription, name, getattr(draft, name))
    subscription.next_at = draft.timing.next_after(timezone.now())


def _write(
    subscription: Subscription, action: str, actor: Actor, dry_run: bool, data: dict[str, Any] | None = None
) -> Subscription:
    if dry_run:
        return subscription
    subscription.version += 1
    subscription.save(update_fields=[*FIELDS, "active", "next_at", "version"])
    audit.record(action, actor=actor, subject=subscription, data=data)
    return subscription


def _facts(subscription: Subscription) -> dict[str, str | Sequence[str]]:
    """What it says, as the trail keeps it: who is added to a report's readers must be found again."""
    return {
        "report": subscription.kind,
        "of": subscription.module.key,
        "when": timing_of(subscription).in_words(),
        "recipients": list(subscription.recipients),
    }
