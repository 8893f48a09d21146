"""The process in which Apprise runs: `python -m operations.receivers.apprise_process`, told by its input.

A process of its own, because Apprise has no hard deadline, reads the environment's proxies and `.netrc`, says
why it failed in its log only, and takes 30 MB. Whatever address it is given, each of its requests is held
here: to where it goes, that it follows no redirect, that the certificate is verified, and how much is read.

Reads JSON from its input: `{"task": "check" | "send", "url", "hosts", "portal", "subject", "text", "tone",
"incident"}`. Writes JSON: `{"ok", "why", "url"}`. `check` sends nothing: it stops the first request, and says
whether it would be let through.
"""

import hashlib
import json
import logging
import signal
import sys
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import requests
from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType
from apprise.plugins.base import NotifyBase

from operations.receivers.apprise_services import PARAMETERS, SERVICES, WHOLE_SECONDS, may_ask

SECONDS = 5.0
LONGEST_ANSWER = 2**20
NATIVE = ("http", "https")


class Bad(Exception):
    """An address that no channel may have; the text is the rule that it breaks."""


class Guard:
    """Stands in for `requests.Session.send` and lets a service's own requests through only."""

    def __init__(self, schema: str, hosts: list[str], *, dry: bool) -> None:
        self._schema, self._hosts, self._dry = schema, hosts, dry
        self.asked = False
        self.refused = ""

    def install(self) -> None:
        send = requests.Session.send

        def held(
            session: requests.Session, request: requests.PreparedRequest, **kwargs: Any
        ) -> requests.Response:
            url = request.url or ""
            if not may_ask(self._schema, url, self._hosts):
                self.refused = urlsplit(url).netloc.rpartition("@")[2]
                raise requests.ConnectionError("not allowed")
            self.asked = True
            if self._dry:
                raise requests.ConnectionError("only checked")
            # True, or the file of an authority that REQUESTS_CA_BUNDLE names.
            verify = kwargs.get("verify") or True
            kwargs.update(allow_redirects=False, verify=verify, proxies={}, stream=True, timeout=SECONDS)
            answer = send(session, request, **kwargs)
            # So much and no more, instead of all that comes.
            answer._content = answer.raw.read(LONGEST_ANSWER, decode_content=True)
            answer._content_consumed = True
            answer.close()
            return answer

        requests.Session.send = held  # type: ignore[assignment, method-assign]


class Heard(logging.Handler):
    """What Apprise logs as a warning or worse."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def run(told: dict[str, Any]) -> dict[str, Any]:
    """Check an address, or send by it."""
    heard = Heard()
    logger = logging.getLogger("apprise")
    logger.addHandler(heard)
    logger.propagate = False
    try:
        url = canonical(told["url"])
        schema = url.partition("://")[0].lower()
        service = opened(schema, parsed(schema, url), told["portal"], told["incident"])
        guard = Guard(schema, told["hosts"], dry=told["task"] == "check")
        guard.install()
        sent = _notify(service, told)
        if guard.refused:
            raise Bad(f"leads to {guard.refused}, which is not allowed for {schema}://; see APPRISE_HOSTS")
        # A service may have nothing to do when something is over, and then asks nobody.
        if not guard.asked and told["tone"] != NotifyType.SUCCESS:
            raise Bad("names nobody to send to")
    except Bad as fault:
        return {"ok": False, "why": [str(fault)]}
    return {"ok": sent or told["task"] == "check", "why": heard.lines, "url": url}


def _notify(service: NotifyBase, told: dict[str, Any]) -> bool:
    sender = Apprise(asset=service.asset)
    sender.add(service)
    kind = NotifyType(told["tone"])
    return bool(sender.notify(told["text"], told["subject"], kind, body_format=NotifyFormat.TEXT))


def canonical(url: str) -> str:
    """An address that begins with a service, also for one that a vendor's own page shows (https://hooks…)."""
    schema = url.partition("://")[0].lower()
    if schema in SERVICES and "://" in url:
        return url
    if schema in NATIVE:
        for name, service in SERVICES.items():
            found = _class_of(name).parse_native_url(_known_parameters(url)) if service.hosts else None
            if found and found.get("schema") == name:
                return _known_parameters(opened(name, found, "", "").url())
    raise Bad(f"must begin with one of {', '.join(f'{each}://' for each in SERVICES)}")


def parsed(schema: str, url: str) -> dict[str, Any]:
    """What Apprise reads in an address."""
    # A room as people write it, which is no fragment of the URL.
    found: dict[str, Any] | None = _class_of(schema).parse_url(url.replace("/#", "/%23"))
    if not found:
        raise Bad(f"is no address that {schema}:// can read")
    return found


def opened(schema: str, found: dict[str, Any], portal: str, incident: str) -> NotifyBase:
    """The service with these parts of an address; its messages name the portal's own URL at most.

    A service that keeps incidents is told which one a message belongs to.
    """
    given = {*found.get("qsd", {})} | {f"+{each}" for each in found.get("qsd+", {})}
    given |= {f"-{each}" for each in found.get("qsd-", {})} | {f":{each}" for each in found.get("qsd:", {})}
    if unknown := sorted(given - PARAMETERS):
        raise Bad(f"must not have the parameter {unknown[0][:40]}")
    asset = AppriseAsset(
        app_id="Ops Portal",
        app_desc="Ops Portal",
        app_url=portal,
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
        http_redirects=False,
        allow_templates=False,
        storage_mode="memory",
    )
    found = {**found, "asset": asset, "overflow": "split", "verify": True, "redirect": False}
    if incident and (name := SERVICES[schema].incident):
        found[name] = found.get(name) or f"ops-portal-{hashlib.sha256(incident.encode()).hexdigest()[:40]}"
        # Success closes what the others opened; by themselves some open a new one.
        found["action"] = "map"
    try:
        made: NotifyBase = _class_of(schema)(**found)
    except (TypeError, ValueError):
        # Its own message repeats the address, tokens included.
        raise Bad(f"is no address that {schema}:// can read") from None
    return made


def _known_parameters(url: str) -> str:
    parts = urlsplit(url)
    known = [(name, value) for name, value in parse_qsl(parts.query) if name in PARAMETERS]
    return urlunsplit(parts._replace(query=urlencode(known)))


def _class_of(schema: str) -> Any:
    return getattr(import_module(f"apprise.plugins.{SERVICES[schema].module}"), SERVICES[schema].name)


if __name__ == "__main__":
    # Also where nobody is left to end it.
    signal.alarm(WHOLE_SECONDS)
    sys.stdout.write(json.dumps(run(json.load(sys.stdin))))
