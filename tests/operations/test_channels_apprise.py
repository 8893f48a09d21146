"""Apprise's services: which, towards where, and what is said when they fail."""

import json
import ssl
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
from django.utils import timezone
from urllib3.response import HTTPResponse

from operations import channels
from operations.channels import Note
from operations.errors import Invalid
from operations.models import Channel, OutboxMessage
from operations.receivers import apprise, apprise_process
from operations.receivers.apprise_services import PARAMETERS, SERVICES, may_ask
from operations.tasks import deliver
from tests.builders import ROOT
from tests.operations.receiver import Receiver, answer

NOTE = Note(subject="Slow <b>now</b>", text="Answers *take* long.\nLook.", event="alert.fired", data={})
TOKEN = "3ccdd113474722377935511fc85d3dd4"
HOSTS = ["chat.example.org", "ntfy.example.org:8080"]
TEAMS = (
    "https://prod-00.westeurope.logic.azure.com:443/workflows/643e69f83c8944438d68119179a10a64/triggers/manual"
    "/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=KODuebWbDGYFr0z0eu"
)
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
GOOD = [
    f"{SLACK}/#general",
    "workflow://prod-0.uk.logic.azure.com:443/643e69f83c8944438d68119179a10a64/KODuebWbDGYFr0z0eu",
    "pagerduty://A1BRTD4JD@TIiajkdnlazkcOXrIdevi7F?region=eu",
    "opsgenie://a1b2c3d4-e5f6-7890-abcd-ef1234567890/@ada",
    "jira://a1b2c3d4-e5f6-7890-abcd-ef1234567890/@ada",
    "splunk://routing@a1b2c3d4-e5f6-7890-abcd-ef1234567890",
    "squadcast://abcdefgh12345678",
    "incidentio://01GW2G3V0S59R238FAHPDS1R66/abcdefgh12345678",
    "ilert://abcdefgh12345678",
    "signl4://abcdefgh12345678",
    "discord://417429632418316298/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123",
    "tgram://123456789:AAG-abcdefghij-klmnopqrstuvwxyz12345/12315544/",
    "pover://uQiRzpo4DXghDmr9QzzfQu27cmVRsG@azGDORePK8gMaC0QOYAMyEEuzJnyUi?priority=high",
    "gchat://AAAAk6lGXyM/key/token",
    "wxteams://Y2lzY29zcGFyazovL3VzL1dFQkhPT0svYWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXo4MHplMTIzNDU2Nzg5MDEy",
    "twilio://AC735c307c62944b5a:e29dfbcebf390dee9@12345678901/15558675309",
    f"mmosts://chat.example.org/{TOKEN}",
    f"rockets://ada:{TOKEN}@chat.example.org/#general",
    "ntfy://ada:pass@ntfy.example.org:8080/topic?priority=high",
    f"gotifys://chat.example.org/{TOKEN}",
    "matrixs://ada:pass@chat.example.org/#general",
    "zulip://bot@chat/a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5/general",
]


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Checks an address in this process, which is quicker than in one of its own; "" or what is wrong."""

    def check(url: str, *hosts: str, tone: str = "warning") -> str:
        with monkeypatch.context() as patch:
            patch.setattr(requests.Session, "send", requests.Session.send)
            told = {
                "task": "check",
                "url": url,
                "hosts": [*HOSTS, *hosts],
                "portal": "https://portal.example",
            }
            message = {"subject": "S", "text": "T", "tone": tone, "incident": "error_rate"}
            found = apprise_process.run({**told, **message})
        return "" if found["ok"] else str(found["why"][0])

    return check


@pytest.mark.parametrize("url", GOOD)
def test_a_service_of_the_list_reaches_its_vendor_or_a_host_of_yours(checked: Any, url: str) -> None:
    assert checked(url, "chat.zulipchat.com") == ""


def test_a_room_with_its_sign_is_a_room() -> None:
    assert apprise_process.parsed("slack", f"{SLACK}/#general")["targets"] == ["#general"]


def test_each_service_of_the_list_is_tried_here() -> None:
    tried = {SERVICES[url.partition("://")[0]].name for url in GOOD}
    assert tried == {service.name for service in SERVICES.values()}


@pytest.mark.parametrize(
    "schema",
    [
        "file",
        "json",
        "jsons",
        "xml",
        "form",
        "mailto",
        "mailtos",
        "syslog",
        "rsyslog",
        "dbus",
        "gnome",
        "windows",
        "mqtt",
        "apprise",
        "hassio",
        "kodi",
        "smpp",
        "ses",
        "sns",
        "ifttt",
        "nextcloud",
        "xmpp",
        "irc",
        "growl",
        "emby",
        "vapid",
        "config",
    ],
)
def test_no_other_service_is_taken(checked: Any, schema: str) -> None:
    assert checked(f"{schema}://user:password@localhost/path").startswith("must begin with one of slack://")


@pytest.mark.parametrize("url", ["", "slack", "https://example.org/hook", "http://127.0.0.1/", "://x"])
def test_what_is_no_address_of_a_service_is_refused(checked: Any, url: str) -> None:
    assert checked(url).startswith("must begin with one of")


@pytest.mark.parametrize(
    "query",
    [
        "template=/etc/passwd",
        "template=http://169.254.169.254/",
        "attach=http://10.0.0.1/",
        "verify=no",
        "redirect=yes",
        "discovery=yes",
        "rto=999",
        "retry=9",
        "store=yes",
        "avatar_url=http://10.0.0.1/",
        "+X-Header=1",
        "-X=1",
        ":name=1",
        "%74emplate=/etc/passwd",
        "TEMPLATE=/etc/passwd",
    ],
)
def test_a_parameter_that_is_not_known_to_be_harmless_is_refused(checked: Any, query: str) -> None:
    assert checked(f"{SLACK}?{query}").startswith("must not have the parameter")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("workflow://10.0.0.1:443/643e69f83c8944438d68119179a10a64/KODuebWbDGYFr0z0eu", "10.0.0.1:443"),
        ("workflow://logic.azure.com.example.org/643e69f83c8944438d68119179a10a64/KODueb", "example.org"),
        ("ntfy://topic", "ntfy.sh"),
        ("ntfy://ntfy.example.org:8080/topic?mode=cloud", "ntfy.sh"),
        ("ntfy://ntfy.example.org/topic", "ntfy.example.org"),
        (f"mmost://127.0.0.1:8065/{TOKEN}", "127.0.0.1:8065"),
        (f"gotify://chat.example.org:8443/{TOKEN}", "chat.example.org:8443"),
        ("zulip://bot@evil/a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5/general", "evil.zulipchat.com"),
        (f"matrixs://{'a' * 64}@chat.example.org?mode=t2bot", ""),
    ],
)
def test_no_address_leads_elsewhere(checked: Any, url: str, host: str) -> None:
    said = checked(url)
    assert said
    assert host in said


@pytest.mark.parametrize(
    ("schema", "url", "may"),
    [
        ("slack", "https://hooks.slack.com/services/a", True),
        ("slack", "http://hooks.slack.com/services/a", False),
        ("slack", "https://hooks.slack.com:8443/services/a", False),
        ("slack", "https://hooks.slack.com.example.org/", False),
        ("slack", "https://hooks.slack.com@example.org/", False),
        ("slack", "https://chat.example.org/", False),
        ("workflow", "https://a.logic.azure.com:443/x", True),
        ("workflow", "https://logic.azure.com/x", False),
        ("workflow", "https://evil-logic.azure.com/x", False),
        ("mmost", "https://chat.example.org/hooks/a", True),
        ("mmost", "http://chat.example.org/hooks/a", True),
        ("mmost", "https://chat.example.org:8065/hooks/a", False),
        ("mmost", "https://ntfy.example.org:8080/hooks/a", True),
        ("mmost", "https://ntfy.example.org/hooks/a", False),
        ("mmost", "https://sub.chat.example.org/", False),
    ],
)
def test_a_request_goes_to_the_vendor_or_to_a_host_that_was_named(schema: str, url: str, may: bool) -> None:
    assert may_ask(schema, url, HOSTS) is may


def test_no_parameter_that_reads_or_leads_elsewhere_is_known() -> None:
    assert not PARAMETERS & {"template", "attach", "verify", "redirect", "discovery", "path", "store", "cto"}


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (f"{SLACK}/#general", "slack://T…2/A…D/T…Q/#general"),
        (f"{SLACK}/%23general?to=x", "slack://T…2/A…D/T…Q/#general"),
        (f"mmosts://chat.example.org/{TOKEN}", "mmosts://chat.example.org/3…4"),
        ("ntfy://ada:pass@ntfy.example.org:8080/secret-topic", "ntfy://…@ntfy.example.org:8080/s…c"),
        ("ntfy://secret-topic", "ntfy://s…c"),
        ("pagerduty://A1BRTD4JD@TIiajkdnlazkcOXrIdevi7F", "pagerduty://…@T…F"),
        ("signl4://short", "signl4://…"),
    ],
)
def test_an_address_is_shown_without_what_is_secret_in_it(address: str, shown: str) -> None:
    assert apprise.masked(address) == shown


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a vendor gets of a message of an incident, which is sent in this process to nobody."""

    def ask(url: str, tone: str, incident: str) -> list[Any]:
        bodies: list[Any] = []

        def send(session: Any, request: requests.PreparedRequest, **options: Any) -> requests.Response:
            assert isinstance(request.body, str | bytes)
            bodies.append(json.loads(request.body))
            answered = requests.Response()
            answered.status_code = 200 if "victorops" in str(request.url) else 202
            answered.raw = HTTPResponse(BytesIO(b'{"requestId": "1"}'), preload_content=False)
            return answered

        with monkeypatch.context() as patch:
            patch.setattr(requests.Session, "send", send)
            told = {"task": "send", "url": url, "hosts": [], "portal": "https://portal.example"}
            message = {"subject": f"{tone} {incident}", "text": "T", "tone": tone, "incident": incident}
            assert apprise_process.run({**told, **message})["ok"]
        return bodies

    return ask


