"""Which wishes say the same, as the index of similar tickets found when they came in."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from feedback.models import Likeness
from feedback.similarity import grouping

MOST_WORDS = 6
ENDS = ("ticket", "other")


@dataclass
class Group:
    """Wishes that likeness holds together.

    `alike` sums up how much each wish is like the others, `words` what they have in common, and `near` has
    which of the wishes are like a ticket of each enhancement.
    """

    wishes: Sequence[int]
    alike: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    words: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    near: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    @property
    def telling(self) -> list[int]:
        """The wishes, the one first that says best what all of them say; of equals the oldest."""
        return sorted(self.wishes, key=lambda wish: (-self.alike[wish], wish))

    @property
    def shared_words(self) -> list[str]:
        """The words that most pairs have in common."""
        return sorted(self.words, key=lambda word: (-self.words[word], word))[:MOST_WORDS]

    @property
    def enhancement(self) -> int | None:
        """The enhancement that most of these wishes are like; none where half of them are not."""
        found = max(self.near, key=lambda enhancement: (len(self.near[enhancement]), -enhancement), default=0)
        return found if found and 2 * len(self.near[found]) >= len(self.wishes) else None

    def learn(self, one: int, other: int, score: float, words: Iterable[str]) -> None:
        """Two of the wishes are alike."""
        for wish in (one, other):
            self.alike[wish] += score
        for word in words:
            self.words[word] += score


def grouped(wishes: Collection[int]) -> list[Group]:
    """The wishes in groups, in one query; one that is like no other is a group of its own."""
    rows = [(*_sides(row), row) for row in _pairs(wishes)]
    inside = [(one, other, row) for one, other, row in rows if one in wishes and other in wishes]
    found = [Group(each) for each in grouping.connected(wishes, [(one, other) for one, other, _ in inside])]
    group_of = {wish: group for group in found for wish in group.wishes}
    for one, other, row in inside:
        if one != other:
            group_of[one].learn(one, other, row["score"], row["words"])
    for one, other, row in rows:
        wish = one if one in group_of else other
        for end in ENDS:
            whose = f"{end}__merged_into" if row[f"{end}__merged_into"] else end
            if enhancement := row[f"{whose}__enhancement"]:
                group_of[wish].near[enhancement].add(wish)
    return found


def _pairs(wishes: Collection[int]) -> Iterable[Mapping[str, Any]]:
    """Every pair that says the same and of which one side is one of the wishes."""
    alike = Likeness.objects.filter(dismissed_at=None, score__gte=grouping.SAME).filter(
        Q(ticket__in=wishes) | Q(other__in=wishes)
    )
    about = ("", "__merged_into", "__enhancement", "__merged_into__enhancement")
    columns = [end + rest for end in ENDS for rest in about]
    rows: Iterable[Mapping[str, Any]] = alike.order_by("pk").values("score", "words", *columns)
    return rows


def _sides(row: Mapping[str, Any]) -> tuple[int, int]:
    """The two wishes of a pair; a ticket that was merged speaks for the one that it was merged into."""
    one, other = (row[f"{end}__merged_into"] or row[end] for end in ENDS)
    return one, other
