"""What is read of workspaces, and the memory of them under many threads."""

import threading
from typing import Any

import pytest
from django.utils import timezone

from rollout import phases
from rollout.models import Enrolment, Member, Workspace
from rollout.serving import known_workspaces
from rollout.serving.known_workspaces import KnownWorkspaces
from rollout.serving.snapshot import WorkspaceFacts
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db


def test_a_workspace_is_read_with_its_roles_and_where_it_is_held() -> None:
    builders.a_plan_in_phase(1)
    Member.objects.create(workspace_id="W00000", member="b", role="nurse")
    Member.objects.create(workspace_id="W00000", member="c", role="nurse")
    Member.objects.create(workspace_id="W00000", member="d", role="doctor", active=False)
    phases.pause(builders.engagement(), actor=ROOT)
    plan = builders.engagement().pk
    found = known_workspaces.read(["W00000", "W00039", "nobody"], frozenset({plan}))
    assert found == {
        "W00000": WorkspaceFacts(
            "professional", "active", frozenset({"pharmacist", "nurse"}), frozenset({plan})
        ),
        "W00039": WorkspaceFacts("professional", "active", frozenset({"pharmacist"}), frozenset()),
    }
    assert known_workspaces.read(["W00000"], frozenset())["W00000"].held == frozenset()
    assert known_workspaces.read([], frozenset({plan})) == {}


def test_a_workspace_without_members_has_no_roles() -> None:
    Workspace.objects.create(id="alone", name="Alone", tier="free", status="trial")
    assert known_workspaces.read(["alone"], frozenset()) == {
        "alone": WorkspaceFacts("free", "trial", frozenset(), frozenset())
    }


def test_who_left_before_the_pause_is_not_held() -> None:
    builders.a_plan_in_phase(1)
    left = Enrolment.objects.filter(workspace="W00000")
    left.update(left_at=timezone.now())
    phases.pause(builders.engagement(), actor=ROOT)
    Enrolment.objects.filter(workspace="W00000", left_at=None).delete()
    paused = frozenset({builders.engagement().pk})
    held = {pk for pk, row in known_workspaces.read(builders.numbered(40), paused).items() if row.held}
    assert held == {"W00001", "W00002", "W00003"}


def test_the_same_roles_are_one_object(django_assert_num_queries: Any) -> None:
    builders.workspaces(["a", "b"])
    with django_assert_num_queries(1):
        found = known_workspaces.read(["a", "b"], frozenset())
    assert found["a"].roles is found["b"].roles


def test_ids_are_compared_byte_by_byte() -> None:
    builders.workspaces(["Ä", "ä", "A "])
    assert set(known_workspaces.read(["Ä", "ä", "a", "A", "A "], frozenset())) == {"Ä", "ä", "A "}


def test_threads_that_ask_while_things_are_forgotten_hear_nothing_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The tier stands for a version: whoever asks after a change was announced hears that one or later."""
    known = KnownWorkspaces(50)
    version, ended = [0], threading.Event()
    faults: list[WorkspaceFacts | None] = []

    def read(pks: Any, paused: Any) -> dict[str, WorkspaceFacts]:
        seen = str(version[0])
        ended.wait(0.0002)
        return {pk: WorkspaceFacts(seen, "active", frozenset(), frozenset()) for pk in pks}

    monkeypatch.setattr(known_workspaces, "read", read)
    monkeypatch.setattr(known_workspaces, "check_connection", lambda: None)

    def ask(number: int) -> None:
        while not ended.is_set():
            announced[number] = told[0]
            found = known.find("a")
            if found is None or int(found.tier) < announced[number]:
                faults.append(found)

    told, announced = [0], [0, 0, 0]
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for change in range(1, 150):
        version[0] = change
        if change % 10:
            known.forget(frozenset({"a"}))
        else:
            known.forget_all(frozenset())
        told[0] = change
    ended.set()
    for thread in threads:
        thread.join()
    assert not faults