@pytest.mark.parametrize(
    ("schema", "key", "closed"),
    [
        ("pagerduty", "dedup_key", {"event_action": "resolve"}),
        ("splunk", "entity_id", {"message_type": "RECOVERY"}),
        ("squadcast", "event_id", {"status": "resolve"}),
        ("incidentio", "deduplication_key", {"status": "resolved"}),
        ("ilert", "alertKey", {"eventType": "RESOLVE"}),
        ("signl4", "X-S4-ExternalID", {"X-S4-Status": "resolved"}),
    ],
)
def test_what_belongs_to_one_incident_is_one_there_and_success_closes_it(
    asked: Any, schema: str, key: str, closed: dict[str, str]
) -> None:
    url = next(each for each in GOOD if each.startswith(f"{schema}://"))
    (opened,), (worse,), (over,), (other,) = (
        asked(url, *each) for each in (("warning", "a"), ("failure", "a"), ("success", "a"), ("warning", "b"))
    )
    assert opened[key] == worse[key] == over[key] != other[key]
    assert opened[key].startswith("ops-portal-")
    for name, value in closed.items():
        assert over[name] == value
        assert opened.get(name) != value


@pytest.mark.parametrize("schema", ["opsgenie", "jira"])
def test_opsgenie_and_jira_open_one_alert_and_are_not_asked_to_close_it(asked: Any, schema: str) -> None:
    url = next(each for each in GOOD if each.startswith(f"{schema}://"))
    aliases = {body["alias"] for tone in ("warning", "failure") for body in asked(url, tone, "a")}
    assert len(aliases) == 1
    assert asked(url, "success", "a") == []


