"""The front page: what waits for whom, how far the plans are, and what to do where there is nothing yet."""

from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from feedback.models import Ticket
from monitoring import reviews
from operations import windows
from operations.groups import ADMINISTRATOR, PRODUCT_MANAGER, RELEASE_MANAGER, SUPPORT, VIEWER
from ops_portal.front_page.plans import Card
from ops_portal.front_page.waiting import Line
from rollout import approvals, phases
from rollout.models import Plan
from tests import builders
from tests.builders import ROOT, acting
from tests.feedback import builders as tickets
from tests.monitoring import alert_states, seeds
from tests.releases import builders as shipping

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def text_of(client: Client) -> str:
    return unescape(client.get("/admin/").content.decode())


def lines(client: Client) -> list[Line]:
    """What waits for this person, in order."""
    context = client.get("/admin/").context
    return [*context.get("lines", ()), *context.get("folded", ())]


def waits(client: Client) -> list[str]:
    return [line.item.what for line in lines(client)]


def cards(client: Client) -> dict[str, Card]:
    return {str(card.plan): card for card in client.get("/admin/").context["cards"]}


def manager(username: str = "paula") -> Client:
    return builders.signed_in(PRODUCT_MANAGER, username)


# --- Plans --------------------------------------------------------------------------------------------------


def test_a_gate_that_is_open_waits_for_who_may_run_the_phase_and_for_nobody_else() -> None:
    builders.open_gate(builders.a_plan_in_phase(1))
    [line] = [each for each in lines(manager()) if "Patient" in each.item.what]
    assert line.item.what == "Run phase 2 of Patient Engagement"
    assert line.item.why == "The gate is open: Expanded, from 10 % to 25 %. Health: pass."
    assert "/operate/run/" in line.item.url
    for group in (SUPPORT, RELEASE_MANAGER):
        assert "Run phase 2 of Patient Engagement" not in waits(builders.signed_in(group, group))


def test_in_automatic_mode_the_portal_runs_the_phase_and_nobody_is_asked() -> None:
    builders.open_gate(builders.a_plan_in_phase(1))
    Plan.objects.update(automatic=True)
    client = manager()
    assert not any("Patient" in each for each in waits(client))
    assert "the portal runs it by itself" in text_of(client)


def test_an_approval_waits_for_who_has_not_given_theirs_and_the_phase_then_for_another() -> None:
    plan = builders.a_plan_in_phase(1)
    Plan.objects.filter(pk=plan.pk).update(needs_approval=True)
    builders.open_gate(plan)
    approver, approve, run = manager("anna"), "Approve phase 2 of Patient", "Run phase 2 of Patient"
    assert any(approve in each for each in waits(approver))
    assert not any(run in each for each in waits(approver))
    assert any(approve in each for each in waits(builders.signed_in(RELEASE_MANAGER, "rita")))
    assert not any(approve in each for each in waits(builders.signed_in(SUPPORT, "sam")))
    approvals.approve(builders.engagement(), actor=acting(builders.a_person("anna", group=PRODUCT_MANAGER)))
    # Who approved does not run it; another one does.
    assert not any("phase 2 of Patient" in each for each in waits(approver))
    assert any(run in each for each in waits(manager("paul")))


def test_a_plan_that_is_paused_and_one_that_may_be_completed_wait() -> None:
    plan = builders.a_plan_in_phase(1)
    phases.pause(plan, actor=ROOT, reason="Look first")
    client = manager()
    assert "Patient Engagement is paused" in waits(client)
    phases.resume(builders.engagement(), 100, actor=ROOT)
    assert not any("Patient" in each for each in waits(client))
    builders.open_gate(builders.engagement())
    assert "Complete Patient Engagement" in waits(client)


def test_a_card_says_when_the_next_phase_opens_at_the_earliest_and_what_else_it_waits_for() -> None:
    builders.a_plan_in_phase(1)
    client = manager()
    card = cards(client)["Patient Engagement"]
    began = builders.engagement().share_changed_at
    assert began is not None
    assert card.earliest == began + timedelta(days=7)
    assert [reason.code for reason in card.reasons] == ["verdict_missing"]
    text = text_of(client)
    assert "closed until" in text
    assert "There is no health verdict yet" in text
    assert [(rung.phase.percentage, rung.state) for rung in card.ladder] == [
        (10, "here"),
        (25, "next"),
        (50, "later"),
        (100, "later"),
    ]
    assert "4 of 40 workspaces, target 10 %" in " ".join(text.split())


