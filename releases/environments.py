"""How staging and production are reached: the webhook of their CI, and where the product tells its health."""

from django.db import transaction

from operations import audit
from operations.actor import Actor
from operations.errors import Invalid, NotFound, Refused
from operations.models import Channel
from operations.outgoing.exchange import rule_broken
from releases.models import Environment

CHANGE = "releases.change_environment"
LONGEST_URL = 1_000


@transaction.atomic
def change(
    environment: Environment,
    *,
    actor: Actor,
    channel: Channel | None,
    health_url: str,
    version: int | None = None,
) -> Environment:
    """Set the CI's webhook (None: people do by hand what the CI would do) and the health URL ("": not asked).

    What runs goes on with what it began with. Raises Invalid, Refused where the environment changed since
    `version`, and NotFound.
    """
    actor.require(CHANGE, "change environments")
    found = Environment.objects.select_for_update().filter(pk=environment.pk).first()
    if found is None:
        raise NotFound(f"There is no environment {environment.pk!r}.")
    if version is not None and version != found.version:
        raise Refused("stale", f"{found} was changed since this was shown: look again.")
    url = health_url.strip()
    if faults := _faults(channel, url):
        raise Invalid(faults)
    before = (found.channel_id, found.health_url)
    now = (channel.pk if channel else None, url)
    if before == now:
        return found
    found.channel, found.health_url, found.version = channel, url, found.version + 1
    found.save(update_fields=["channel", "health_url", "version"])
    data = {
        name: [old, new]
        for name, old, new in zip(("channel", "health_url"), before, now, strict=True)
        if old != new
    }
    audit.record("environment.changed", actor=actor, subject=found, data=data)
    return found


def _faults(channel: Channel | None, url: str) -> dict[str, str]:
    faults = {}
    stored = Channel.objects.filter(pk=channel.pk).first() if channel else None
    if channel and (stored is None or stored.kind != Channel.Kind.WEBHOOK):
        faults["channel"] = "must be a signed webhook: only its receiver can tell that the portal asks"
    elif stored and stored.disabled_at is not None:
        faults["channel"] = "is disabled: enable it first"
    if len(url) > LONGEST_URL:
        faults["health_url"] = f"must have at most {LONGEST_URL:,} characters"
    elif url and (rule := rule_broken(url)):
        faults["health_url"] = rule
    return faults