def test_a_service_that_has_nothing_to_close_is_no_failure(checked: Any) -> None:
    opsgenie = next(url for url in GOOD if url.startswith("opsgenie"))
    assert checked(opsgenie, tone="success") == ""


def a_channel(address: str) -> Channel:
    return channels.add(actor=ROOT, name="Chat", kind="apprise", address=address).channel


def sent(address: str) -> OutboxMessage:
    """A note after one attempt, through a channel whose address was checked before."""
    channel = Channel.objects.create(name="Chat", kind="apprise", address=address, created_by="root")
    message = channels.send(channel, NOTE)
    deliver()
    message.refresh_from_db()
    return message


@pytest.fixture
def named(receive: Any, settings: Any) -> Any:
    """Starts a receiver whose host APPRISE_HOSTS names."""

    def start(*answers: Any, **options: Any) -> Receiver:
        receiver: Receiver = receive(*answers, **options)
        settings.APPRISE_HOSTS = [receiver.host]
        return receiver

    return start


@pytest.mark.django_db
def test_a_bad_address_is_marked_at_its_field() -> None:
    for address, rule in (
        ("json://localhost", "must begin with one of"),
        (f"mmost://localhost/{TOKEN}", "leads to localhost, which is not allowed for mmost://"),
        (f"slack://{TOKEN}", "is no address that slack:// can read"),
        ("slack://a b", "must hold no blanks"),
    ):
        with pytest.raises(Invalid) as raised:
            a_channel(address)
        assert rule in raised.value.fields["address"]
        assert TOKEN not in raised.value.fields["address"]


