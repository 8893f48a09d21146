"""Correcting tickets: what changes, what is refused, and what the history says."""

from datetime import date
from typing import Any

import pytest

from feedback.lifecycle import State
from feedback.models import Enhancement, Original, StaleDay, Tag
from feedback.tickets import editing
from operations.errors import Forbidden, Invalid, Refused
from rollout.models import Workspace
from tests import builders
from tests.builders import ROOT
from tests.feedback.builders import a_ticket, a_ticket_in, an_agent

pytestmark = pytest.mark.django_db


def test_only_what_is_given_changes_and_the_history_says_from_what() -> None:
    ticket = a_ticket()
    done = editing.edit(ticket, actor=ROOT, version=1, category="feature_request", title=" A  new title ")
    assert (done.category, done.title, done.description) == (
        "feature_request",
        "A new title",
        ticket.description,
    )
    event = done.events.order_by("-pk")[0]
    assert event.changes == {
        "category": ["bug_report", "feature_request"],
        "title": ["Reminders are not sent", "A new title"],
    }


def test_another_severity_reckons_the_clocks_anew() -> None:
    ticket = a_ticket(severity="low")
    done = editing.edit(ticket, actor=ROOT, severity="critical")
    assert done.due_at is not None
    assert ticket.due_at is not None
    assert done.due_at < ticket.due_at
    assert done.rank != ticket.rank or type(done).objects.get(pk=done.pk).rank == 1


def test_the_clocks_go_by_the_time_zone_of_the_workspace() -> None:
    builders.modules()
    builders.workspaces(["W1"])
    Workspace.objects.filter(pk="W1").update(time_zone="America/New_York")
    ticket = a_ticket()
    done = editing.edit(ticket, actor=ROOT, workspace=Workspace.objects.get(pk="W1"))
    assert done.respond_by != ticket.respond_by


def test_tags_are_words_in_lower_case_each_once() -> None:
    ticket = a_ticket()
    editing.edit(ticket, actor=ROOT, tags=["Till", "till ", "two  words"])
    editing.tag(ticket, actor=ROOT, add=["new"], remove=["TILL"])
    assert list(ticket.tags.values_list("name", flat=True)) == ["new", "two words"]
    assert Tag.objects.count() == 3


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"severity": "urgent"}, "severity"),
        ({"title": ""}, "title"),
        ({"state": "closed"}, "state"),
        ({"tags": ["x" * 41]}, "tags"),
        ({"tags": [str(number) for number in range(21)]}, "tags"),
    ],
)
def test_bad_input_names_its_field(given: dict[str, Any], field: str) -> None:
    ticket = a_ticket()
    with pytest.raises(Invalid) as refusal:
        editing.edit(ticket, actor=ROOT, **given)
    assert set(refusal.value.fields) == {field}


def test_a_flag_of_another_module_is_refused() -> None:
    builders.modules()
    ticket = a_ticket(module="health_management")
    with pytest.raises(Invalid, match="another module"):
        editing.edit(ticket, actor=ROOT, flag=builders.flag())


def test_only_a_wish_is_part_of_an_enhancement() -> None:
    wish = Enhancement.objects.create(name="Offline")
    ticket = a_ticket()
    with pytest.raises(Invalid, match="only a feature request"):
        editing.edit(ticket, actor=ROOT, enhancement=wish)
    done = editing.edit(ticket, actor=ROOT, enhancement=wish, category="feature_request")
    assert done.enhancement == wish


def test_a_form_that_is_out_of_date_overwrites_nothing() -> None:
    ticket = a_ticket()
    editing.edit(ticket, actor=ROOT, version=1, severity="high")
    with pytest.raises(Refused) as refusal:
        editing.edit(ticket, actor=ROOT, version=1, severity="low")
    assert refusal.value.code == "changed"
    ticket.refresh_from_db()
    assert ticket.severity == "high"


def test_a_change_that_changes_nothing_is_said_to() -> None:
    with pytest.raises(Refused, match="like that already"):
        editing.edit(a_ticket(), actor=ROOT, severity="medium", tags=[])


def test_new_texts_are_redacted_as_the_first_were() -> None:
    ticket = a_ticket()
    done = editing.edit(ticket, actor=ROOT, description="NHS number 943 476 5919")
    assert "943" not in done.description
    assert Original.objects.get().text == "NHS number 943 476 5919"


def test_what_was_counted_of_a_past_day_is_stale_after_a_change() -> None:
    ticket = a_ticket_in(State.TRIAGED)
    type(ticket).objects.filter(pk=ticket.pk).update(received_on=date(2026, 1, 2))
    editing.edit(ticket, actor=ROOT, release="1.0.1")
    assert not StaleDay.objects.exists()
    editing.edit(ticket, actor=ROOT, category="usability_issue")
    assert StaleDay.objects.get().day == date(2026, 1, 2)


def test_a_viewer_changes_nothing() -> None:
    viewer = builders.acting(builders.a_person("vera", group="Viewer"))
    with pytest.raises(Forbidden):
        editing.edit(a_ticket(), actor=viewer, severity="low")
    assert editing.edit(a_ticket(), actor=builders.acting(an_agent()), severity="low").severity == "low"
