"""Wishes outside of every enhancement, put together where they are alike: proposals for enhancements."""

from collections.abc import Sequence
from dataclasses import dataclass

from feedback.models import Ticket
from feedback.planning import alikeness, counting, wishes
from feedback.planning.counting import Heard
from feedback.planning.wishes import Range

# The newest so many are looked at: nobody reads a longer plan, and its page has to open.
MOST_WISHES = 2_000


@dataclass(frozen=True)
class Proposal:
    """Wishes that seem to ask for one thing, the most telling one first: it gives the name.

    `words` are what they have in common; `like` is the enhancement whose tickets they are most alike to.
    """

    wishes: Sequence[Ticket]
    heard: Heard
    words: Sequence[str]
    like: int | None

    @property
    def name(self) -> str:
        return self.wishes[0].title


@dataclass(frozen=True)
class Proposed:
    """All proposals, in no order; `left_out` wishes are older than those that were looked at."""

    proposals: Sequence[Proposal]
    left_out: int


def propose(found: Range) -> Proposed:
    """The proposals for the wishes that nobody has put into an enhancement, in four queries at most."""
    among = wishes.voiced(wishes.open_wishes(found).filter(enhancement=None), found)
    read = among.annotate(reporter=counting.REPORTER).values(*counting.OF_WISH)
    rows = list(read[: MOST_WISHES + 1])
    left_out = among.count() - MOST_WISHES if len(rows) > MOST_WISHES else 0
    rows = rows[:MOST_WISHES]
    if not rows:
        return Proposed((), 0)
    heard = counting.by_wish(rows, found)
    titles = {row["pk"]: row["title"] for row in rows}
    proposals = []
    for group in alikeness.grouped(set(titles)):
        whole = Heard()
        for wish in group.wishes:
            whole.join(heard.get(wish, Heard()))
        telling = [Ticket(pk=wish, title=titles[wish]) for wish in group.telling]
        proposals.append(Proposal(telling, whole, group.shared_words, group.enhancement))
    return Proposed(proposals, left_out)
