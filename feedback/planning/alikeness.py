"""Which wishes say the same, as the index of similar tickets found when they came in."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from django.db.models import Q

from feedback.models import Likeness

# Two tickets at least as alike as this ask for the same thing.
ALIKE = 0.5
MOST_WORDS = 6
ENDS = ("ticket", "other")


@dataclass
class Group:
    """Wishes that likeness holds together.

    `alike` sums up how much each wish is like the others, `words` what they have in common, and
    `enhancements` how much they are like the tickets of each.
    """

    wishes: set[int]
    alike: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    words: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    enhancements: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))

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
        """The enhancement whose tickets these wishes are most like."""
        return max(self.enhancements.items(), key=itemgetter(1), default=(None, 0))[0]

    def learn(self, one: int, other: int, score: float, words: Iterable[str]) -> None:
        """Two of the wishes are alike."""
        if one == other:
            return
        self.alike[one] += score
        self.alike[other] += score
        for word in words:
            self.words[word] += score

    def take_in(self, gone: "Group") -> None:
        """All that is known of another group."""
        self.wishes |= gone.wishes
        for wish, weight in gone.alike.items():
            self.alike[wish] += weight
        for word, weight in gone.words.items():
            self.words[word] += weight
        for enhancement, weight in gone.enhancements.items():
            self.enhancements[enhancement] += weight


def grouped(wishes: Collection[int]) -> list[Group]:
    """The wishes in groups, in one query; one that is like no other is a group of its own."""
    group_of = {wish: Group({wish}) for wish in wishes}
    for row in _pairs(wishes):
        one, other = (row[f"{end}__merged_into"] or row[end] for end in ENDS)
        if one in group_of and other in group_of:
            _joined(group_of, one, other).learn(one, other, row["score"], row["words"])
        elif inside := group_of.get(one) or group_of.get(other):
            for end in ENDS:
                near = row[f"{end}__enhancement"] or row[f"{end}__merged_into__enhancement"]
                if near is not None:
                    inside.enhancements[near] += row["score"]
    return list({id(group): group for group in group_of.values()}.values())


def _pairs(wishes: Collection[int]) -> Iterable[Mapping[str, Any]]:
    """Every pair that is alike and of which one side is one of the wishes."""
    alike = Likeness.objects.filter(dismissed_at=None, score__gte=ALIKE).filter(
        Q(ticket__in=wishes) | Q(other__in=wishes)
    )
    about = ("", "__merged_into", "__enhancement", "__merged_into__enhancement")
    columns = [end + rest for end in ENDS for rest in about]
    rows: Iterable[Mapping[str, Any]] = alike.order_by("pk").values("score", "words", *columns)
    return rows


def _joined(group_of: dict[int, Group], one: int, other: int) -> Group:
    """The one group of two wishes: the smaller of theirs goes into the larger."""
    into, gone = sorted((group_of[one], group_of[other]), key=lambda group: -len(group.wishes))
    if into is not gone:
        into.take_in(gone)
        for wish in gone.wishes:
            group_of[wish] = into
    return into
