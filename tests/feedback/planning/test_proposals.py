"""Wishes outside of every enhancement become proposals where they are alike."""

import pytest

from feedback.models import Likeness
from feedback.planning import plan, proposals
from feedback.planning.plan import Line
from feedback.planning.wishes import Range
from feedback.tickets import merging
from tests.builders import ROOT
from tests.feedback.builders import a_ticket
from tests.feedback.planning.worlds import a_wish, alike, an_enhancement

pytestmark = pytest.mark.django_db


def proposed() -> list[Line]:
    return list(plan.draw_up(Range()).proposals)


def references(line: Line) -> set[str]:
    return {wish.reference for wish in line.wishes}


def test_alike_wishes_are_one_proposal_named_after_the_one_most_like_the_others() -> None:
    first, second, third = (a_wish(f"Offline {n}", reporter_name=f"Person {n}") for n in range(3))
    alone = a_wish("Dark mode", reporter_name="Somebody")
    alike(first, second, 0.9, "offline", "phone")
    alike(second, third, 0.7, "offline")
    one, other = proposed()
    assert references(one) == {each.reference for each in (first, second, third)}
    assert (one.name, one.evidence.reporters, one.words) == ("Offline 1", 3, ["offline", "phone"])
    assert (other.name, references(other)) == ("Dark mode", {alone.reference})
    assert [line.rank for line in (one, other)] == [1, 2]


def test_weak_and_dismissed_likeness_holds_nothing_together() -> None:
    first, second, third = (a_wish(f"Wish {n}") for n in range(3))
    alike(first, second, 0.05)
    alike(second, third, 0.9)
    Likeness.objects.filter(ticket=third).update(dismissed_at=third.received_at)
    assert len(proposed()) == 3


def test_what_is_like_an_enhancement_says_so_and_is_never_mixed_into_it() -> None:
    inside, outside = a_wish("App for phones"), a_wish("Phone app")
    row = an_enhancement("Native apps", inside)
    alike(inside, outside)
    (line,) = proposed()
    assert (references(line), line.like) == ({outside.reference}, row)


def test_what_a_few_of_many_wishes_are_like_is_no_place_for_all_of_them() -> None:
    inside = a_wish("App for phones")
    an_enhancement("Native apps", inside)
    wishes = [a_wish(f"Offline {number}") for number in range(3)]
    alike(wishes[0], wishes[1])
    alike(wishes[1], wishes[2])
    alike(inside, wishes[0])
    assert [line.like for line in proposed()] == [None]
    alike(inside, wishes[1])
    assert [line.like.name for line in proposed() if line.like] == ["Native apps"]


def test_likeness_to_a_duplicate_counts_for_the_wish_it_was_merged_into() -> None:
    wish, duplicate, other = a_wish("Offline"), a_wish("Works offline"), a_wish("No network")
    merging.merge(duplicate, wish, actor=ROOT)
    alike(duplicate, other)
    (line,) = proposed()
    assert references(line) == {wish.reference, other.reference}


def test_bugs_are_no_wishes_however_alike() -> None:
    wish, bug = a_wish("Offline"), a_ticket(title="Offline is broken")
    alike(wish, bug)
    assert [references(line) for line in proposed()] == [{wish.reference}]


def test_an_objective_has_no_proposals() -> None:
    a_wish()
    assert plan.draw_up(Range(objective="mobile")).proposals == []


def test_the_newest_wishes_are_looked_at_and_the_others_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposals, "MOST_WISHES", 2)
    wishes = [a_wish(f"Wish {number}") for number in range(5)]
    drawn = plan.draw_up(Range())
    assert {wish.pk for line in drawn.proposals for wish in line.wishes} == {wish.pk for wish in wishes[-2:]}
    assert drawn.left_out == 3
