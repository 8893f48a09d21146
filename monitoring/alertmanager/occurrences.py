"""What is known of the causes that Alertmanager told of: when each held, and whether it holds still.

Messages come at least once, late, and from several Alertmanagers. So nothing here depends on their order:
an occurrence is known by its cause and its beginning, its end is the latest that anybody told, and a cause
holds unless its newest occurrence is over. It is over where it ended itself, or where another one of the
same cause ended after its beginning: two servers that watch the same may tell different beginnings of it,
and Alertmanager goes on with the earlier one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db.models import Q

from monitoring.alertmanager.payload import Told
from monitoring.models import Alert, Occurrence


class Known:
    """The occurrences of one cause by their beginnings. `new` are those that nobody had told of before."""

    def __init__(self, rows: Iterable[Occurrence] = ()) -> None:
        self._rows = {row.started_at: row for row in rows}
        self.new: list[Occurrence] = []
        self._changed: set[datetime] = set()

    def add(self, told: Told) -> None:
        """Take in what a message says. A firing that comes after its own end was overtaken on its way."""
        row = self._rows.get(told.started_at)
        if row is None:
            row = Occurrence(fingerprint=told.fingerprint, started_at=told.started_at, ended_at=told.ended_at)
            self._rows[told.started_at] = row
            self.new.append(row)
        elif told.ended_at is not None and (row.ended_at is None or row.ended_at < told.ended_at):
            row.ended_at = told.ended_at
            self._changed.add(told.started_at)

    @property
    def holds(self) -> bool:
        """Whether the cause holds."""
        newest = self._rows[max(self._rows)]
        if newest.ended_at is not None:
            return False
        return not any(row.ended_at and row.ended_at > newest.started_at for row in self._rows.values())

    def written(self, alert: Alert | None) -> list[Occurrence]:
        """The rows to write: new ones, which belong to the alert, and known ones that have another end."""
        for row in self.new:
            row.alert = alert
        ended = [self._rows[began] for began in sorted(self._changed)]
        return [*self.new, *(row for row in ended if row.pk)]


def find(told: Collection[Told]) -> Mapping[str, Known]:
    """What is known of the causes that a message tells of, in one query. Hold their locks.

    Of one that flaps for weeks only what matters is read: what began or ended after the earliest beginning
    in the message. Where the newest occurrence is older than that, a new one in the message is newer.
    """
    since = min(each.started_at for each in told)
    names = {each.fingerprint for each in told}
    rows: dict[str, list[Occurrence]] = defaultdict(list)
    found = Occurrence.objects.filter(Q(started_at__gte=since) | Q(ended_at__gt=since), fingerprint__in=names)
    for row in found.order_by():
        rows[row.fingerprint].append(row)
    return {name: Known(rows[name]) for name in names}


def write(rows: Collection[Occurrence]) -> None:
    """Write new occurrences and new ends of known ones, in one statement. Hold their locks."""
    for row in rows:
        # The beginning names it. With a number of its own it would be written apart from the new ones.
        row.pk = None
    Occurrence.objects.bulk_create(
        sorted(rows, key=lambda row: (row.fingerprint, row.started_at)),
        update_conflicts=True,
        unique_fields=["fingerprint", "started_at"],
        update_fields=["ended_at"],
    )
