"""Signals: what a source says of a cause, and what becomes of the cause's alert."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from monitoring import levels
from monitoring.alerts import clocks, muting
from monitoring.alerts.muting import Mutes
from monitoring.alerts.story import Story
from monitoring.models import Alert, AlertEvent, HealthCheck, Notice
from rollout.models import Module

# How long a cause must be gone before its alert resolves; each time it came back doubles that.
SETTLE = timedelta(minutes=10)
LONGEST_SETTLE = timedelta(hours=2)
# A cause that is back so soon was never over: the same alert goes on.
REOPENS_WITHIN = timedelta(hours=1)
# Fingerprints share this many locks, for PostgreSQL has room for a few thousand of them altogether.
LOCKS, LOCK_CLASS = 64, 0xA1E7
MOST_AT_ONCE = 1_000
# What an alert has room for; longer texts are cut.
LONGEST = {"title": 200, "summary": 5_000, "affected": 500, "done": 500, "advice": 1_000, "url": 1_000}


@dataclass(frozen=True, kw_only=True)
class Signal:
    """What a source says of one cause: that it holds (`firing`), or that it is gone.

    `cause` names it within its source and module. An alert of a part is one of the whole module, under a
    fingerprint of its own: whoever is told of that is told of this. `at` is since when it holds (now, unless
    given).
    `hold_for` is how long it must hold before the alert fires, `settle` how long it must be gone before the
    alert resolves. `lasts` makes it an event, which resolves by itself after that time. `counts` is 0 for a
    replay of what is known: that neither counts nor reopens. `never_announced` has what was not heard of
    before it was gone counted too, and written down as a resolved alert.
    """

    source: str
    cause: str
    firing: bool
    module: Module | None = None
    level: str = levels.WARNING
    urgency: int | None = None
    title: str = ""
    summary: str = ""
    affected: str = ""
    done: str = ""
    advice: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    group_key: str = ""
    at: datetime | None = None
    hold_for: timedelta = timedelta(0)
    settle: timedelta = SETTLE
    lasts: timedelta | None = None
    counts: int = 1
    health_check: HealthCheck | None = None
    never_announced: bool = False

    @property
    def fingerprint(self) -> str:
        """Names the cause for good: the SHA-256 of its source, module and name, in hex."""
        module = self.module.key if self.module else ""
        return hashlib.sha256("\n".join((self.source, module, self.cause)).encode()).hexdigest()

    @property
    def whole(self) -> Module | None:
        """The module to which the alert belongs: that of routes, silences and incidents."""
        return self.module.whole if self.module else None

    @property
    def labels_in_full(self) -> dict[str, str]:
        """Its labels, and which part of the module it speaks of."""
        of_part = self.module is not None and self.module.part_of_id is not None
        return {**self.labels, **({"part": self.module.key} if self.module and of_part else {})}


def take(signals: Iterable[Signal]) -> dict[str, Alert]:
    """Raise, count, worsen, reopen and begin to clear alerts as signals say; returns them by fingerprint.

    Runs in the caller's transaction, or in one of its own. Of one fingerprint, one transaction at a time
    decides. The number of queries does not depend on the number of signals, up to 1,000.
    """
    by_fingerprint: dict[str, list[Signal]] = defaultdict(list)
    for signal in signals:
        by_fingerprint[signal.fingerprint].append(signal)
    found: dict[str, Alert] = {}
    # Without a savepoint of its own: what fails here is not gone on with.
    with transaction.atomic(savepoint=False):
        serialize(by_fingerprint)
        for begin in range(0, len(by_fingerprint), MOST_AT_ONCE):
            names = sorted(by_fingerprint)[begin : begin + MOST_AT_ONCE]
            found |= _take({name: by_fingerprint[name] for name in names})
    return found


def serialize(fingerprints: Iterable[str]) -> None:
    """Let nobody else decide about these causes until the caller's transaction ends.

    `take` does this itself; call it before where more than the alerts must be read first. SQLite has one
    writer anyway.
    """
    if connection.vendor != "postgresql":
        return
    locks = sorted({int(fingerprint[:8], 16) % LOCKS for fingerprint in fingerprints})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, lock) FROM unnest(%s::int[]) AS lock", [LOCK_CLASS, locks]
        )


def _take(signals: Mapping[str, Sequence[Signal]]) -> dict[str, Alert]:
    now = timezone.now()
    story, mutes = Story(now), muting.at(now)
    newest = (
        Alert.objects.filter(fingerprint__in=signals)
        .order_by()
        .values("fingerprint")
        .annotate(newest=Max("pk"))
        .values("newest")
    )
    rows = Alert.objects.select_for_update().filter(pk__in=newest)
    alerts = {alert.fingerprint: alert for alert in rows.order_by("fingerprint")}
    story.about(alerts.values())
    for fingerprint, said in signals.items():
        for signal in said:
            _apply(signal, alerts, fingerprint, story, mutes)
    story.write()
    return alerts


def _apply(signal: Signal, alerts: dict[str, Alert], fingerprint: str, story: Story, mutes: Mutes) -> None:
    alert = alerts.get(fingerprint)
    known = alert is not None and (alert.resolved_at is None or _reopens(alert, signal, story.now))
    if not signal.firing:
        if alert is None and signal.never_announced:
            alerts[fingerprint] = _made(signal, fingerprint, story, resolved=True)
        elif alert is not None:
            if signal.never_announced:
                alert.count += signal.counts
                alert.first_seen = min(alert.first_seen, signal.at or story.now)
            if alert.resolved_at is None:
                _clear(alert, signal, alerts, story)
        return
    if alert is None or not known:
        if alert is not None and not signal.counts:
            # A replay of what a person, or its end, has settled.
            return
        alert = alerts[fingerprint] = _made(signal, fingerprint, story)
        if signal.hold_for:
            story.event(alert, AlertEvent.Kind.SEEN, alert.title)
    else:
        _repeat(alert, signal, story, mutes)
    if alert.fired_at is None and story.now >= alert.first_seen + signal.hold_for:
        _fire(alert, story, mutes)


def _reopens(alert: Alert, signal: Signal, now: datetime) -> bool:
    recent = alert.resolved_at is not None and now - alert.resolved_at < REOPENS_WITHIN
    return recent and bool(signal.counts) and not signal.hold_for and not signal.lasts


def _made(signal: Signal, fingerprint: str, story: Story, *, resolved: bool = False) -> Alert:
    began, whole = min(signal.at or story.now, story.now), signal.whole
    alert = Alert(
        fingerprint=fingerprint,
        source=signal.source,
        module=whole,
        group_key=(signal.group_key or (whole.key if whole else fingerprint))[:200],
        level=signal.level,
        urgency=levels.urgency_of(signal.level, signal.urgency),
        count=max(1, signal.counts),
        first_seen=began,
        last_seen=story.now,
    )
    _say(alert, signal)
    if resolved:
        alert.fired_at, alert.resolved_at = began, story.now
        story.event(alert, AlertEvent.Kind.RESOLVED, "It was over before the portal heard of it.")
    elif signal.lasts:
        alert.clears_at = story.now + signal.lasts
    story.begin(alert)
    return alert


def _repeat(alert: Alert, signal: Signal, story: Story, mutes: Mutes) -> None:
    """The cause of an alert holds still, or again."""
    alert.count += signal.counts
    alert.first_seen = min(alert.first_seen, signal.at or story.now)
    alert.last_seen = story.now
    alert.clears_at = story.now + signal.lasts if signal.lasts else None
    worse = levels.worst(alert.level, signal.level) != alert.level
    if worse or signal.level == alert.level or alert.resolved_at is not None:
        alert.level, alert.urgency = signal.level, levels.urgency_of(signal.level, signal.urgency)
    _say(alert, signal)
    if alert.resolved_at is not None:
        _reopen(alert, story, mutes)
    elif worse and alert.fired_at is not None:
        _worsen(alert, story)


def _fire(alert: Alert, story: Story, mutes: Mutes) -> None:
    alert.fired_at = story.now
    story.event(alert, AlertEvent.Kind.FIRED, f"{alert.get_level_display()}: {alert.title}")
    _begin(alert, story, mutes, Notice.Kind.FIRED)


def _reopen(alert: Alert, story: Story, mutes: Mutes) -> None:
    alert.resolved_at, alert.resolved_by = None, ""
    alert.reopened += 1
    alert.escalation = 0
    _forget_answers(alert)
    story.event(alert, AlertEvent.Kind.REOPENED, alert.title)
    # To those who never heard of it, it does not come back.
    _begin(alert, story, mutes, Notice.Kind.REOPENED if alert.announced_at else Notice.Kind.FIRED)


def _worsen(alert: Alert, story: Story) -> None:
    """What was acknowledged was less: it has to be acknowledged again, with the time of its new level.

    One that nobody has acknowledged keeps its clock: at its new level it may be overdue at once.
    """
    story.event(alert, AlertEvent.Kind.WORSE, f"{alert.get_level_display()}: {alert.title}")
    if alert.clock_at is None:
        return
    since = story.now if alert.acknowledged_at else alert.clock_at
    _forget_answers(alert)
    clocks.start(alert, story.now, since=since)
    story.announce(alert, Notice.Kind.WORSE)


def _begin(alert: Alert, story: Story, mutes: Mutes, kind: Notice.Kind) -> None:
    if why := mutes.over(alert):
        clocks.stop(alert)
        story.event(alert, AlertEvent.Kind.MUTED, why)
        return
    clocks.start(alert, story.now)
    story.announce(alert, kind)


def _clear(alert: Alert, signal: Signal, alerts: dict[str, Alert], story: Story) -> None:
    if alert.fired_at is None:
        # It did not last: nobody heard of it, and nobody need.
        story.drop(alert)
        del alerts[alert.fingerprint]
    elif alert.clears_at is None:
        longest = max(signal.settle, LONGEST_SETTLE)
        alert.clears_at = story.now + min(signal.settle * 2 ** min(alert.reopened, 8), longest)


def _forget_answers(alert: Alert) -> None:
    alert.acknowledged_at, alert.acknowledged_by, alert.responded_at = None, "", None


def _say(alert: Alert, signal: Signal) -> None:
    """Let the alert say what its newest signal says."""
    for name, longest in LONGEST.items():
        if text := getattr(signal, name):
            setattr(alert, name, text if len(text) <= longest else f"{text[: longest - 1]}…")
    if labels := signal.labels_in_full:
        alert.labels = labels
    if signal.health_check is not None:
        alert.health_check = signal.health_check