def test_a_freeze_keeps_a_gate_closed_until_it_ends_or_nobody_knows_until_when() -> None:
    builders.open_gate(builders.a_plan_in_phase(1))
    now = timezone.now()
    ends = now + 5 * HOUR
    freeze = windows.plan("freeze", "Peak season", starts_at=now, ends_at=ends, actor=ROOT)
    client = manager()
    assert cards(client)["Patient Engagement"].earliest == ends
    assert "Freeze: Peak season" in text_of(client)
    freeze.ends_at = None
    freeze.save(update_fields=["ends_at"])
    card = cards(client)["Patient Engagement"]
    assert (card.earliest, [reason.code for reason in card.reasons]) == (None, ["freeze"])


def test_the_week_of_checks_stands_on_the_card_of_who_may_see_checks() -> None:
    plan = builders.a_plan_in_phase(1)
    Plan.objects.filter(pk=plan.pk).update(started_at=seeds.newest_slot() - 72 * HOUR)
    seeds.a_past(plan, 10, without=[4])
    week = cards(manager())["Patient Engagement"].week
    assert week is not None
    assert (week.hours, week.score) == (72, 90)
    assert [piece.hours for piece in week.pieces] == [5, 4]
    assert "9 pass, 63 without a check" in text_of(builders.signed_in(VIEWER, "vera"))


def test_a_verdict_of_before_a_change_is_not_shown_as_how_it_is_now() -> None:
    plan = builders.a_plan_in_phase(1)
    builders.a_verdict(plan)
    client = manager()
    card = cards(client)["Patient Engagement"]
    assert (card.is_fresh, card.verdict_label, card.measured) == (True, "success", "")
    phases.set_percentage(plan, 12, actor=ROOT)
    card = cards(client)["Patient Engagement"]
    assert (card.is_fresh, card.verdict_label, card.measured) == (False, "", "before the plan last changed")
    assert "Pass before" in text_of(client)
    builders.a_verdict(builders.engagement(), "hold")
    assert cards(client)["Patient Engagement"].verdict_label == "warning"
    with time_machine.travel(timezone.now() + 2 * HOUR, tick=False):
        assert cards(client)["Patient Engagement"].measured.startswith("last at ")


def test_releases_have_no_card_among_the_plans() -> None:
    release = shipping.a_release()
    shipping.in_production(release)
    client = manager()
    assert set(cards(client)) == {"Patient Engagement", "Health Management"}
    assert f"Release {release.version} to Production" in text_of(client)


def test_twelve_plans_are_shown_those_that_go_on_first() -> None:
    plan = builders.a_plan_in_phase(1)
    for number in range(14):
        module = type(plan.module).objects.create(key=f"a{number}", name=f"A {number}", tiers=["x"])
        Plan.objects.create(module=module, name=f"Another {number}")
    client = manager()
    shown = list(cards(client))
    assert (len(shown), shown[0]) == (12, "Patient Engagement")
    assert "There are more" in text_of(client)


# --- Reviews, alerts, tickets, releases ---------------------------------------------------------------------


def test_reviews_that_are_due_wait_in_one_line_a_plan_and_the_next_one_is_named_before() -> None:
    builders.a_plan_in_phase(1, eligible=20)
    alert_free, later = manager(), timezone.now() + 5 * HOUR
    reviews.schedule()
    [next_one] = [alert_free.get("/admin/").context["ahead"]]
    assert next_one.what == "a review of Patient Engagement"
    with time_machine.travel(later, tick=False):
        [line] = [each for each in lines(manager()) if "review" in each.item.what]
        assert (line.item.what, line.when) == ("2 reviews of Patient Engagement", "3 h late")
        assert line.item.url.count("object=") == 2
        assert not any("review" in each for each in waits(builders.signed_in(RELEASE_MANAGER, "rita")))


