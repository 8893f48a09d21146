"""What a flag is, through the admin: created, described, scheduled, tied to another; and its clean-up."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from operations.models import AuditEvent
from rollout import flags, targeting
from rollout.models import Flag, FlagSpan, FlagUsage
from rollout.targeting import VariantDraft
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db

LIST = "/admin/rollout/flag/"


@pytest.fixture(autouse=True)
def plan() -> None:
    builders.a_plan_in_phase(1)


def page(operation: str) -> str:
    return reverse("admin:rollout_flag_operate", args=[operation])


def sent(client: Client, operation: str, flag: Flag | None, **data: Any) -> str:
    target = {"object": f"{flag.pk}:{flag.version}"} if flag else {}
    return client.post(page(operation), {**target, **data}, follow=True).content.decode()


def shown(client: Client, flag: Flag) -> str:
    return client.get(f"{LIST}{flag.pk}/change/").content.decode()


def creating(**more: Any) -> dict[str, Any]:
    given = {"module": builders.module().pk, "key": "colour", "name": "Colour", "value_type": "string"}
    return {**given, "from_phase": "1", **more}


def test_a_flag_is_created_with_all_that_people_want_to_know(manager: Client) -> None:
    needed = f"{builders.flag()}:"
    text = sent(
        manager,
        "create",
        None,
        **creating(owner="Design", expires_on="2030-01-31", prerequisite=needed),
    )
    assert "The flag colour is made. Give it variants" in text
    text = shown(manager, Flag.objects.get(key="colour"))
    for said in ("Text", "Design", "31 Jan 2030", builders.flag().key):
        assert said in text
    assert AuditEvent.objects.get(action="flag.created").actor == "ada"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"key": "No Key"}, "must be 1 to 80 lower-case letters"),
        ({"key": "patient_engagement_module"}, "already"),
        ({"from_phase": "2", "selected_from_phase": "3"}, "must be a phase before"),
        ({"prerequisite": "health_management:"}, "must be a flag of Patient Engagement"),
    ],
)
def test_what_is_wrong_with_a_new_flag_stands_at_its_field(
    manager: Client, given: dict[str, Any], said: str
) -> None:
    text = sent(manager, "create", None, **creating(**given))
    assert said in text
    assert 'value="Colour"' in text
    assert not Flag.objects.filter(key="colour").exists()


def test_a_flag_needs_a_variant_of_another(manager: Client) -> None:
    colour = flags.create(builders.module(), "colour", name="Colour", value_type="string", actor=ROOT)
    targeting.set_variants(colour, [VariantDraft("blue", "#00f", 1), VariantDraft("off", "")], actor=ROOT)
    flag = builders.flag("clinical_alerts")
    form = manager.get(page("prerequisite"), {"object": flag.pk}).content.decode()
    assert "colour, variant blue" in form
    assert "colour, variant off" not in form
    assert "health_management" not in form
    assert 'value="clinical_alerts:"' not in form
    text = sent(manager, "prerequisite", flag, prerequisite="colour:blue")
    assert "variant <code>blue</code>" in text
    text = sent(manager, "prerequisite", Flag.objects.get(pk=colour.pk), prerequisite="clinical_alerts:")
    assert "would go in a circle" in text
    text = sent(manager, "prerequisite", Flag.objects.get(pk=flag.pk), prerequisite="")
    assert "needs no other flag" in text


def test_a_flag_is_scheduled(manager: Client) -> None:
    flag = builders.flag()
    later = timezone.localtime() + timedelta(days=2)
    text = sent(manager, "schedule", flag, on_from=f"{later:%Y-%m-%dT%H:%M}", off_at="")
    assert "Scheduled" in text
    assert "On from" in text
    assert "on from: none → " in text
    answer = manager.get(reverse("admin:rollout_flag_try", args=[flag.pk]), {"unit": "W00000"})
    assert "DISABLED" in answer.content.decode()
    text = sent(manager, "schedule", builders.flag(), on_from="2030-01-02T00:00", off_at="2030-01-01T00:00")
    assert "must come after" in text


def test_the_phases_of_a_flag_are_changed(manager: Client) -> None:
    flag = builders.flag("clinical_alerts")
    text = sent(manager, "phases", flag, from_phase="3", selected_from_phase="2")
    assert "Phase 2 for selected workspaces, phase 3 for the whole cohort" in text
    assert "from phase: 4 → 3; selected from phase: none → 2" in text
    text = sent(manager, "phases", builders.flag("clinical_alerts"), from_phase="2", selected_from_phase="2")
    assert "must be a phase before" in text


def test_the_owner_and_the_expiry_are_described_and_searched(manager: Client) -> None:
    flag = builders.flag()
    text = sent(manager, "describe", flag, name="Core", owner="Team Blue", expires_on="2020-01-01")
    assert "Team Blue" in text
    assert "past its date" in text
    listed = manager.get(LIST, {"q": "team blue"}).content.decode()
    assert flag.key in listed
    assert "clinical_alerts" not in listed


@pytest.fixture
def three() -> list[Flag]:
    """One on for everybody for long, one that nobody asked for, one past its date."""
    long_ago = timezone.now() - timedelta(days=40)
    made = [
        flags.create(builders.module(), key, name=key, actor=ROOT) for key in ("settled", "silent", "late")
    ]
    Flag.objects.filter(key="silent").update(created_at=long_ago)
    Flag.objects.filter(key="late").update(expires_on=long_ago.date())
    FlagSpan.objects.filter(flag=made[0]).delete()
    FlagSpan.objects.create(flag=made[0], began_at=long_ago, cutoff_open=True)
    return made


@pytest.mark.parametrize(
    ("choice", "keys"),
    [
        ("any", {"settled", "silent", "late"}),
        ("on", {"settled"}),
        ("unasked", {"silent"}),
        ("expired", {"late"}),
    ],
)
def test_the_list_shows_what_is_ready_for_clean_up(
    manager: Client, three: list[Flag], choice: str, keys: set[str]
) -> None:
    listed = manager.get(LIST, {"clean_up": choice}).context["cl"].result_list
    assert {flag.key for flag in listed} == keys


def test_a_page_says_why_a_flag_is_ready_for_clean_up(manager: Client, three: list[Flag]) -> None:
    said = [shown(manager, flag) for flag in three]
    assert "on for everybody for more than 30 days" in said[0]
    assert "not asked for within 30 days" in said[1]
    assert "past its date" in said[2]
    assert "Ready for clean-up" not in shown(manager, builders.flag())


def test_the_usage_is_a_chart_and_a_table(manager: Client) -> None:
    flag = builders.flag()
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    counts = ((0, "on", 1500), (0, "off", 20), (30, "on", 7))
    FlagUsage.objects.bulk_create(
        FlagUsage(flag=flag, hour=hour - timedelta(hours=back), variant=variant, reason="SPLIT", count=count)
        for back, variant, count in counts
    )
    text = shown(manager, flag)
    assert "asked 1,520 times" in text
    assert "asked 1,527 times" in text
    assert text.count('class="chart"') == 2
    assert "As a table" in text


@pytest.mark.parametrize(("days", "said"), [(None, "never asked"), (45, "Not asked since")])
def test_a_flag_that_nobody_asks_for_says_since_when(manager: Client, days: int | None, said: str) -> None:
    flag = builders.flag()
    if days:
        hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=days)
        FlagUsage.objects.create(flag=flag, hour=hour, variant="on", reason="SPLIT", count=1)
    assert said in shown(manager, flag)
