"""The Phase 2 plan in the admin: who sees it, who plans, what its pages say and what they offer."""

import csv
import io
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from feedback.models import Enhancement, Ticket
from feedback.planning import enhancements, gathering, weights
from feedback.tickets import merging
from operations.groups import ADMINISTRATOR, ALL, PRODUCT_MANAGER
from tests import builders
from tests.builders import ROOT
from tests.feedback.builders import a_ticket
from tests.feedback.planning.worlds import a_wish, a_workspace, alike, an_enhancement

pytestmark = pytest.mark.django_db

PLAN = "admin:feedback_enhancement_changelist"


@pytest.fixture
def manager() -> Client:
    return builders.signed_in(PRODUCT_MANAGER)


def operate(name: str) -> str:
    return reverse("admin:feedback_enhancement_operate", args=[name])


def page_of(enhancement: Enhancement) -> str:
    return reverse("admin:feedback_enhancement_change", args=[enhancement.pk])


def text_of(client: Client, address: str, /, **query: Any) -> str:
    response = client.get(address, query)
    assert response.status_code == 200
    return response.content.decode()


def post(client: Client, name: str, /, **inputs: Any) -> str:
    values = {"objective": "other", **inputs} if name in ("create", "change") else inputs
    return client.post(operate(name), values, follow=True).content.decode()


@pytest.mark.parametrize("group", ALL)
def test_everybody_sees_the_plan_and_planners_change_it(group: str) -> None:
    row = an_enhancement("Native apps", a_wish())
    a_wish("Offline")
    client = builders.signed_in(group)
    may = group in (PRODUCT_MANAGER, ADMINISTRATOR)
    for address in (reverse(PLAN), page_of(row)):
        assert "Native apps" in text_of(client, address)
    found = text_of(client, reverse(PLAN))
    assert ("Make it an enhancement" in found) is may
    assert ("Change weights" in found) is may
    assert ("Take out" in text_of(client, page_of(row))) is may
    for name in ("create", "weights"):
        assert client.get(operate(name)).status_code == (200 if may else 403)


def test_who_may_not_see_enhancements_sees_no_plan_and_no_file() -> None:
    person = builders.a_person()
    person.groups.clear()
    client = Client()
    client.force_login(person)
    for name in ("changelist", "csv", "json"):
        assert client.get(reverse(f"admin:feedback_enhancement_{name}")).status_code == 403


def test_the_ranking_shows_scores_evidence_and_what_is_not_known(manager: Client) -> None:
    a_workspace("W1", "ada", "grace")
    an_enhancement("Native apps", a_wish("An app", workspace="W1"), objective="mobile", value=4, fit=5)
    found = " ".join(text_of(manager, reverse(PLAN)).split())
    assert "Mobile experience" in found
    assert "1 workspace, 2 users" in found
    assert "Not known: technical feasibility" in found
    ticket = Ticket.objects.get()
    assert (
        f'href="{reverse("admin:feedback_ticket_change", args=[ticket.pk])}">{ticket.reference}</a>' in found
    )


def test_titles_are_text_whatever_stands_in_them(manager: Client) -> None:
    title = "<script>alert(1)</script> & \u202eabc"
    an_enhancement("<b>Apps</b>", a_wish(title))
    a_wish(title + " again")
    found = text_of(manager, reverse(PLAN))
    assert "<script>alert(1)" not in found
    assert "<b>Apps</b>" not in found
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in found


def test_one_click_fills_in_a_proposal_and_one_more_makes_it(manager: Client) -> None:
    one, other = a_wish("Offline mode"), a_wish("Works offline")
    alike(one, other)
    (link,) = (
        line.split('href="')[1].split('"')[0].replace("&amp;", "&")
        for line in text_of(manager, reverse(PLAN)).splitlines()
        if "Make it an enhancement" in line
    )
    form = text_of(manager, link)
    assert 'value="Offline mode"' in form
    assert f"{one.reference} {other.reference}" in form
    assert not Enhancement.objects.exists()
    given = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    said = post(manager, "create", **given)
    assert "“Offline mode” is in the plan with 2 tickets." in said
    assert Enhancement.objects.get().tickets.count() == 2


def test_a_proposal_goes_into_the_enhancement_that_it_is_like(manager: Client) -> None:
    inside, outside = a_wish("An app"), a_wish("A phone app")
    row = an_enhancement("Native apps", inside)
    alike(inside, outside)
    found = text_of(manager, reverse(PLAN))
    assert "Put into Native apps" in found
    link = f"{operate('gather')}?object={row.pk}&tickets={outside.reference}"
    assert link.replace("&", "&amp;") in found
    assert "1 ticket" in text_of(manager, link)
    seen = f"tickets={outside.reference}"
    said = post(manager, "gather", object=f"{row.pk}:1", tickets=outside.reference, seen=seen)
    assert "1 ticket more asks for “Native apps”." in said


