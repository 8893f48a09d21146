"""What releases show beside their own pages: DORA's metrics and the front page; and how often they ask."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from operations.groups import RELEASE_MANAGER, VIEWER
from releases.checklists import signing
from releases.models import Deployment, Release
from tests import builders
from tests.builders import acting
from tests.releases import builders as made

pytestmark = pytest.mark.django_db

DORA = "admin:releases_dora"
FRONT = "admin:index"


@pytest.fixture
def manager() -> Client:
    return builders.signed_in(RELEASE_MANAGER, "rita")


def front(client: Client) -> list[str]:
    """What waits for this person of releases, but for the boxes to tick."""
    context = client.get(reverse(FRONT)).context
    lines = [*context.get("lines", ()), *context.get("folded", ())]
    found = [line.item.what for line in lines if line.item.key.startswith(("step:", "sign:", "held:"))]
    return sorted(found)


def test_dora_says_what_there_is_too_little_of(manager: Client) -> None:
    builders.modules()
    empty = manager.get(reverse(DORA))
    assert "No deployment to production ended in this range" in empty.content.decode()
    assert {figure.value for figure in empty.context["figures"]} == {"none", "unknown"}
    made.walk_to_the_end(made.in_production(made.a_release()))
    answer = manager.get(reverse(DORA))
    figures = {figure.title: figure for figure in answer.context["figures"]}
    assert figures["Change fail rate"].value == "0 %"
    assert figures["Change lead time"].n == "n = 1 change: too little to go by"
    assert not any(figure.level for figure in figures.values())
    assert "Deployments to production, by week" in answer.content.decode()


def test_dora_is_of_the_range_and_the_module_that_are_asked_for(manager: Client) -> None:
    made.walk_to_the_end(made.in_production(made.a_release()))
    other = manager.get(reverse(DORA), {"module": "health_management"}).context["dora"]
    assert other.frequency.n == 0
    yesterday = f"{timezone.localdate() - timedelta(days=1)}"
    before = manager.get(reverse(DORA), {"endDate": yesterday}).context["dora"]
    assert before.frequency.n == 0
    assert before.until <= timezone.now()
    assert manager.get(reverse(DORA), {"module": "patient_engagement"}).context["dora"].frequency.n == 1


@pytest.mark.parametrize(
    "query",
    [{"startDate": "nonsense"}, {"startDate": "2026-02-01", "endDate": "2026-01-01"}, {"module": "x\0"}],
)
def test_dora_says_what_is_wrong_with_a_range(query: dict[str, str], manager: Client) -> None:
    answer = manager.get(reverse(DORA), query)
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.content.decode()


def test_the_front_page_shows_what_is_in_flight_and_which_step_waits_for_a_person(manager: Client) -> None:
    made.in_staging(made.a_release())
    page = manager.get(reverse(FRONT))
    assert [flight.step for flight in page.context["releases"].going] == ["Automated Testing"]
    assert front(manager) == ["Automated Testing: release 1.0.2 in staging waits for a person"]
    viewer = builders.signed_in(VIEWER, "vera")
    assert front(viewer) == []
    assert "Releases in flight" in viewer.get(reverse(FRONT)).content.decode()


def test_the_front_page_asks_for_the_signatures_that_the_reader_may_give_now() -> None:
    release = made.a_release(category="high")
    planned = made.tested(release)
    clients = {role: client_of(made.a_signer(role)) for role in ("devops", "cto", "qa_lead")}
    assert front(clients["devops"]) == ["Release 1.0.2 wants your signature: DevOps"]
    assert front(clients["cto"]) == []
    assert front(clients["qa_lead"]) == []
    for role in ("devops", "product_manager"):
        signing.sign(planned, role, actor=acting(made.a_signer(role)))
    assert front(clients["devops"]) == []
    assert front(clients["cto"]) == ["Release 1.0.2 wants your signature: CTO"]


def client_of(user: User) -> Client:
    user.groups.add(Group.objects.get(name=VIEWER))
    client = Client()
    client.force_login(user)
    return client


def latest(model: type[Release] | type[Deployment]) -> int:
    return int(model.objects.latest("pk").pk)


PAGES: dict[str, Callable[[], str]] = {
    "releases": lambda: reverse("admin:releases_release_changelist"),
    "release": lambda: reverse("admin:releases_release_change", args=[latest(Release)]),
    "deployments": lambda: reverse("admin:releases_deployment_changelist"),
    "deployment": lambda: reverse("admin:releases_deployment_change", args=[latest(Deployment)]),
    "dora": lambda: reverse(DORA),
    "front page": lambda: reverse(FRONT),
}


def test_the_number_of_queries_does_not_grow_with_releases_issues_and_deployments(manager: Client) -> None:
    made.tested(made.a_release("1.0.0"))
    few = {name: min(count(manager, url()) for _ in range(2)) for name, url in PAGES.items()}
    for version in ("1.0.1", "1.0.2"):
        made.tested(made.a_release(version, [made.an_issue(f"{version} {number}") for number in range(3)]))
    assert {name: count(manager, url()) for name, url in PAGES.items()} == few


def count(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)
