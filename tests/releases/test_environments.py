"""Environments: which webhook and which URL they take, by whom, and that the trail says so."""

import pytest

from operations import channels
from operations.errors import Forbidden, Invalid, Refused
from operations.groups import ADMINISTRATOR, RELEASE_MANAGER
from operations.models import AuditEvent, Channel
from releases import environments
from releases.models import Environment
from tests import builders
from tests.builders import ROOT, acting
from tests.releases.admin.pages import buttons, confirm, text

pytestmark = pytest.mark.django_db

URL = "https://portal.example.org/health"


def staging() -> Environment:
    return Environment.objects.get(pk="staging")


def a_channel(kind: str = "webhook", address: str = "https://ci.example.org/hook") -> Channel:
    return channels.add(name=f"CI by {kind}", kind=kind, address=address, actor=ROOT).channel


def test_an_environment_gets_a_webhook_and_a_health_url_and_the_trail_says_from_what_to_what() -> None:
    channel = a_channel()
    done = environments.change(staging(), actor=ROOT, channel=channel, health_url=f" {URL} ")
    assert (done.channel, done.health_url, done.version) == (channel, URL, 2)
    event = AuditEvent.objects.get(action="environment.changed")
    assert event.data == {"channel": [None, channel.pk], "health_url": ["", URL]}


def test_what_is_as_it_was_changes_nothing() -> None:
    assert environments.change(staging(), actor=ROOT, channel=None, health_url="").version == 1
    assert not AuditEvent.objects.filter(action="environment.changed").exists()


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("ftp://portal.example.org", "begins with https://"),
        ("https://user:secret@portal.example.org", "must not hold a user"),
        ("https://portal.example.org/a b", "no blanks"),
        (f"https://portal.example.org/{'x' * 1_000}", "at most 1,000 characters"),
    ],
)
def test_a_url_that_no_request_may_go_to_is_refused(url: str, rule: str) -> None:
    with pytest.raises(Invalid) as refusal:
        environments.change(staging(), actor=ROOT, channel=None, health_url=url)
    assert rule in refusal.value.fields["health_url"]


def test_only_an_enabled_signed_webhook_is_taken() -> None:
    with pytest.raises(Invalid, match="signed webhook"):
        environments.change(staging(), actor=ROOT, channel=a_channel("mail", "ci@example.org"), health_url="")
    channel = a_channel()
    channels.disable(channel, actor=ROOT, reason="It moves")
    with pytest.raises(Invalid, match="disabled"):
        environments.change(staging(), actor=ROOT, channel=channel, health_url="")


def test_a_channel_that_an_environment_uses_stays() -> None:
    channel = a_channel()
    environments.change(staging(), actor=ROOT, channel=channel, health_url="")
    with pytest.raises(Refused, match="used by the environment Staging"):
        channels.remove(channel, actor=ROOT)


def test_an_old_picture_is_refused() -> None:
    seen = staging()
    environments.change(seen, actor=ROOT, channel=None, health_url=URL)
    with pytest.raises(Refused) as refusal:
        environments.change(seen, actor=ROOT, channel=None, health_url="", version=seen.version)
    assert refusal.value.code == "stale"


def test_a_release_manager_reads_environments_and_an_administrator_changes_them() -> None:
    manager = builders.a_person("rita", group=RELEASE_MANAGER)
    with pytest.raises(Forbidden):
        environments.change(staging(), actor=acting(manager), channel=None, health_url=URL)
    assert buttons(builders.signed_in(RELEASE_MANAGER, "rita"), staging()) == []
    administrator = builders.signed_in(ADMINISTRATOR, "ada")
    assert "No CI is asked" in text(administrator, staging())
    channel = a_channel()
    assert "Staging is changed" in confirm(
        administrator, staging(), "change", channel=channel.pk, health_url=URL
    )
    assert staging().channel == channel
