"""Several similar tickets are one warning, for as long as three of them are open."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from feedback import tasks as feedback_tasks
from feedback.models import Likeness, Ticket
from feedback.tickets import merging
from monitoring import tasks
from monitoring.alerts import responding
from monitoring.models import Alert
from monitoring.watching import complaints
from tests import builders
from tests.builders import ROOT
from tests.feedback.builders import a_ticket, in_quarantine, take

pytestmark = pytest.mark.django_db

SECRET = "Jane Doe cannot sleep"


@pytest.fixture(autouse=True)
def _modules() -> None:
    builders.modules()
    builders.workspaces(["W1", "W2"])


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets time pass for the watcher and the alerts."""
    real = timezone.now
    ahead = [timedelta(0)]
    monkeypatch.setattr(timezone, "now", lambda: real() + ahead[0])

    def wait(**much: float) -> None:
        ahead[0] += timedelta(**much)

    return wait


def told(count: int, **given: Any) -> list[Ticket]:
    return [a_ticket(**{"module": "patient_engagement", "title": SECRET, **given}) for _ in range(count)]


def alike(*tickets: Ticket) -> None:
    """Each one resembles the one before."""
    for one, another in itertools.pairwise(tickets):
        Likeness.objects.create(ticket=another, other=one, score=0.9, words=[])


def similar(count: int, **given: Any) -> list[Ticket]:
    tickets = told(count, **given)
    alike(*tickets)
    return tickets


def fix(*tickets: Ticket) -> None:
    for ticket in tickets:
        take(take(ticket, "triage"), "resolve")


def the_alert() -> Alert:
    return Alert.objects.get(source="tickets")


def names(*tickets: Ticket) -> str:
    return " ".join(ticket.reference for ticket in tickets)


def test_three_similar_tickets_are_one_warning_that_quotes_nobody() -> None:
    first, *others = similar(3, workspace="W1")
    assert complaints.watch() == (1, 0)
    alert = the_alert()
    assert (alert.level, alert.state, alert.title) == (
        "warning",
        "open",
        "3 similar tickets about Patient Engagement",
    )
    assert alert.module is not None
    assert alert.module.key == "patient_engagement"
    assert alert.summary.startswith(
        f"{first.reference}, {others[0].reference}, {others[1].reference} are alike"
    )
    assert alert.affected == "1 workspace"
    assert alert.url == f"https://portal.example.org/admin/feedback/ticket/{first.pk}/change/"
    kept = (alert.title, alert.summary, alert.affected, alert.advice, str(alert.labels), alert.url)
    assert SECRET not in str([*kept, *alert.events.values_list("text", flat=True)])


def test_two_are_no_warning_nor_three_that_have_nothing_in_common() -> None:
    alike(*told(2))
    told(3)
    assert complaints.watch() == (0, 0)
    assert not Alert.objects.exists()


def test_what_is_known_is_not_counted_again_with_each_minute() -> None:
    similar(3)
    for _ in range(3):
        complaints.watch()
    assert (the_alert().count, the_alert().events.count()) == (3, 1)


def test_a_group_that_grows_stays_one_alert() -> None:
    tickets = similar(3)
    complaints.watch()
    before = the_alert()
    more = told(2)
    alike(tickets[-1], *more)
    complaints.watch()
    alert = the_alert()
    assert (alert.pk, alert.fingerprint) == (before.pk, before.fingerprint)
    assert (alert.title, alert.count) == ("5 similar tickets about Patient Engagement", 5)
    assert alert.labels == {"first": tickets[0].reference, "tickets": names(*tickets, *more)}


def test_the_alert_is_the_same_when_its_oldest_ticket_is_done() -> None:
    tickets = similar(4)
    complaints.watch()
    before = the_alert().fingerprint
    fix(tickets[0])
    complaints.watch()
    assert (the_alert().fingerprint, the_alert().title[:1]) == (before, "3")


def test_it_resolves_by_itself_when_fewer_than_three_are_open(later: Any) -> None:
    tickets = similar(4)
    complaints.watch()
    fix(*tickets[:2])
    assert complaints.watch() == (0, 1)
    later(minutes=11)
    tasks.sweep_alerts()
    assert (the_alert().state, the_alert().resolved_by) == ("resolved", "")
    assert complaints.watch() == (0, 0)


def test_merging_them_settles_it() -> None:
    first, *others = similar(3)
    complaints.watch()
    for other in others:
        merging.merge(other, first, actor=ROOT)
    complaints.watch()
    assert the_alert().clears_at is not None


