"""Which of Apprise's services a channel may use, and where each may send to.

Of its more than 130 only those that teams on call use: such with the fixed hosts of a vendor, and such that a
team runs itself, on hosts that the operator named in APPRISE_HOSTS. None that writes files, runs programs or
sends to any URL: for that there are webhooks, which are signed.
"""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

# How long one message may take, with all the requests that its service makes.
WHOLE_SECONDS = 20


class Service(NamedTuple):
    """A class of Apprise's, and the vendor's hosts: whole names, or endings that begin with a dot.

    Without hosts it is one that a team runs itself. `incident` is what the class calls the key of an incident
    that it keeps.
    """

    module: str
    name: str
    hosts: tuple[str, ...] = ()
    incident: str = ""


def _in_two(name: str, domain: str) -> tuple[str, str]:
    """The hosts of a vendor's two regions."""
    return f"{name}.{domain}", f"{name}.eu.{domain}"


_MATRIX = Service("matrix", "NotifyMatrix")
_MATTERMOST = Service("mattermost", "NotifyMattermost")
_NTFY = Service("ntfy", "NotifyNtfy")
_GOTIFY = Service("gotify", "NotifyGotify")
_ROCKET_CHAT = Service("rocketchat", "NotifyRocketChat")
_WEBEX = Service("webexteams", "NotifyWebexTeams", ("api.ciscospark.com", "webexapis.com"))
# Microsoft Teams, by Power Automate.
_WORKFLOWS = Service("workflows", "NotifyWorkflows", (".logic.azure.com", ".api.powerplatform.com"))

SERVICES = {
    "slack": Service("slack", "NotifySlack", ("hooks.slack.com", "slack.com")),
    "workflows": _WORKFLOWS,
    "workflow": _WORKFLOWS,
    "pagerduty": Service(
        "pagerduty", "NotifyPagerDuty", ("events.pagerduty.com", "events.eu.pagerduty.com"), "dedup"
    ),
    "opsgenie": Service("opsgenie", "NotifyOpsgenie", _in_two("api", "opsgenie.com"), "alias"),
    "jira": Service("jira", "NotifyJira", ("api.atlassian.com",), "alias"),
    "splunk": Service("splunk", "NotifySplunk", ("alert.victorops.com",), "entity_id"),
    "squadcast": Service(
        "squadcast", "NotifySquadcast", ("api.squadcast.com", "api.eu.squadcast.com"), "dedup"
    ),
    "incidentio": Service("incidentio", "NotifyIncidentIO", ("api.incident.io",), "dedup"),
    "ilert": Service("ilert", "NotifyILert", ("api.ilert.com",), "dedup"),
    "signl4": Service("signl4", "NotifySIGNL4", ("connect.signl4.com",), "external_id"),
    "discord": Service("discord", "NotifyDiscord", ("discord.com",)),
    "tgram": Service("telegram", "NotifyTelegram", ("api.telegram.org",)),
    "pover": Service("pushover", "NotifyPushover", ("api.pushover.net",)),
    "gchat": Service("google_chat", "NotifyGoogleChat", ("chat.googleapis.com",)),
    "wxteams": _WEBEX,
    "webex": _WEBEX,
    "twilio": Service("twilio", "NotifyTwilio", ("api.twilio.com",)),
    "mmost": _MATTERMOST,
    "mmosts": _MATTERMOST,
    "rocket": _ROCKET_CHAT,
    "rockets": _ROCKET_CHAT,
    "ntfy": _NTFY,
    "ntfys": _NTFY,
    "gotify": _GOTIFY,
    "gotifys": _GOTIFY,
    "matrix": _MATRIX,
    "matrixs": _MATRIX,
    "zulip": Service("zulip", "NotifyZulip"),
}

# What may stand behind the "?" of an address. All else is refused: among it are parameters that read a local
# file (template), fetch a URL (attach), lead elsewhere (discovery) or turn the checks off (verify, redirect).
# fmt: off
PARAMETERS = frozenset(
    {
        "alias", "api-version", "blocks", "botname", "channel", "channels", "class", "component",
        "entity", "expire", "footer", "format", "from", "group", "id", "image", "interval", "key",
        "mode", "pa", "ping", "powerautomate", "priority", "region", "route", "routeid", "severity",
        "sig", "silent", "sound", "source", "tags", "team", "thread", "timestamp", "to", "token",
        "topic", "tts", "ver", "wrap", "xtags",
    }
)
# fmt: on


def may_ask(schema: str, url: str, own_hosts: Sequence[str]) -> bool:
    """Whether a service may ask a URL: a vendor's only by HTTPS, one of your own only at a host you named.

    A host that is named without a port has the usual ones.
    """
    parts = urlsplit(url)
    host, usual = parts.hostname or "", {"https": 443, "http": 80}.get(parts.scheme)
    port = parts.port or usual
    vendors = SERVICES[schema].hosts
    if not vendors:
        return f"{host}:{port}" in own_hosts or (port in {80, 443} and host in own_hosts)
    known = any(host.endswith(each) if each.startswith(".") else host == each for each in vendors)
    return known and (parts.scheme, port) == ("https", 443)