def test_the_preview_says_what_cannot_be_put_in_and_what_leaves_another(manager: Client) -> None:
    bug, taken = a_ticket(), a_wish()
    an_enhancement("Native apps", taken)
    references = f"{bug.reference} {taken.reference}"
    found = text_of(manager, operate("create"), name="New", objective="other", tickets=references)
    assert f"{bug.reference} is no feature request" in found
    assert "Leaves <bdi>Native apps</bdi>" in found
    said = post(manager, "create", name="New", tickets=references)
    assert f"{bug.reference} is no feature request" in said
    assert Enhancement.objects.count() == 1
    unknown = post(manager, "create", name="New", tickets="FB-999999")
    assert "There is no ticket &#x27;FB-999999&#x27;" in unknown


def test_change_judges_and_refuses_what_was_decided_on_an_old_picture(manager: Client) -> None:
    row = an_enhancement("Native apps")
    enhancements.change(row, actor=ROOT, fit=2)
    old = post(manager, "change", object=f"{row.pk}:1", name="Native apps", value="5")
    assert "was changed since you saw it" in old
    done = post(manager, "change", object=f"{row.pk}:2", name="Native apps", objective="mobile", value="5")
    assert "“Native apps” is changed." in done
    row.refresh_from_db()
    assert (row.value, row.fit, row.objective) == (5, None, "mobile")
    history = text_of(manager, page_of(row))
    assert (
        "objective Other → Mobile experience; business value not judged → 5; strategic fit 2 → not judged"
        in history
    )


def test_weights_begin_as_they_are_and_rank_anew(manager: Client) -> None:
    form = text_of(manager, operate("weights"))
    assert 'value="40"' in form
    said = post(manager, "weights", impact="0", value="0", feasibility="0", fit="7")
    assert "ranked by the new weights" in said
    assert "100 %" in said
    assert weights.as_dict(weights.current())["fit"] == 7
    nothing = post(manager, "weights", impact="0", value="0", feasibility="0", fit="0")
    assert "at least one criterion must count" in nothing


def test_an_enhancement_shows_its_tickets_and_which_of_them_count(manager: Client) -> None:
    wish, bug = a_wish("An app"), a_wish("A bug after all")
    row = an_enhancement("Native apps", wish, bug)
    merging.merge(a_wish("The same"), wish, actor=ROOT)
    Ticket.objects.filter(pk=bug.pk).update(category="bug_report")
    found = " ".join(text_of(manager, page_of(row)).split())
    assert "with 1 duplicate" in found
    assert found.count("does not count") == 1
    assert "Rank 1 of 1; not known: user impact, business value" in found
    said = post(manager, "take-out", object=f"{row.pk}:1", tickets=bug.reference)
    assert "1 ticket asks for “Native apps” no longer." in said


def test_remove_says_that_the_tickets_stay(manager: Client) -> None:
    row = an_enhancement("Native apps", a_wish())
    said = post(manager, "remove", object=f"{row.pk}:1")
    assert "“Native apps” is removed from the plan. Its 1 ticket stay" in said


def test_filters_hold_for_the_page_and_for_its_files(manager: Client) -> None:
    builders.modules()
    an_enhancement("Native apps", a_wish(module="patient_engagement"), objective="mobile")
    an_enhancement("Rosters", a_wish("Rosters"), objective="analytics")
    asked = {"module": "patient_engagement"}
    found = text_of(manager, reverse(PLAN), **asked)
    assert ("Native apps" in found, "Rosters" in found) == (True, False)
    document = manager.get(reverse("admin:feedback_enhancement_json"), asked)
    assert [each["name"] for each in document.json()["enhancements"]] == ["Native apps"]
    assert document["Content-Disposition"] == 'attachment; filename="phase-2-plan.json"'
    table = manager.get(reverse("admin:feedback_enhancement_csv"), {"objective": "analytics"})
    rows = list(csv.DictReader(io.StringIO(b"".join(table).decode())))
    assert [(each["rank"], each["name"]) for each in rows] == [("2", "Rosters")]


@pytest.mark.parametrize(
    "query",
    [
        {"since": "soon"},
        {"module": "none"},
        {"objective": "peace"},
        {"since": "2026-02-01", "until": "2026-01-01"},
    ],
)
def test_filters_that_say_nothing_are_marked_and_leave_nothing_out(
    manager: Client, query: dict[str, str]
) -> None:
    an_enhancement("Native apps", a_wish())
    found = text_of(manager, reverse(PLAN), **query)
    assert "op-fault" in found
    assert "Native apps" in found


def test_the_pages_make_as_many_queries_for_many_as_for_few(manager: Client) -> None:
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            text_of(manager, address)
        return len(caught)

    a_workspace("W", "ada")
    row = an_enhancement("Native apps", a_wish(workspace="W"))
    a_wish("Alone")
    few = [queries(address) for address in (reverse(PLAN), page_of(row))]
    for number in range(8):
        other = an_enhancement(f"Apps {number}", a_wish(workspace="W"), a_wish("Another"))
        alike(a_wish(f"Alone {number}", workspace="W"), other.tickets.latest("pk"))
    gathering.gather(row, Ticket.objects.filter(enhancement=None), actor=ROOT)
    a_wish("Alone")
    assert [queries(address) for address in (reverse(PLAN), page_of(row))] == few
    assert max(few) <= 20