@pytest.mark.django_db
def test_what_teams_shows_for_a_webhook_is_taken_as_it_is() -> None:
    channel = a_channel(TEAMS)
    assert channel.address.startswith("workflow://prod-00.westeurope.logic.azure.com:443/643e69f8")
    assert "KODueb" not in channels.masked(channel)


@pytest.mark.django_db
def test_a_message_arrives_as_the_plain_text_that_it_is(
    named: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By no proxy of the environment, and with no password of a .netrc."""
    proxy, receiver = Receiver(answer(200)), named(answer(200, "{}"))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ada password hunter2\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://{proxy.host}")
    assert sent(f"ntfy://{receiver.host}/alerts").state == "delivered"
    assert json.loads(receiver.got[0].body) == {
        "topic": "alerts",
        "title": "Slow <b>now</b>",
        "message": "Answers *take* long.\nLook.",
    }
    assert "authorization" not in receiver.got[0].headers
    assert (receiver.connections, proxy.connections) == (1, 0)


@pytest.mark.django_db
def test_a_failure_says_why_and_holds_no_token(named: Any) -> None:
    message = sent(f"mmost://{named(answer(403, TOKEN)).host}/{TOKEN}")
    assert message.state == "waiting"
    assert "403" in message.last_error
    assert TOKEN not in message.last_error


@pytest.mark.django_db
def test_no_redirect_is_followed(named: Any) -> None:
    elsewhere = Receiver(answer(200))
    receiver = named(answer(307, Location=elsewhere.url))
    assert sent(f"gotify://{receiver.host}/{TOKEN}").state == "waiting"
    assert elsewhere.connections == 0


@pytest.mark.django_db
def test_a_host_that_is_named_no_more_gets_nothing(named: Any, settings: Any) -> None:
    receiver = named(answer(200))
    settings.APPRISE_HOSTS = []
    error = sent(f"ntfy://{receiver.host}/alerts").last_error
    assert "is not allowed for ntfy://; see APPRISE_HOSTS" in error
    assert receiver.connections == 0


@pytest.mark.django_db
def test_a_certificate_must_be_trusted_by_requests_or_by_the_operator(
    named: Any, secured: ssl.SSLContext, certificate: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = named(answer(200, "{}"), tls=secured)
    settings.APPRISE_HOSTS = [f"localhost:{receiver.port}"]
    address = f"ntfys://localhost:{receiver.port}/alerts"
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    message = sent(address)
    assert (message.state, receiver.got) == ("waiting", [])
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    OutboxMessage.objects.update(due_at=timezone.now())
    deliver()
    assert len(receiver.got) == 1


@pytest.mark.django_db
def test_a_service_that_drips_costs_a_fixed_time(named: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver = named(["HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", *"x" * 200], pause=0.1)
    monkeypatch.setattr(apprise, "WHOLE_SECONDS", 1)
    assert sent(f"ntfy://{receiver.host}/alerts").last_error == "The service did not answer within 1 seconds."
