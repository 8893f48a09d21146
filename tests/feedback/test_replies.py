"""Canned replies: variables are filled in from a fixed list, and nothing else can be reached by them."""

from typing import Any

import pytest

from feedback.models import CannedReply
from feedback.service import replies
from feedback.tickets import merging
from operations.actor import Actor, Door
from operations.errors import Forbidden, Invalid, Refused
from operations.groups import VIEWER
from tests import builders
from tests.builders import ROOT, a_person, acting
from tests.doors import events_after, last_event
from tests.feedback.builders import a_ticket, an_agent, take

pytestmark = pytest.mark.django_db

ALL = "{reporter}|{reference}|{title}|{module}|{version}|{agent}"


def faults(name: str, body: str) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        replies.add(name, body, actor=ROOT)
    return refused.value.fields


def test_every_variable_is_filled_in() -> None:
    builders.modules()
    ticket = a_ticket(title="Labels", module="patient_engagement", reporter_name="Mary Jones")
    ticket = take(take(ticket, "triage"), "resolve", fixed_in="2.4.1")
    agent = an_agent()
    agent.first_name, agent.last_name = "Grace", "Hopper"
    agent.save()
    filled = replies.render(CannedReply(name="All", body=ALL), ticket, acting(agent))
    assert filled == f"Mary Jones|{ticket.reference}|Labels|Patient Engagement|2.4.1|Grace Hopper"


def test_what_is_not_known_leaves_a_sentence_that_holds() -> None:
    ticket = a_ticket(title="Labels")
    someone = Actor(door=Door.COMMAND, label="cron", grants=None)
    filled = replies.render(CannedReply(name="All", body=ALL), ticket, someone)
    assert filled == f"there|{ticket.reference}|Labels|the product|a coming version|cron"


def test_a_reply_that_several_reporters_read_names_none_of_them() -> None:
    ticket = a_ticket(reporter_name="Mary")
    merging.merge(a_ticket(reporter_name="John"), ticket, actor=ROOT)
    assert replies.render(CannedReply(body="Hello {reporter},"), ticket, ROOT) == "Hello there,"


def test_what_a_reporter_wrote_is_no_template() -> None:
    ticket = a_ticket(title="{agent} {reporter} %s \\1", reporter_name="{reference}")
    filled = replies.render(CannedReply(body="{reporter}: {title}"), ticket, ROOT)
    assert filled == "{reference}: {agent} {reporter} %s \\1"


@pytest.mark.parametrize(
    "variable",
    ["{ticket}", "{reporter.email}", "{0}", "{}", "{reporter!r}", "{title.__class__}", "{ reporter }"],
)
def test_a_variable_that_there_is_not_is_refused_by_name(variable: str) -> None:
    rule = faults("Hello", f"Hello {{reporter}}, {variable}")["body"]
    assert rule.startswith(f"{variable}: no such variable; there are {{reporter}}, {{reference}}")


def test_a_brace_alone_is_a_brace() -> None:
    reply = replies.add("Braces", "a } and { and\n{\nreporter\n}", actor=ROOT)
    assert replies.render(reply, a_ticket(), ROOT) == reply.body


@pytest.mark.parametrize(
    ("name", "body", "names"),
    [
        (" ", "Hello", ["name"]),
        ("x" * 101, "Hello", ["name"]),
        ("Hello", " ", ["body"]),
        ("Hello", "x" * 5_001, ["body"]),
        ("Two\nlines", "nul \0", ["name", "body"]),
    ],
)
def test_every_fault_is_named(name: str, body: str, names: list[str]) -> None:
    assert list(faults(name, body)) == names


def test_a_reply_is_added_changed_and_removed_on_record() -> None:
    last = last_event()
    reply = replies.add(" Thanks ", "Thank you, {reporter}.", actor=ROOT)
    assert faults("Thanks", "Again") == {"name": "another reply has this name"}
    replies.change(reply, actor=ROOT, body="Thanks, {reporter}.")
    replies.change(reply, actor=ROOT, name="Thanks")
    replies.remove(reply, actor=ROOT)
    with pytest.raises(Refused, match="removed before"):
        replies.change(reply, actor=ROOT, name="Late")
    assert [(event.action, event.subject, event.data) for event in events_after(last)] == [
        ("canned_reply.added", "Thanks", {}),
        ("canned_reply.changed", "Thanks", {"changed": ["body"]}),
        ("canned_reply.removed", "Thanks", {}),
    ]


def test_a_viewer_changes_none() -> None:
    reply = replies.add("Thanks", "Thank you.", actor=ROOT)
    viewer = acting(a_person(group=VIEWER))
    calls: list[Any] = [
        lambda: replies.add("More", "More", actor=viewer),
        lambda: replies.change(reply, actor=viewer, name="More"),
        lambda: replies.remove(reply, actor=viewer),
    ]
    for call in calls:
        with pytest.raises(Forbidden):
            call()
