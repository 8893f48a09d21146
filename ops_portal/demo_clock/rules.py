"""Where the demo's clock may run: on a portal that nobody but the one at this machine can mean."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from ops_portal import env

NAME = "DEMO_CLOCK"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})


def wanted(*, embedded: bool, https: bool, portal_url: str, allowed_hosts: Iterable[str]) -> bool:
    """Whether the clock can be moved: as DEMO_CLOCK says, else on the embedded default alone.

    `embedded`: SQLite, and no Redis. Raises ImproperlyConfigured where others see a portal for which it is
    asked.
    """
    faults = _seen_by_others(https, portal_url, allowed_hosts)
    if not env.text(NAME):
        return embedded and not faults
    on = env.boolean(NAME, default=False)
    if on and faults:
        raise ImproperlyConfigured(
            f"{NAME} must not be true where {faults[0]}: it lets a demo move the portal's clock, and "
            "production refuses that. Remove it, or set it to false"
        )
    return on


def _seen_by_others(https: bool, portal_url: str, allowed_hosts: Iterable[str]) -> list[str]:
    faults = []
    if https:
        faults.append("HTTPS is true")
    if (urlsplit(portal_url).hostname or "") not in LOOPBACK:
        faults.append("PORTAL_URL is not this machine alone")
    if any(host not in LOOPBACK for host in allowed_hosts):
        faults.append("ALLOWED_HOSTS names more than this machine")
    return faults