def test_alerts_wait_for_who_may_answer_them_and_not_for_who_sees_that_another_did() -> None:
    builders.modules()
    alert_states.late("Claims fail")
    alert_states.acknowledged("Search is slow")
    alert_states.silenced("Disk is full")
    support, viewer = builders.signed_in(SUPPORT, "sam"), builders.signed_in(VIEWER, "vera")
    [line] = lines(support)
    assert (line.item.what, line.when, line.item.pressing) == (
        "Acknowledge: Claims fail",
        "12 min late",
        True,
    )
    assert waits(viewer) == []
    for client in (support, viewer):
        assert "Search is slow" in text_of(client)
    assert "Needs you" not in text_of(viewer)


def test_a_storm_is_a_few_lines_and_a_way_to_all_of_it() -> None:
    builders.modules()
    alert_states.a_storm(60)
    found = waits(builders.signed_in(SUPPORT))
    assert len(found) == 9
    assert found[-1] == "52 more alerts that nobody has acknowledged"


def test_support_has_its_tickets_one_by_one_and_others_hear_how_many_are_late() -> None:
    builders.modules()
    now = timezone.now()
    for number in range(7):
        ticket = tickets.a_ticket(title=f"Reminder {number}")
        Ticket.objects.filter(pk=ticket.pk).update(due_at=now - (number + 1) * HOUR)
    support = waits(builders.signed_in(SUPPORT, "sam"))
    oldest = Ticket.objects.get(title="Reminder 6")
    assert support[0] == f"Answer {oldest.reference}: Reminder 6"
    assert "2 more tickets are overdue" in support
    assert "Triage 7 new tickets" in support
    assert waits(manager())[0] == "7 tickets are overdue"
    assert waits(builders.signed_in(VIEWER, "vera")) == []


def test_a_persons_own_ticket_waits_for_them_whoever_they_are() -> None:
    builders.modules()
    client = manager("paula")
    ticket = tickets.a_ticket(title="Mine")
    owner = builders.a_person("paula", group=PRODUCT_MANAGER)
    Ticket.objects.filter(pk=ticket.pk).update(owner=owner, due_at=timezone.now() - HOUR)
    assert waits(client)[0] == f"Answer {ticket.reference}: Mine"
    assert not any("overdue" in each for each in waits(client))
    assert "It is yours." in text_of(client)


def test_the_pulse_counts_two_weeks_and_says_nothing_of_too_few_ratings() -> None:
    builders.modules()
    now = timezone.now()
    tickets.a_ticket(title="Old", received_at=now - timedelta(days=15), satisfaction_rating=1)
    for days in (0, 0, 13, 3):
        tickets.a_ticket(received_at=now - timedelta(days=days), satisfaction_rating=4, severity="critical")
    client = builders.signed_in(VIEWER)
    pulse = client.get("/admin/").context["pulse"]
    assert (pulse.received, pulse.ratings, pulse.mean) == (4, 4, None)
    assert [day.tickets for day in pulse.days] == [1, *[0] * 9, 1, 0, 0, 2]
    assert pulse.counts["open"] == 5
    assert "too few ratings" in text_of(client)
    tickets.a_ticket(satisfaction_rating=2)
    assert client.get("/admin/").context["pulse"].mean == pytest.approx(3.6)
    assert "3.6 of 5" in text_of(client)


def test_steps_boxes_and_the_start_of_production_wait_for_who_may() -> None:
    planned = shipping.tested(shipping.a_release("1.0.2"))
    rita = builders.signed_in(RELEASE_MANAGER, "rita")
    assert any(each.startswith("Tick ") and "release 1.0.2" in each for each in waits(rita))
    assert "Deploy release 1.0.2 to production" not in waits(rita)
    shipping.worked(planned)
    assert "Deploy release 1.0.2 to production" in waits(rita)
    assert not any(each.startswith("Tick ") for each in waits(rita))
    assert not any(each.startswith(("Deploy", "Tick")) for each in waits(builders.signed_in(SUPPORT, "sam")))
    shipping.in_staging(shipping.a_release("1.0.3"))
    step = "Automated Testing: release 1.0.3 in staging waits for a person"
    [line] = [each for each in lines(rita) if each.item.what == step]
    assert "/operate/report/" in line.item.url
    assert step in waits(manager())


