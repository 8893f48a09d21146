"""Confirmations, and pages in special states: no barrier in light and dark, and no sideways scrolling.

Plain lists and pages are opened by test_every_page.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from feedback.models import Ticket
from feedback.tickets import messaging
from monitoring.models import HealthCheck
from operations import channels, windows
from operations.models import OutboxMessage
from rollout import overrides, phases
from rollout.models import Plan
from tests import builders
from tests.builders import ROOT
from tests.e2e import release_pages
from tests.e2e.barriers import barriers, barriers_in_both
from tests.feedback import builders as tickets
from tests.feedback.admin.many import many
from tests.monitoring import alert_states, seeds

Open = Callable[..., Page]


@pytest.fixture
def addresses(person: User) -> dict[str, str]:
    # Who ships releases as well as modules sees every kind of page.
    person.groups.add(Group.objects.get(name="Release manager"))
    plan = builders.a_plan_in_phase(1, eligible=300)
    builders.a_verdict(plan, "hold")
    overrides.override(builders.flag(), "W00000", False, reason="Asked to wait", actor=ROOT)
    check = a_watched_past(plan)
    [review, *_] = seeds.reviews(plan)
    phases.pause(plan, actor=ROOT, reason="Look first")
    shipped = release_pages.addresses()
    windows.plan("freeze", "Peak season", starts_at=timezone.now(), ends_at=None, actor=ROOT)
    plan, flag = builders.engagement(), builders.flag()

    def operation(model: str, name: str, pk: int, query: str = "") -> str:
        return reverse(f"admin:rollout_{model}_operate", args=[name]) + f"?object={pk}{query}"

    return {
        "front page": reverse("admin:index"),
        "plan": reverse("admin:rollout_plan_change", args=[plan.pk]),
        "confirmation": operation("plan", "run", plan.pk),
        "confirmation of a percentage": operation("plan", "resume", plan.pk, "&percentage=25"),
        "emergency": operation("plan", "all-off", plan.pk),
        "health check": reverse("admin:monitoring_healthcheck_change", args=[check.pk]),
        "health over time": reverse("admin:rollout_plan_health", args=[plan.pk]) + "?span=all",
        "health of a day without a change": reverse("admin:rollout_plan_health", args=[builders.health().pk]),
        "check health": operation("plan", "check-health", plan.pk),
        "vouch": operation("plan", "vouch", plan.pk),
        "vitals source": operation("plan", "vitals-source", plan.pk, "&kind=prometheus"),
        **of_alerts(plan),
        **of_tickets(plan),
        "tick a review": reverse("admin:monitoring_review_operate", args=["tick"]) + f"?object={review.pk}",
        "flag": reverse("admin:rollout_flag_change", args=[flag.pk]) + "?unit=W00000",
        "override": operation("flag", "override", flag.pk),
        "eligibility": operation("module", "eligibility", flag.module_id),
        "window": reverse("admin:operations_window_operate", args=["plan"]),
        **of_channels(),
        **shipped,
    }


def of_channels() -> dict[str, str]:
    """The pages of channels, with one that fails."""
    hook = channels.add(actor=ROOT, name="Hook", kind="webhook", address="https://r.example.org/a").channel
    channels.test(hook, actor=ROOT)
    failed = {"attempts": 1, "last_error": "The receiver answered 500: no", "dead_at": timezone.now()}
    OutboxMessage.objects.update(**failed)
    test = reverse("admin:operations_channel_operate", args=["test"])
    return {
        "test a channel": f"{test}?object={hook.pk}",
    }


def of_alerts(plan: Plan) -> dict[str, str]:
    """The pages of alerts, with one in every state."""
    alert_states.many_of_each(3, module=plan.module)
    late, over = alert_states.late(), alert_states.resolved()
    alert_states.silenced()
    alert_states.acknowledged()
    alert_states.pending()

    def of(model: str, name: str, query: str = "") -> str:
        return reverse(f"admin:monitoring_{model}_operate", args=[name]) + query

    return {
        "alerts": reverse("admin:monitoring_alert_changelist") + "?state=all",
        "late alert": reverse("admin:monitoring_alert_change", args=[late.pk]),
        "resolved alert": reverse("admin:monitoring_alert_change", args=[over.pk]),
        "raise an alert": of("alert", "raise"),
        "escalate": of("alert", "escalate", f"?object={late.pk}"),
        "post-mortem": of("alert", "post-mortem", f"?object={over.pk}"),
        "add a silence": of("silence", "add", "?level=warning"),
    }


def of_tickets(plan: Plan) -> dict[str, str]:
    """The pages of tickets, with one that has all that belongs to one, and one that is long."""
    many(3, plan.module)
    busiest = Ticket.objects.latest("pk")
    messaging.reply(busiest, actor=ROOT, body="Which browser?", waits=True)
    long = tickets.a_ticket(title="W" * 190, description=f"{'x' * 500} התזכורות אינן נשלחות")
    other = Ticket.objects.filter(title__startswith="Other")[0]

    def of(name: str, ticket: Ticket, query: str = "") -> str:
        return reverse("admin:feedback_ticket_operate", args=[name]) + f"?object={ticket.pk}{query}"

    return {
        "tickets in quarantine": reverse("admin:feedback_ticket_changelist") + "?state=quarantine",
        "ticket": reverse("admin:feedback_ticket_change", args=[busiest.pk]),
        "long ticket": reverse("admin:feedback_ticket_change", args=[long.pk]),
        "add a ticket": reverse("admin:feedback_ticket_operate", args=["add"]),
        "reply": of("reply", busiest, "&text=Hello"),
        "edit a ticket": of("edit", busiest),
        "merge": of("merge", other, f"&into={busiest.reference}"),
        "merge many": of("merge-many", other, f"&object={busiest.pk}"),
    }


def a_watched_past(plan: Plan) -> HealthCheck:
    """Three days of checks with a gap, of a plan that changed meanwhile and of one that did not; a breach."""
    began = timezone.now() - timedelta(days=3)
    for each in (plan, builders.health()):
        Plan.objects.filter(pk=each.pk).update(started_at=began)
        seeds.a_past(each, 60, without=[7, 8], until=seeds.newest_slot() - seeds.HOUR)
    return seeds.a_check(plan, "breach", action="paused", cause="feature")


def test_no_page_has_a_serious_barrier(addresses: dict[str, str], signed_in: Open) -> None:
    page = signed_in()
    found = {}
    for name, address in addresses.items():
        page.goto(address)
        if faults := barriers_in_both(page):
            found[name] = faults
    assert found == {}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_login_has_no_serious_barrier(dark: bool, opened: Open, transactional_db: None) -> None:
    page = opened(dark=dark)
    page.goto("/admin/login/")
    page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
    assert barriers(page) == []


def test_no_page_scrolls_sideways_on_a_phone(addresses: dict[str, str], signed_in: Open) -> None:
    page = signed_in(phone=True)
    wide = {}
    for name, address in addresses.items():
        page.goto(address)
        page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > page.evaluate("innerWidth"):
            wide[name] = width
    assert wide == {}


def test_icons_are_not_read_aloud(addresses: dict[str, str], signed_in: Open) -> None:
    page = signed_in()
    page.goto(addresses["plan"])
    page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
    spoken = page.eval_on_selector_all(
        ".material-symbols-outlined:not([aria-hidden=true])",
        "icons => icons.map(icon => icon.getAttribute('aria-label'))",
    )
    assert all(spoken)
