"""What a process remembers follows every change, costs at most one query, and outlives the database."""

import atexit
import io
import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from operations import feed
from rollout import flags, modules, overrides, phases, plans, segments, targeting, workspaces
from rollout.models import Override, Workspace
from rollout.serving import follower, known_workspaces, snapshot
from rollout.serving.follower import Follower
from rollout.targeting import RuleDraft, VariantDraft
from tests import builders
from tests.builders import ROOT, where, within
from tests.rollout.ofrep.calling import Product

pytestmark = pytest.mark.django_db

CORE = "patient_engagement_module"
IN, OUT = "W00000", "W00039"


# --- every verb is heard -----------------------------------------------------------------------------------


def sent(pk: str, role: str = "pharmacist", **more: str) -> None:
    """The product sends a workspace with one member."""
    member = {"member": f"m-{pk}", "role": role, "email": "", "active": True}
    row = {"id": pk, "name": pk, "tier": "professional", "status": "active", "members": [member], **more}
    workspaces.upsert([row], source="test", actor=ROOT, confirm_loss=True)


def imported(text: str) -> None:
    file = io.BytesIO(text.encode())
    assert workspaces.import_csv(file, source="a.csv", actor=ROOT, confirm_loss=True).error_count == 0


Verb = Callable[[], object]
# What is done, the flag and the unit that hear of it, and what they hear then, in the first phase.
CHANGES: dict[str, tuple[Verb, str, str, bool]] = {
    "kill": (lambda: flags.kill(builders.flag(), True, actor=ROOT), CORE, IN, False),
    "override": (
        lambda: overrides.override(builders.flag(), OUT, True, reason="r", actor=ROOT),
        CORE,
        OUT,
        True,
    ),
    "rules": (
        lambda: targeting.set_rules(builders.flag(), [RuleDraft("all", serve="off")], actor=ROOT),
        CORE,
        IN,
        False,
    ),
    "segment": (
        lambda: segments.save("pilot", "Pilot", "", where(workspace=OUT), actor=ROOT),
        "piloted",
        OUT,
        True,
    ),
    "phases": (lambda: flags.set_phases(builders.flag(), 2, actor=ROOT), CORE, IN, False),
    "hold": (lambda: flags.hold(builders.flag(), 0, actor=ROOT), CORE, IN, False),
    "schedule": (
        lambda: flags.schedule(builders.flag(), timezone.now() + timedelta(1), None, actor=ROOT),
        CORE,
        IN,
        False,
    ),
    "prerequisite": (
        lambda: flags.require(builders.flag("piloted"), builders.flag(CORE), actor=ROOT),
        "on_for_all",
        OUT,
        True,
    ),
    "archive": (lambda: flags.archive(builders.flag("on_for_all"), actor=ROOT), "on_for_all", OUT, False),
    "set": (lambda: phases.set_percentage(builders.engagement(), 100, actor=ROOT), CORE, OUT, True),
    "set 0": (lambda: phases.set_percentage(builders.engagement(), 0, actor=ROOT), CORE, IN, False),
    "roll back": (lambda: phases.roll_back(builders.engagement(), actor=ROOT), CORE, IN, False),
    "eligibility": (
        lambda: modules.set_eligibility(
            builders.module(), tiers=["premium"], statuses=["active"], roles=[], actor=ROOT
        ),
        CORE,
        IN,
        False,
    ),
    "internal list": (
        lambda: modules.set_internal_list(builders.module(), [OUT], actor=ROOT),
        CORE,
        OUT,
        True,
    ),
    "edit of a workspace": (
        lambda: workspaces.edit(Workspace.objects.get(pk=IN), status="expired", actor=ROOT),
        CORE,
        IN,
        False,
    ),
    "import of a workspace": (
        lambda: imported(f"id,name,tier,status\n{IN},A,professional,expired\n"),
        CORE,
        IN,
        False,
    ),
    "workspace sent": (lambda: sent(IN, tier="free"), CORE, IN, False),
    "workspace that was not there": (lambda: sent("!new"), CORE, "!new", True),
    "members sent": (lambda: sent(IN, role="porter"), CORE, IN, False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_in_the_next_answer_after_a_look(change: str, product: Product) -> None:
    builders.a_segment("pilot", where(workspace="nobody"))
    builders.a_flag("piloted", from_phase=4, rules=[RuleDraft("pilot", within("pilot"))])
    builders.a_flag("on_for_all", from_phase=4, rules=[RuleDraft("all")])
    modules.set_eligibility(
        builders.module(), tiers=["professional"], statuses=["active"], roles=["pharmacist"], actor=ROOT
    )
    product.look()
    verb, key, unit, expected = CHANGES[change]
    before = product.on(key, workspace=unit)
    assert before != expected or change == "prerequisite"
    verb()
    assert product.on(key, workspace=unit) == before
    product.look()
    assert product.on(key, workspace=unit) == expected
    assert Product(product.key).on(key, workspace=unit) == expected


def test_variants_and_prerequisites_are_heard(product: Product) -> None:
    colour = builders.an_experiment()
    dependent = builders.a_flag("red_only")
    product.look()
    assert product.on("red_only", workspace=IN)
    only_blue = [VariantDraft("blue", "#00f", 1), VariantDraft("red", "#f00", 0)]
    targeting.set_variants(colour, only_blue, actor=ROOT)
    flags.require(dependent, builders.flag("colour"), "red", actor=ROOT)
    product.look()
    assert product.flag("colour", workspace=IN).document["value"] == "#00f"
    assert not product.on("red_only", workspace=IN)


def test_an_override_ends_when_it_is_removed_or_expires(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = overrides.override(builders.flag(), OUT, True, reason="r", actor=ROOT)
    product.look()
    assert product.on(CORE, workspace=OUT)
    overrides.remove_override(row, actor=ROOT)
    product.look()
    assert not product.on(CORE, workspace=OUT)
    overrides.override(
        builders.flag(), OUT, True, reason="r", expires_at=timezone.now() + timedelta(seconds=60), actor=ROOT
    )
    product.look()
    assert product.on(CORE, workspace=OUT)
    Override.objects.update(expires_at=timezone.now())
    feed.announce("flags")
    product.look()
    assert not product.on(CORE, workspace=OUT)


def test_a_pause_keeps_who_was_in_and_lets_nobody_new_in(product: Product) -> None:
    assert product.on(CORE, workspace=IN)
    phases.pause(builders.engagement(), actor=ROOT)
    sent("!late")
    product.look()
    assert product.on(CORE, workspace=IN)
    assert not product.on(CORE, workspace="!late")
    workspaces.edit(Workspace.objects.get(pk="W00001"), status="expired", actor=ROOT)
    product.look()
    assert not product.on(CORE, workspace="W00001")
    workspaces.edit(Workspace.objects.get(pk="W00001"), status="active", actor=ROOT)
    product.look()
    assert product.on(CORE, workspace="W00001")
    phases.resume(builders.engagement(), 10, actor=ROOT)
    product.look()
    assert product.on(CORE, workspace="!late")


def test_two_pauses_between_two_looks_are_two(product: Product) -> None:
    phases.pause(builders.engagement(), actor=ROOT)
    sent("!late")
    product.look()
    assert not product.on(CORE, workspace="!late")
    phases.resume(builders.engagement(), 10, actor=ROOT)
    phases.pause(builders.engagement(), actor=ROOT)
    product.look()
    assert product.on(CORE, workspace="!late")


def test_selected_workspaces_are_heard(product: Product) -> None:
    flags.set_phases(builders.flag("patient_portal"), 3, 1, actor=ROOT)
    product.look()
    assert not product.on("patient_portal", workspace=IN)
    overrides.select(builders.flag("patient_portal"), [IN], actor=ROOT)
    product.look()
    assert product.on("patient_portal", workspace=IN)
    overrides.deselect(builders.flag("patient_portal"), [IN], actor=ROOT)
    product.look()
    assert not product.on("patient_portal", workspace=IN)


def test_a_plan_that_is_put_away_is_heard(product: Product) -> None:
    phases.set_percentage(builders.engagement(), 0, actor=ROOT)
    plans.archive(builders.engagement(), actor=ROOT)
    product.look()
    assert product.reason(CORE, workspace=IN) == "DEFAULT"


# --- queries -----------------------------------------------------------------------------------------------


def test_a_cold_workspace_costs_one_query_and_a_warm_one_none(
    product: Product, django_assert_num_queries: Any
) -> None:
    phases.set_percentage(builders.health(), 50, actor=ROOT)
    product.look()
    with django_assert_num_queries(1):
        product.all(workspace=IN, targetingKey="user")
    with django_assert_num_queries(0):
        product.all(workspace=IN, targetingKey="user")
        product.flag(CORE, workspace=IN)
        product.flag("health_management", targetingKey="any user")
        product.flag(CORE)
        product.module("patient_engagement", HTTP_WORKSPACE_ID=IN)
        product.module("health", HTTP_USER_ID="u")
        Product.call(product, "POST", "/ofrep/v1/evaluate/flags", {}, HTTP_AUTHORIZATION="Bearer x")
    with django_assert_num_queries(1):
        product.flag(CORE, workspace="nobody")
    with django_assert_num_queries(0):
        product.flag(CORE, workspace="nobody")
        product.flag(CORE, targetingKey="nobody")


def test_a_pause_does_not_add_a_query(product: Product, django_assert_num_queries: Any) -> None:
    phases.pause(builders.engagement(), actor=ROOT)
    product.look()
    with django_assert_num_queries(1):
        product.all(workspace=IN)


def test_a_look_at_nothing_new_is_one_query(product: Product, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        product.look()


def test_a_change_of_many_workspaces_reads_only_those_that_are_known(
    product: Product, django_assert_num_queries: Any
) -> None:
    for pk in (IN, OUT):
        product.flag(CORE, workspace=pk)
    feed.announce("workspaces", builders.numbered(40))
    feed.announce("workspaces", ["elsewhere"])
    with django_assert_num_queries(3):
        product.look()
    with django_assert_num_queries(0):
        product.flag(CORE, workspace=IN)


def test_anything_of_the_workspaces_may_have_changed(product: Product) -> None:
    assert product.on(CORE, workspace=IN)
    Workspace.objects.filter(pk=IN).update(status="expired")
    feed.announce("workspaces")
    product.look()
    assert not product.on(CORE, workspace=IN)


# --- the bounded memory ------------------------------------------------------------------------------------


def test_no_more_workspaces_are_kept_than_there_is_room_for(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Product(product.key, most=5)
    for pk in builders.numbered(40):
        small.flag(CORE, workspace=pk)
    assert len(small.follower.workspaces) == 5
    assert small.on(CORE, workspace=IN)
    monkeypatch.setattr(known_workspaces, "MOST_STRANGERS", 7)
    for number in range(100):
        assert not small.on(CORE, workspace=f"stranger-{number}")
    assert len(small.follower.workspaces) == 5
    assert len(small.follower.workspaces._strangers) == 7


def test_strangers_drive_no_workspace_out(product: Product, django_assert_num_queries: Any) -> None:
    small = Product(product.key, most=5)
    for pk in builders.numbered(5):
        small.flag(CORE, workspace=pk)
    for number in range(50):
        small.flag(CORE, workspace=f"stranger-{number}")
    with django_assert_num_queries(0):
        for pk in builders.numbered(5):
            small.flag(CORE, workspace=pk)


# --- without the database ----------------------------------------------------------------------------------


class Outage:
    """Makes every reading of the database fail, as long as it is on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.on, self.tried = False, 0
        for owner, name in ((known_workspaces, "read"), (snapshot, "read"), (feed.Reader, "poll")):
            monkeypatch.setattr(owner, name, self._failing(getattr(owner, name)))

    def _failing(self, works: Any) -> Any:
        def read(*arguments: Any) -> Any:
            if self.on:
                self.tried += 1
                raise OperationalError("the server closed the connection unexpectedly")
            return works(*arguments)

        return read


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> Outage:
    monkeypatch.setattr(known_workspaces, "PAUSE", 0.0)
    return Outage(monkeypatch)


def test_warm_answers_go_on_and_what_is_unknown_says_so(product: Product, outage: Outage) -> None:
    builders.an_experiment()
    builders.a_flag("for_some", rules=[RuleDraft("named", where(workspace=OUT))])
    overrides.override(builders.flag(), "W00020", True, reason="r", actor=ROOT)
    flags.kill(builders.flag("clinical_alerts"), True, actor=ROOT)
    product.look()
    warm = product.answers(workspace=IN)
    outage.on = True
    with pytest.raises(OperationalError):
        product.look()
    assert product.answers(workspace=IN) == warm
    cold = product.flag("colour", workspace=OUT)
    assert (cold.status, cold.document) == (
        200,
        {"key": "colour", "reason": "UNKNOWN", "variant": "off", "value": "#888"},
    )
    # What does not depend on the workspace is known.
    assert product.reason("for_some", workspace=OUT) == "TARGETING_MATCH"
    assert product.on(CORE, workspace="W00020")
    assert product.reason("clinical_alerts", workspace=OUT) == "DISABLED"
    assert product.reason(CORE) == "DEFAULT"
    outage.on = False
    product.look()
    assert product.flag("colour", workspace=OUT).document["reason"] == "DEFAULT"
    assert product.on(CORE, workspace="W00001")


def test_users_need_no_database(product: Product, outage: Outage) -> None:
    # A module of users that is asked after one of workspaces.
    builders.health().module.__class__.objects.filter(key="health_management").update(key="zz_health")
    feed.announce("flags")
    product.look()
    before = product.answers(targetingKey="u1", workspace=OUT)
    cold = Product(product.key)
    outage.on = True
    after = cold.answers(targetingKey="u1", workspace=OUT)
    assert after["health_management"] == before["health_management"]
    assert after["health_management"]["reason"] == "DEFAULT"
    assert after[CORE]["reason"] == "UNKNOWN"


def test_what_was_known_is_the_answer_until_it_can_be_read_again(product: Product, outage: Outage) -> None:
    assert product.on(CORE, workspace=IN)
    Workspace.objects.filter(pk=IN).update(status="expired")
    product.follower.workspaces.forget_all(frozenset())
    outage.on = True
    assert product.on(CORE, workspace=IN)
    outage.on = False
    assert not product.on(CORE, workspace=IN)


def test_a_change_that_cannot_be_read_is_read_later(product: Product, outage: Outage) -> None:
    assert product.on(CORE, workspace=IN)
    Workspace.objects.filter(pk=IN).update(status="expired")
    outage.on = True
    product.follower.workspaces.forget(frozenset({IN}))
    assert product.on(CORE, workspace=IN)
    outage.on = False
    assert not product.on(CORE, workspace=IN)


def test_what_the_feed_told_once_is_not_lost_with_the_read_after_it(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert product.on(CORE, workspace=IN)
    flags.kill(builders.flag(), True, actor=ROOT)
    works = snapshot.read

    def fails() -> None:
        raise OperationalError("gone between two queries")

    monkeypatch.setattr(snapshot, "read", fails)
    with pytest.raises(OperationalError):
        product.look()
    assert product.on(CORE, workspace=IN)
    monkeypatch.setattr(snapshot, "read", works)
    product.look()
    assert not product.on(CORE, workspace=IN)


def test_a_database_that_fails_is_left_alone_for_a_moment(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = Outage(monkeypatch)
    outage.on = True
    for number in range(20):
        assert product.reason(CORE, workspace=f"cold-{number}") == "UNKNOWN"
    assert outage.tried == 1


# --- reading while something changes -----------------------------------------------------------------------


def test_what_was_read_before_a_change_is_not_kept(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    works = known_workspaces.read

    def overtaken(pks: Any, paused: Any) -> Any:
        found = works(pks, paused)
        monkeypatch.setattr(known_workspaces, "read", works)
        Workspace.objects.filter(pk=IN).update(status="expired")
        product.follower.workspaces.forget(frozenset({IN}))
        return found

    monkeypatch.setattr(known_workspaces, "read", overtaken)
    # It was so when it was asked, and is no longer.
    assert product.on(CORE, workspace=IN)
    assert not product.on(CORE, workspace=IN)


def test_the_memory_is_filled_before_it_is_asked(product: Product, django_assert_num_queries: Any) -> None:
    known = product.follower.workspaces
    known.fill(float("inf"))
    assert len(known) == 40
    with django_assert_num_queries(0):
        for pk in builders.numbered(40):
            product.flag(CORE, workspace=pk)
        known.fill(float("inf"))
    Workspace.objects.filter(pk=IN).update(status="expired")
    known.forget_all(frozenset())
    known.fill(float("inf"))
    with django_assert_num_queries(0):
        assert not product.on(CORE, workspace=IN)


def test_filling_goes_on_where_it_stopped(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_workspaces, "CHUNK", 7)
    known = Product(product.key, most=30).follower.workspaces
    clock = iter(range(1_000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    sizes = []
    for _ in range(8):
        known.fill(next(clock) + 2.5)
        sizes.append(len(known))
    assert sizes[0] < sizes[1] < sizes[-1] == 30
    assert sizes == sorted(sizes)


# --- the thread --------------------------------------------------------------------------------------------


class Stop(BaseException):
    """Ends the thread's loop."""


def turns(found: Follower, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the thread's loop run that often, here."""
    left = iter(range(count - 1))

    def sleep(seconds: float) -> None:
        assert 0 <= seconds <= follower.EVERY
        if next(left, None) is None:
            raise Stop

    monkeypatch.setattr(time, "sleep", sleep)
    with pytest.raises(Stop):
        found._follow()


def test_the_thread_follows_fills_and_writes(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    product.flag(CORE, workspace=IN)
    flags.kill(builders.flag(), True, actor=ROOT)
    monkeypatch.setattr(follower, "EVERY", 5.0)
    product.follower._wrote_at = -follower.WRITE_EVERY
    turns(product.follower, 1, monkeypatch)
    assert len(product.follower.workspaces) == 40
    assert not product.on(CORE, workspace=IN)
    assert builders.flag().usage.get().count == 1


def test_the_thread_outlives_an_outage_and_says_so_once(
    product: Product, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    outage = Outage(monkeypatch)
    outage.on = True
    with caplog.at_level(logging.WARNING, "rollout.serving.follower"):
        turns(product.follower, 5, monkeypatch)
        assert [record.getMessage().split(":")[0] for record in caplog.records] == [
            "the database does not answer; flags are answered from memory"
        ]
        outage.on = False
        flags.kill(builders.flag(), True, actor=ROOT)
        turns(product.follower, 2, monkeypatch)
    assert caplog.records[-1].getMessage() == "the database answers again"
    assert len(caplog.records) == 2
    assert not product.on(CORE, workspace=IN)


def test_the_thread_outlives_a_defect_and_reads_anew(
    product: Product, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    flags.kill(builders.flag(), True, actor=ROOT)
    works = snapshot.read
    failed: list[bool] = []

    def torn() -> Any:
        if not failed:
            failed.append(True)
            raise KeyError("a segment that was just removed")
        return works()

    monkeypatch.setattr(snapshot, "read", torn)
    turns(product.follower, 2, monkeypatch)
    assert "the flags could not be followed" in caplog.text
    assert not product.on(CORE, workspace=IN)


def test_everything_is_read_anew_now_and_then(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    assert product.on(CORE, workspace=IN)
    # As if the feed had missed it.
    builders.flag().__class__.objects.filter(key=CORE).update(killed=True)
    turns(product.follower, 1, monkeypatch)
    assert product.on(CORE, workspace=IN)
    product.follower._read_at -= follower.ANEW + 1
    turns(product.follower, 1, monkeypatch)
    assert not product.on(CORE, workspace=IN)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.django_db(transaction=True)
def test_a_real_thread_hears_a_change_within_a_second(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped, at_exit = threading.Event(), []

    def sleep(seconds: float) -> None:
        if stopped.wait(seconds):
            connection.close()
            raise SystemExit

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(atexit, "register", lambda *arguments: at_exit.append(arguments))
    product.door._follower = Follower(100)
    try:
        for _ in range(3):
            assert product.on(CORE, workspace=IN)
        [thread] = [each for each in threading.enumerate() if each.name == "follow-flags"]
        assert thread.daemon
        assert len(at_exit) == 1
        flags.kill(builders.flag(), True, actor=ROOT)
        began = time.monotonic()
        while product.on(CORE, workspace=IN):
            assert time.monotonic() < began + 1
            threading.Event().wait(0.02)
    finally:
        stopped.set()
        thread.join()
