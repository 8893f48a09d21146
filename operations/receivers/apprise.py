"""Slack, Teams, PagerDuty and the like, by Apprise in a process of its own (`apprise_process`)."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from django.conf import settings

from operations.models import Channel, OutboxMessage
from operations.outbox import Failed
from operations.receivers.apprise_services import SERVICES, WHOLE_SECONDS

PROCESS = "operations.receivers.apprise_process"
# Neither proxies nor whatever else steers requests; where certificates lie may be the operator's own choice.
KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "VIRTUAL_ENV")
SHORTEST_SECRET = 5


def clean(address: str) -> str:
    """The Apprise URL, also for one that the vendor's page shows. Raises ValueError with the rule it breaks.

    Nothing is sent.
    """
    url = address.strip()
    if not url.isprintable() or any(each.isspace() for each in url):
        raise ValueError("must hold no blanks")
    found = _run("check", url, subject="Test", text="Test", tone="warning", incident="")
    if not found["ok"]:
        raise ValueError(_without_secrets(found["why"], url))
    return str(found["url"])


def masked(address: str) -> str:
    """The URL with its service, whom it goes to and, of a service of your own, its host."""
    schema, _, rest = address.partition("://")
    netloc, _, path = rest.partition("?")[0].partition("/")
    user, _, host = netloc.rpartition("@")
    own = schema in SERVICES and not SERVICES[schema].hosts and bool(path or user)
    parts = [host if own else _short(host), *map(_short, filter(None, path.split("/")))]
    return f"{schema}://{'…@' if user else ''}{'/'.join(parts)}"


def deliver(channel: Channel, message: OutboxMessage) -> None:
    """Send the message. Raises Failed with the reason, which holds no part of the address."""
    payload = message.payload
    wanted = {name: payload[name] for name in ("subject", "text", "tone", "incident")}
    found = _run("send", channel.address, **wanted)
    if not found["ok"]:
        raise Failed(_without_secrets(found["why"], channel.address) or "It failed without a reason.")


def _run(task: str, url: str, **message: str) -> dict[str, Any]:
    told = {
        "task": task,
        "url": url,
        "hosts": list(settings.APPRISE_HOSTS),
        "portal": settings.PORTAL_URL,
        **message,
    }
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    try:
        ended = subprocess.run(
            [sys.executable, "-m", PROCESS],
            input=json.dumps(told),
            capture_output=True,
            text=True,
            timeout=WHOLE_SECONDS,
            cwd=settings.BASE_DIR,
            # No home: a .netrc there holds somebody else's passwords.
            env={**environment, "HOME": os.devnull},
            check=True,
        )
        found: dict[str, Any] = json.loads(ended.stdout)
    except subprocess.TimeoutExpired:
        raise Failed(f"The service did not answer within {WHOLE_SECONDS} seconds.") from None
    except (subprocess.CalledProcessError, json.JSONDecodeError):
        # What it wrote may hold the address.
        raise Failed("Apprise itself failed; a message of another text may pass.") from None
    return found


def _short(part: str) -> str:
    """A room or a person whole, and of all else two letters at most."""
    text = unquote(part)
    if text[:1] in {"#", "@", "!"} and len(text) < 40:
        return text
    return f"{text[0]}…{text[-1]}" if len(text) > SHORTEST_SECRET else "…"


def _without_secrets(lines: Iterable[str], address: str) -> str:
    """What was said, with nothing of the address in it but the service and its host."""
    schema, _, rest = address.partition("://")
    host = rest.partition("/")[0].rpartition("@")[2].partition(":")[0]
    parts = {part for form in (rest, unquote(rest)) for part in re.split(r"[/:@?&=#,;+%\s]+", form)}
    shown = {host} if schema in SERVICES and not SERVICES[schema].hosts else set()
    text = " ".join(" ".join(lines).split())
    for part in sorted(parts - shown, key=len, reverse=True):
        if len(part) >= SHORTEST_SECRET:
            text = text.replace(part, "…")
    return text