def test_it_stays_while_they_are_open_however_old_they_grow(later: Any) -> None:
    similar(3)
    complaints.watch()
    later(days=8)
    assert complaints.watch() == (0, 0)
    assert (the_alert().state, the_alert().clears_at) == ("open", None)


def test_what_is_older_than_a_week_raises_none() -> None:
    similar(3, received_at=timezone.now() - timedelta(days=8))
    assert complaints.watch() == (0, 0)


def test_what_a_person_resolved_comes_back_with_a_further_ticket_alone(later: Any) -> None:
    tickets = similar(3)
    complaints.watch()
    responding.resolve(the_alert(), actor=ROOT, note="Known, fixed in 2.4")
    later(hours=2)
    assert complaints.watch() == (0, 0)
    alike(tickets[-1], *told(1))
    assert complaints.watch() == (1, 0)
    newest, before = Alert.objects.filter(source="tickets").order_by("-pk")
    assert (newest.state, before.state) == ("open", "resolved")
    assert newest.fingerprint == before.fingerprint


def test_what_was_over_and_begins_again_rings_again(later: Any) -> None:
    tickets = similar(3)
    complaints.watch()
    fix(tickets[0])
    complaints.watch()
    later(minutes=11)
    tasks.sweep_alerts()
    take(Ticket.objects.get(pk=tickets[0].pk), "reopen")
    assert complaints.watch() == (1, 0)
    assert (the_alert().state, the_alert().reopened) == ("open", 1)


def test_two_groups_are_two_alerts_and_a_group_that_parts_becomes_two() -> None:
    similar(3)
    tickets = similar(6, module="")
    complaints.watch()
    titles = {"3 similar tickets about Patient Engagement", "6 similar tickets"}
    assert set(Alert.objects.values_list("title", flat=True)) == titles
    Likeness.objects.filter(ticket=tickets[3]).update(dismissed_at=timezone.now())
    complaints.watch()
    assert sorted(Alert.objects.values_list("title", flat=True)) == [
        "3 similar tickets",
        "3 similar tickets",
        "3 similar tickets about Patient Engagement",
    ]


def test_two_groups_that_become_one_leave_one_alert() -> None:
    one, another = similar(3), similar(4)
    complaints.watch()
    alike(one[-1], another[0])
    assert complaints.watch() == (1, 1)
    going, staying = Alert.objects.exclude(clears_at=None).get(), Alert.objects.get(clears_at=None)
    assert (going.labels["first"], staying.labels["first"]) == (one[0].reference, another[0].reference)
    assert staying.title == "7 similar tickets about Patient Engagement"


def test_the_module_is_named_where_all_that_name_one_agree() -> None:
    alike(*told(1), *told(1, module=""), *told(1))
    complaints.watch()
    assert the_alert().title == "3 similar tickets about Patient Engagement"
    alike(*told(2), *told(1, module="health_management"))
    complaints.watch()
    assert Alert.objects.get(module=None).title == "3 similar tickets"


def test_quarantine_complains_of_nothing() -> None:
    alike(*told(2), in_quarantine())
    assert complaints.watch() == (0, 0)


def test_a_long_list_is_cut_and_still_one_alert() -> None:
    many = complaints.MOST_NAMED + 3
    similar(many)
    complaints.watch()
    assert " and 3 more are alike" in the_alert().summary


def test_the_queries_do_not_depend_on_the_tickets(django_assert_max_num_queries: Any) -> None:
    for _ in range(4):
        similar(3)
    complaints.watch()
    for _ in range(4):
        similar(4)
    with django_assert_max_num_queries(20):
        complaints.watch()
    assert Alert.objects.count() == 8


def test_the_job_says_what_it_did() -> None:
    assert tasks.watch_complaints() == ""
    similar(3)
    assert tasks.watch_complaints() == "similar tickets: 1 groups"


def test_three_reporters_in_their_own_words_are_enough() -> None:
    for title, description in (
        ("Reminders are not sent", "Since the update no appointment reminders arrive by text message."),
        ("No appointment reminders", "Our patients get no text message reminders of their appointments."),
        (
            "Appointment reminders missing",
            "The text message reminders for appointments stopped with the update.",
        ),
        ("Labels print twice", "Each label comes out of the printer two times."),
    ):
        told(1, title=title, description=description)
    feedback_tasks.index_tickets()
    assert complaints.watch() == (1, 0)
    assert the_alert().title == "3 similar tickets about Patient Engagement"
