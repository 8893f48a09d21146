"""Whose request it is, behind the proxy that HTTPS=true announces.

Without this every visitor would have the proxy's address: strangers would use up one rate together, and five
wrong passwords would lock a name out for everybody.
"""

from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class BehindProxy:
    """Gives what is behind it the address that the proxy saw: the last one of X-Forwarded-For.

    The ones before it were written by whoever sent the request, and say nothing.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if _is_address(seen):
            environ["REMOTE_ADDR"] = seen
        return self._application(environ, start_response)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
