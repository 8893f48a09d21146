"""Which of some tickets say the same as one another, as groups: alike to one is enough to belong."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from feedback.models import Likeness, Ticket

# As much alike as most reports of the same trouble are: see the bench `similar`.
SAME = 0.4


def groups(since: datetime, least: int) -> list[list[int]]:
    """The groups of `least` tickets or more that came in since a time, the largest first; two queries.

    A ticket that was merged belongs with the one that it was merged into. Pairs that were dismissed do not
    count. Tickets in quarantine and erased ones belong nowhere.
    """
    tickets = Ticket.objects.filter(received_at__gte=since, quarantined_at=None, erased_at=None)
    merged = dict(tickets.order_by().values_list("pk", "merged_into"))
    pairs = [(pk, into) for pk, into in merged.items() if into in merged]
    alike = Likeness.objects.filter(
        ticket__received_at__gte=since, other__received_at__gte=since, score__gte=SAME, dismissed_at=None
    )
    rows = alike.order_by().values_list("ticket", "other")
    pairs += [(later, earlier) for later, earlier in rows if later in merged and earlier in merged]
    return [group for group in connected(merged, pairs) if len(group) >= least]


def connected(members: Iterable[int], pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The members as groups, each sorted, that pairs connect; the largest first, then by the first member."""
    leader = {member: member for member in members}

    def led(member: int) -> int:
        while leader[member] != member:
            leader[member] = leader[leader[member]]
            member = leader[member]
        return member

    for one, another in pairs:
        leader[led(one)] = led(another)
    found: defaultdict[int, list[int]] = defaultdict(list)
    for member in leader:
        found[led(member)].append(member)
    return sorted(map(sorted, found.values()), key=lambda group: (-len(group), group[0]))
