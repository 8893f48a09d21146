"""The verbs on enhancements: who may, what is refused, what the tickets' own history says."""

from typing import Any

import pytest

from feedback.models import Enhancement, Ticket
from feedback.planning import enhancements, gathering, weights
from feedback.tickets import merging, quarantining
from operations.errors import Forbidden, Invalid, Refused
from operations.groups import ADMINISTRATOR, ALL, PRODUCT_MANAGER
from operations.models import AuditEvent
from tests import builders
from tests.builders import ROOT
from tests.feedback.builders import a_ticket
from tests.feedback.planning.worlds import a_wish, an_enhancement

pytestmark = pytest.mark.django_db


def newest_event() -> AuditEvent:
    return AuditEvent.objects.latest("pk")


def members(enhancement: Enhancement) -> list[int]:
    return list(Ticket.objects.filter(enhancement=enhancement).order_by("pk").values_list("pk", flat=True))


def test_create_gathers_its_tickets_and_is_told_in_both_histories() -> None:
    wishes = [a_wish(), a_wish("An app for phones")]
    row = an_enhancement("Native apps", *wishes, objective="mobile", value=4, note="Ask again in May")
    assert (row.objective, row.value, row.feasibility, row.version) == ("mobile", 4, None, 1)
    assert members(row) == [wish.pk for wish in wishes]
    created, gathered = AuditEvent.objects.filter(subject_type="feedback.enhancement").order_by("pk")
    assert (created.action, gathered.action) == ("enhancement.created", "enhancement.gathered")
    assert gathered.data == {"tickets": [wish.reference for wish in wishes]}
    # What somebody wrote freely must not stand in what cannot be erased.
    assert created.data["note"] == len("Ask again in May")
    event = wishes[0].events.latest("pk")
    assert event.changes == {"enhancement": [None, "Native apps"]}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": "nul\0"}, "name"),
        ({"name": "Native apps"}, "name"),
        ({"name": "New", "objective": "world peace"}, "objective"),
        ({"name": "New", "value": 0}, "value"),
        ({"name": "New", "feasibility": 6}, "feasibility"),
        ({"name": "New", "fit": 2.5}, "fit"),
        ({"name": "New", "note": "x" * 5_001}, "note"),
        ({"name": "New", "note": "nul\0"}, "note"),
    ],
)
def test_bad_values_are_named(values: dict[str, Any], field: str) -> None:
    an_enhancement("Native apps")
    with pytest.raises(Invalid) as refusal:
        enhancements.create(actor=ROOT, **values)
    assert [*refusal.value.fields] == [field]
    assert Enhancement.objects.count() == 1


def test_change_tells_what_changed_and_refuses_an_old_picture() -> None:
    row = an_enhancement("Native apps")
    changed = enhancements.change(row, actor=ROOT, version=1, value=5, fit=2)
    assert (changed.value, changed.fit, changed.version) == (5, 2, 2)
    assert newest_event().data == {"value": [None, 5], "fit": [None, 2]}
    with pytest.raises(Refused, match="was changed since you saw it") as refusal:
        enhancements.change(row, actor=ROOT, version=1, value=1)
    assert refusal.value.code == "changed"
    with pytest.raises(Refused, match="is like that already"):
        enhancements.change(row, actor=ROOT, value=5)
    assert Enhancement.objects.get().version == 2
    taken_back = enhancements.change(row, actor=ROOT, value=None)
    assert taken_back.value is None


def test_remove_leaves_the_tickets_and_tells_them() -> None:
    wish = a_wish()
    row = an_enhancement("Native apps", wish)
    assert enhancements.remove(row, actor=ROOT, version=1) == 1
    assert not Enhancement.objects.exists()
    assert wish.events.latest("pk").changes == {"enhancement": ["Native apps", None]}
    for verb in (enhancements.remove, enhancements.change):
        with pytest.raises(Refused) as refusal:
            verb(row, actor=ROOT)
        assert refusal.value.code == "gone"


def test_gather_moves_a_ticket_from_one_enhancement_to_another() -> None:
    wish, other = a_wish(), a_wish("Another")
    first, second = an_enhancement("First", wish), an_enhancement("Second")
    assert gathering.gather(second, [wish, wish, other], actor=ROOT) == [wish, other]
    assert (members(first), members(second)) == ([], [wish.pk, other.pk])
    before = AuditEvent.objects.count()
    assert gathering.gather(second, [wish], actor=ROOT) == []
    assert AuditEvent.objects.count() == before
    assert wish.events.latest("pk").changes == {"enhancement": ["First", "Second"]}


def test_gather_names_what_cannot_be_gathered_and_gathers_nothing_then() -> None:
    good, merged, spam = a_wish("Good"), a_wish("Merged"), a_wish("Spam")
    bug = a_ticket()
    merging.merge(merged, good, actor=ROOT)
    quarantining.quarantine(spam, actor=ROOT, reason="spam")
    row = an_enhancement("Native apps")
    with pytest.raises(Invalid) as refusal:
        gathering.gather(row, [good, merged, spam, bug], actor=ROOT)
    text = refusal.value.fields["tickets"]
    assert f"{merged.reference} is merged into {good.reference}" in text
    assert f"{spam.reference} is in quarantine" in text
    assert f"{bug.reference} is no feature request: its category is bug report" in text
    assert members(row) == []


def test_take_out_refuses_what_is_not_in() -> None:
    wish, other = a_wish(), a_wish("Other")
    row = an_enhancement("Native apps", wish)
    gathering.take_out(row, [wish], actor=ROOT)
    assert members(row) == []
    assert newest_event().action == "enhancement.let_go"
    with pytest.raises(Refused, match=f"{other.reference} does not ask for"):
        gathering.take_out(row, [other], actor=ROOT)


def test_weights_are_set_and_told() -> None:
    wanted = {"impact": 1, "value": 0, "feasibility": 2, "fit": 3}
    set_now = weights.set_weights(actor=ROOT, **wanted)
    assert weights.as_dict(set_now) == weights.as_dict(weights.current()) == wanted
    assert newest_event().data["before"] == {"impact": 40, "value": 30, "feasibility": 15, "fit": 15}
    with pytest.raises(Refused, match="like that already"):
        weights.set_weights(actor=ROOT, **wanted)


@pytest.mark.parametrize(
    ("given", "field"), [({"impact": -1}, "impact"), ({"fit": 1_001}, "fit"), ({}, "impact")]
)
def test_weights_that_say_nothing_are_refused(given: dict[str, int], field: str) -> None:
    nothing = {"impact": 0, "value": 0, "feasibility": 0, "fit": 0}
    with pytest.raises(Invalid) as refusal:
        weights.set_weights(actor=ROOT, **{**nothing, **given})
    assert [*refusal.value.fields] == [field]


@pytest.mark.parametrize("group", ALL)
def test_product_managers_and_administrators_plan_and_nobody_else(group: str) -> None:
    wish, row = a_wish(), an_enhancement("Native apps")
    actor = builders.acting(builders.a_person(group=group))
    verbs = (
        lambda: enhancements.create(actor=actor, name="Another"),
        lambda: enhancements.change(row, actor=actor, value=3),
        lambda: gathering.gather(row, [wish], actor=actor),
        lambda: gathering.take_out(row, [wish], actor=actor),
        lambda: weights.set_weights(actor=actor, impact=1, value=1, feasibility=1, fit=1),
        lambda: enhancements.remove(row, actor=actor),
    )
    for verb in verbs:
        if group in (PRODUCT_MANAGER, ADMINISTRATOR):
            verb()
        else:
            with pytest.raises(Forbidden):
                verb()
