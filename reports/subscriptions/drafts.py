"""What a subscription may say: checked by every verb that writes one."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from operations.errors import Invalid
from reports.models import Kind, Subscription
from reports.subscriptions.timing import Timing
from rollout.models import Module

MOST_RECIPIENTS = 50
# Of mail addresses, by RFC 5321.
LONGEST_ADDRESS = 254
LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Draft:
    """A subscription as it is to be; `weekday` None is every day."""

    kind: str
    module: Module
    recipients: Sequence[str]
    weekday: int | None
    hour: int

    @property
    def timing(self) -> Timing:
        """When it goes out, in the portal's time zone."""
        return Timing(self.weekday, self.hour, timezone.get_default_timezone())


def timing_of(subscription: Subscription) -> Timing:
    """When a subscription goes out, in the portal's time zone."""
    return Timing(subscription.weekday, subscription.hour, timezone.get_default_timezone())


def checked(draft: Draft) -> Draft:
    """The draft with each address once. Raises Invalid with every rule that it breaks."""
    recipients = _each_once(draft.recipients)
    faults = {
        "kind": _kind_fault(draft.kind),
        "recipients": _recipients_fault(recipients),
        "weekday": _weekday_fault(draft),
        "hour": "" if 0 <= draft.hour <= 23 else "must be 0 to 23",
    }
    if found := {name: fault for name, fault in faults.items() if fault}:
        raise Invalid(found)
    return Draft(draft.kind, draft.module, recipients, draft.weekday, draft.hour)


def _each_once(addresses: Sequence[str]) -> list[str]:
    """Without blanks and repeats: of two that differ in capitals the first."""
    found: dict[str, str] = {}
    for address in filter(None, map(str.strip, addresses)):
        found.setdefault(address.lower(), address)
    return list(found.values())


def _kind_fault(kind: str) -> str:
    return "" if kind in Kind.values else f"must be one of {', '.join(Kind.values)}"


def _recipients_fault(addresses: Sequence[str]) -> str:
    if not addresses:
        return "must name at least one mail address"
    if len(addresses) > MOST_RECIPIENTS:
        return f"must name at most {MOST_RECIPIENTS} mail addresses, and names {len(addresses)}"
    bad = [f"{address[:LONGEST_SHOWN]!r}" for address in addresses if _is_bad(address)]
    if not bad:
        return ""
    return f"{bad[0]} is no mail address" if len(bad) == 1 else f"{', '.join(bad)} are no mail addresses"


def _is_bad(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return True
    return len(address) > LONGEST_ADDRESS


def _weekday_fault(draft: Draft) -> str:
    if draft.weekday is not None and draft.weekday not in Subscription.Weekday.values:
        return "must be 0 (Monday) to 6 (Sunday)"
    if draft.kind == Kind.WEEKLY and draft.weekday is None:
        return "must be given: a weekly summary goes out once a week"
    if draft.kind == Kind.DAILY and draft.weekday is not None:
        return "must be empty: a daily summary goes out every day"
    return ""