def test_a_rollout_that_stops_where_it_was_told_to_waits_for_who_deploys() -> None:
    deployment = shipping.in_production(shipping.a_release("1.0.2"), percentage=10)
    shipping.walk_to(deployment, "gradual_rollout")
    shipping.let_pass(deployment)
    shipping.tick()
    assert "Release 1.0.2 stopped at 10 %" in waits(builders.signed_in(RELEASE_MANAGER, "rita"))
    assert "Release 1.0.2 stopped at 10 %" not in waits(manager())


# --- Roles, order, emptiness --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "first", "second"),
    [
        (PRODUCT_MANAGER, "Plans", "Releases in flight"),
        (ADMINISTRATOR, "Plans", "Releases in flight"),
        (RELEASE_MANAGER, "Releases in flight", "Plans"),
        (SUPPORT, "Feedback", "Plans"),
        (VIEWER, "Plans", "Feedback"),
    ],
)
def test_each_sees_their_part_first(group: str, first: str, second: str) -> None:
    builders.a_plan_in_phase(1)
    text = text_of(builders.signed_in(group))
    heads = [text.index(f">{title}</h2>") for title in (first, second)]
    assert heads == sorted(heads)


def test_whoever_signs_for_a_role_alone_sees_releases_and_what_wants_their_signature() -> None:
    shipping.tested(shipping.a_release(category="high"))
    client = Client()
    client.force_login(shipping.a_signer("devops"))
    assert "Release 1.0.2 wants your signature: DevOps" in waits(client)
    text = text_of(client)
    assert ">Releases in flight</h2>" in text
    assert ">Plans</h2>" not in text


def test_where_nothing_waits_it_says_so_and_what_is_next() -> None:
    plan = builders.a_plan_in_phase(1)
    builders.a_verdict(plan)
    # The other module's first phase would wait as well.
    phases.run(builders.health(), 1, actor=ROOT)
    text = text_of(manager())
    assert "Nothing waits for you." in text
    assert "Next is phase 2 of Patient Engagement" in text


def test_a_fresh_portal_says_to_each_what_they_can_do_first() -> None:
    assert "manage.py rollout setup" in text_of(manager())
    builders.modules()
    text = text_of(manager())
    for words in ("Import the workspaces", "manage.py workspaces import", "API key", "make demo"):
        assert words in text
    assert "rollout setup" not in text
    assert "/admin/rollout/workspace/import/" in text
    viewer = text_of(builders.signed_in(VIEWER, "vera"))
    assert "A product manager previews the first phase" in viewer
    assert "/admin/rollout/workspace/import/" not in viewer
    builders.workspaces(builders.numbered(3))
    assert "First steps" not in text_of(manager())


@pytest.mark.parametrize(
    ("group", "says", "says_not"),
    [
        (PRODUCT_MANAGER, "Open a plan, look at the preview", "When a product manager runs a phase"),
        (VIEWER, "When a product manager runs a phase", "or you add one"),
        (SUPPORT, "the public form", "deploy it to staging first"),
        (RELEASE_MANAGER, "deploy it to staging first", "Open a plan, look at the preview"),
    ],
)
def test_what_is_empty_says_what_to_do_to_who_may(group: str, says: str, says_not: str) -> None:
    builders.a_plan()
    text = text_of(builders.signed_in(group))
    assert says in text
    assert says_not not in text


def test_windows_that_are_planned_are_listed_and_those_in_force_stand_above() -> None:
    builders.a_plan_in_phase(1)
    now = timezone.now()
    windows.plan("freeze", "Now", starts_at=now, ends_at=None, actor=ROOT)
    windows.plan("maintenance", "Soon", starts_at=now + HOUR / 3, ends_at=now + HOUR, actor=ROOT)
    windows.plan("freeze", "Next week", starts_at=now + timedelta(days=7), ends_at=None, actor=ROOT)
    context = builders.signed_in(VIEWER).get("/admin/").context
    assert [window.title for window in context["planned"]] == ["Next week"]
    text = text_of(builders.signed_in(VIEWER))
    # No banner above the page as well: the one of the page comes and goes by itself.
    assert text.count('class="op-banner"') == 2
    assert text.index("Freeze: Now") < text.index("Maintenance: Soon") < text.index("Planned windows")
