"""Every number of a report once more: row by row in plain Python, by nothing that the portal computes with.

`expected` answers {(section, what, name): numbers} for figures, series and tables. Rates and times are made
here by their definitions in docs/reports.md.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from feedback.models import Enhancement, Ticket
from feedback.planning.wishes import Range
from feedback.summary.selection import Selection
from monitoring.models import (
    Alert,
    CounterHour,
    DailyUser,
    GaugeReading,
    HealthCheck,
    Review,
    WorkspaceHour,
)
from operations.models import AuditEvent
from releases.models import Deployment
from rollout.models import Enrolment, Member, Module, PhaseRun, Workspace
from tests.feedback.planning import worlds as wishes
from tests.feedback.summary import oracle as tickets_oracle
from tests.releases import dora_history
from tests.releases.dora_history import History
from tests.reports import world
from tests.reports.world import DAY, LONDON, NOW, ZONE

Key = tuple[str, str, str]
Found = dict[Key, Any]
BUCKETS = ("le_50", "le_100", "le_200", "le_300", "le_500", "le_1000", "le_2000", "le_5000", "le_inf")
# Of users nothing older is kept than 35 days.
OLDEST_USERS = date(2026, 2, 23)
LEVELS = ("critical", "error", "warning", "info")


class Time:
    """A period and the one before, by London's clocks."""

    def __init__(self, since: datetime, until: datetime) -> None:
        self.since, self.until = since, until
        last = until - timedelta.resolution
        self.first = since.astimezone(LONDON).date()
        self.last = last.astimezone(LONDON).date()
        self.days = (self.last - self.first).days + 1
        self.summaries: dict[str, dict[str, Any]] = {}

    @cached_property
    def steps(self) -> list[tuple[str, datetime, datetime]]:
        return list(world.steps(self.since, self.until))

    def has(self, at: datetime | None) -> bool:
        return at is not None and self.since <= at < self.until

    @cached_property
    def before(self) -> "Time":
        return Time(self._back(self.since), self._back(self.until))

    def _back(self, at: datetime) -> datetime:
        wall = at.astimezone(LONDON).replace(tzinfo=None) - self.days * DAY
        return wall.replace(tzinfo=LONDON).astimezone(UTC)


def expected(module_key: str, since: datetime, until: datetime, history: History) -> Found:
    """All numbers of all sections for this module and period."""
    module, time = Module.objects.get(key=module_key), Time(since, until)
    found: Found = {}
    for part in (
        _rollout,
        _health,
        _performance,
        _adoption,
        _quality,
        _alerts,
        _feedback,
        _reviews,
        _phase2,
    ):
        found |= part(module, time)
    return found | _releases(module, time, history)


def percent(part: float, whole: float) -> float | None:
    return round(100 * part / whole, 3) if whole else None


def at_place(values: Iterable[Any], share: int) -> Any:
    """The least value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered) / 100) - 1] if ordered else None


# Who has it.


def cohort(module: Module) -> set[str]:
    return {row.workspace_id for row in Enrolment.objects.filter(plan__module=module) if row.left_at is None}


def in_cohort(module: Module) -> Callable[[Any], bool]:
    if module.unit == "user":
        return lambda row: row.arm == "on"
    have = cohort(module)
    return lambda row: row.workspace in have


def in_control(module: Module) -> Callable[[Any], bool]:
    if module.unit == "user":
        return lambda row: row.arm == "off"
    others = set(world.eligible_now()) - cohort(module)
    return lambda row: row.workspace in others


# Sections.


def _rollout(module: Module, time: Time) -> Found:
    runs = sorted(PhaseRun.objects.filter(plan__module=module), key=lambda run: (run.at, run.pk))
    runs = [run for run in runs if run.at < time.until]
    within = [run for run in runs if time.has(run.at)]
    by_user = module.unit == "user"
    plan = module.plans.get()
    earlier = [run.to_percentage for run in runs if run.at < time.since]
    figures: dict[str, Any] = {
        "percentage": (plan.percentage, earlier[-1] if earlier else 0),
        "operations": (len(within), None),
    }
    series: dict[str, Any] = {"percentage": []}
    for key, _, ends in time.steps:
        reached = [run.to_percentage for run in runs if run.at < ends]
        series["percentage"].append((key, reached[-1] if reached else 0))
    if not by_user:
        stays = [(row.entered_at, row.left_at) for row in Enrolment.objects.filter(plan=plan)]
        eligible, have = len(world.eligible_now()), len(cohort(module))
        figures |= {
            "share": (round(100 * have / eligible, 1), None),
            "enabled": (have, None),
            "control": (eligible - have, None),
            "entered": (sum(time.has(entered) for entered, _ in stays), None),
            "left": (sum(time.has(left) for _, left in stays), None),
        }
        series["cohort"] = [
            (key, sum(entered < ends and (left is None or left >= ends) for entered, left in stays))
            for key, _, ends in time.steps
        ]
    operations = [
        (
            _clock(run.at), run.get_operation_display(), run.phase_number, f"{run.from_percentage} %",
            f"{run.to_percentage} %", run.gain, run.lose, ", ".join(run.overridden), run.by,
        )
        for run in reversed(within)
    ]  # fmt: skip
    events = AuditEvent.objects.filter(subject_type="rollout.plan", subject_id=str(plan.pk)).order_by("-id")
    trail = [
        (_clock(event.at), event.action, f"{event.door}:{event.actor}", event.on_behalf_of)
        for event in events
        if time.has(event.at)
    ]
    first: dict[int, str] = {}
    for run in runs:
        if run.operation == "phase":
            first.setdefault(run.phase_number or 0, _clock(run.at))
    phases = [
        (phase.number, phase.name, f"{phase.percentage} %", first.get(phase.number, ""))
        for phase in plan.phases.order_by("number")
    ]
    tables = {"Phases": phases, "What was done": operations, "In the audit trail": trail}
    return _named("rollout", figures, series, {name: rows for name, rows in tables.items() if rows})


def _health(module: Module, time: Time) -> Found:
    every = sorted(HealthCheck.objects.filter(plan__module=module), key=lambda check: check.slot)
    now = [check for check in every if time.has(check.slot)]
    before = [check for check in every if time.before.has(check.slot)]
    tally, tally_before = Counter(check.result for check in now), Counter(check.result for check in before)
    figures: dict[str, Any] = {
        "checks": (len(now), len(before) or None),
        "missed": (sum(check.missed for check in now), None),
    }
    for result in ("pass", "hold", "breach", "unknown"):
        figures[f"checks_{result}"] = (tally[result], tally_before[result] if before else None)
    for name in ("post_launch_score", "rollout_score"):
        scores = [getattr(check, name) for check in now]
        earlier = getattr(before[-1], name) if before else None
        figures[name] = (scores[-1] if scores else None, earlier)
        figures[f"{name}_lowest"] = (min(scores, default=None), None)
    if not now:
        return _named("health", figures)
    series = {
        name: [
            (key, min((getattr(check, name) for check in now if begins <= check.slot < ends), default=None))
            for key, begins, ends in time.steps
        ]
        for name in ("post_launch_score", "rollout_score")
    }
    acted = [
        (_clock(check.slot), check.result, "Paused the plan", check.summary)
        for check in reversed(now)
        if check.action
    ][:50]
    last = now[-1].details
    words = {True: "met", False: "not met", None: "unknown"}
    criteria = [
        (
            each["name"].replace("_", " "),
            words[each["met"]],
            f"{each['n']:,}" if each.get("n") else "",
            each["reason"],
        )
        for each in last["criteria"]
    ]
    lost = [
        ("rollout" if kind == "rollout" else "post-launch", each["group"], each["rule"], each["points"])
        for kind in ("rollout", "postLaunch")
        for each in last["deductions"][kind]
    ]
    tables = {"Criteria at the last check": criteria, "Points lost at the last check": lost}
    return _named("health", figures, series, {**({"What the portal did": acted} if acted else {}), **tables})


def _hours(module: Module, time: Time, of: Callable[[Any], bool]) -> list[WorkspaceHour]:
    return [row for row in WorkspaceHour.objects.filter(module=module) if time.has(row.hour) and of(row)]


def _p95(rows: Sequence[WorkspaceHour]) -> float | None:
    """Within its bucket, as if the responses there lay evenly; above the last bound, that."""
    upto = [sum(getattr(row, name) for row in rows) for name in BUCKETS]
    if not upto[-1]:
        return None
    place, lower, below = 0.95 * upto[-1], 0, 0
    for bound, count in zip((50, 100, 200, 300, 500, 1000, 2000, 5000), upto, strict=False):
        if count >= place:
            return round(lower + (bound - lower) * (place - below) / (count - below), 3)
        lower, below = bound, count
    return 5000.0


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known) / len(known), 3) if known else None


def _vitals(module: Module, time: Time) -> dict[str, Any]:
    rows = _hours(module, time, in_cohort(module))
    requests, latencies = sum(row.requests for row in rows), sum(row.le_inf for row in rows)
    gauges = [row for row in GaugeReading.objects.all() if time.has(row.at)]
    disks = [row.disk for row in gauges if row.disk is not None]
    return {
        "requests": requests or None,
        "error_rate": percent(sum(row.errors for row in rows), requests),
        "timeout_rate": percent(sum(row.timeouts for row in rows), requests),
        "api_response_time": round(sum(row.latency_sum_ms for row in rows) / latencies, 3)
        if latencies
        else None,
        "api_response_time_p95": _p95(rows),
        "database_response_time": _mean(row.database_ms for row in gauges),
        "memory_usage": _mean(row.memory for row in gauges),
        "cpu_usage": _mean(row.cpu for row in gauges),
        "disk_usage": max(disks, default=None),
    }


def _performance(module: Module, time: Time) -> Found:
    now, before = _vitals(module, time), _vitals(module, time.before)
    figures = {name: (now[name], before[name]) for name in now}
    ours = _hours(module, time, in_cohort(module))
    theirs = _hours(module, time, in_control(module))

    def over(rows: Sequence[WorkspaceHour], read: Callable[[list[WorkspaceHour]], Any]) -> list[Any]:
        return [
            (key, read([row for row in rows if begins <= row.hour < ends]))
            for key, begins, ends in time.steps
        ]

    def rate(rows: list[WorkspaceHour]) -> float | None:
        return percent(sum(row.errors for row in rows), sum(row.requests for row in rows))

    series = {
        "requests": over(ours, lambda rows: sum(row.requests for row in rows) or None),
        "error_rate": over(ours, rate),
        "control_error_rate": over(theirs, rate),
        "p95": over(ours, _p95),
    }
    return _named("performance", figures, series)


def _counters(module: Module, time: Time) -> dict[str, int]:
    of = in_cohort(module)
    found: dict[str, int] = defaultdict(int)
    for row in CounterHour.objects.filter(module=module):
        if time.has(row.hour) and of(row):
            found[row.name] += row.value
    return dict(found)


def _users(module: Module, time: Time) -> list[DailyUser]:
    of = in_cohort(module)
    return [
        row
        for row in DailyUser.objects.filter(module=module)
        if time.first <= row.day <= time.last and of(row)
    ]


def _enabled_users(module: Module) -> int:
    have, people = cohort(module), set()
    for member in Member.objects.filter(active=True):
        if member.workspace_id in have:
            unnamed = member.member.startswith("unnamed:")
            people.add(f"{member.workspace_id} {member.member}" if unnamed else member.member)
    return len(people)


def _adoption(module: Module, time: Time) -> Found:
    checks = sorted(HealthCheck.objects.filter(plan__module=module), key=lambda check: check.slot)
    shares = [
        (check.slot, check.details["adoption"]["share"]) for check in checks if check.details["adoption"]
    ]
    now = [share for slot, share in shares if time.has(slot)]
    before = [share for slot, share in shares if time.before.has(slot)]
    users, earlier = _users(module, time), _users(module, time.before)
    by_day: dict[date, set[int]] = defaultdict(set)
    for row in users:
        by_day[row.day].add(row.user)
    daily = sum(len(found) for found in by_day.values()) / time.days
    counters, counters_before = _counters(module, time), _counters(module, time.before)
    names = {
        "appointments_created": "appointmentsCreated",
        "follow_ups_completed": "followupsCompleted",
        "reminders_delivered": "remindersDelivered",
        "patient_portal_usage": "portalVisits",
    }
    figures: dict[str, Any] = {
        "adoption": (
            round(100 * now[-1], 3) if now else None,
            round(100 * before[-1], 3) if before else None,
        ),
        "users": (
            len({row.user for row in users}),
            len({row.user for row in earlier}) if time.before.first >= OLDEST_USERS else None,
        ),
        "daily_users": (round(daily, 3), None),
        **{name: (counters.get(key), counters_before.get(key)) for name, key in names.items()},
    }
    if module.unit == "workspace":
        figures["daily_share"] = (percent(daily, _enabled_users(module)), None)
    days = [time.first + number * DAY for number in range(time.days)]
    series: dict[str, Any] = {"daily_users": [(day.isoformat(), len(by_day[day])) for day in days]}
    adopted = []
    for key, begins, ends in time.steps:
        within = [share for slot, share in shares if begins <= slot < ends]
        adopted.append((key, round(100 * within[-1], 3) if within else None))
    if now:
        series["adoption"] = adopted
    others = sorted({*counters, *counters_before} - set(names.values()))
    rows = [(name, counters.get(name), counters_before.get(name)) for name in others]
    return _named("adoption", figures, series, {"Other counters": rows} if rows else {})


def _quality(module: Module, time: Time) -> Found:
    figures: dict[str, Any] = {}
    now, before = _counters(module, time), _counters(module, time.before)
    for name, part, whole in (
        ("appointment_completion_rate", "appointmentsCompleted", "appointmentsDue"),
        ("no_show_rate", "noShows", "appointmentsDue"),
        ("follow_up_completion_rate", "followupsCompleted", "followupsDue"),
        ("reminder_delivery_success_rate", "remindersDelivered", "remindersSent"),
    ):
        figures[name] = tuple(percent(each.get(part, 0), each.get(whole, 0)) for each in (now, before))
    figures["satisfaction"] = _satisfaction(module, time)
    return _named("quality", figures)


def _satisfaction(module: Module, time: Time) -> tuple[float | None, float | None]:
    means = [_summary(module, each)["satisfaction"] for each in (time, time.before)]
    return tuple(mean["mean"] if mean["n"] >= 5 else None for mean in means)  # type: ignore[return-value]


def _alerts(module: Module, time: Time) -> Found:
    about = [
        alert for alert in Alert.objects.all() if alert.module_id in (module.pk, None) and alert.fired_at
    ]
    now = [alert for alert in about if time.has(alert.fired_at)]
    before = [alert for alert in about if time.before.has(alert.fired_at)]
    is_open = [alert for alert in about if alert.resolved_at is None]

    def took(alerts: list[Alert], column: str, share: int) -> float | None:
        ends = [(alert.fired_at, getattr(alert, column)) for alert in alerts]
        found = at_place([(end - fired) / timedelta(minutes=1) for fired, end in ends if end], share)
        return None if found is None else round(found, 1)

    figures: dict[str, Any] = {
        "raised": (len(now), len(before)),
        "open": (len(is_open), None),
        "overdue": (sum(alert.due_at is not None and alert.due_at <= NOW for alert in is_open), None),
    }
    for name, column in (("acknowledged", "acknowledged_at"), ("resolved", "resolved_at")):
        for part, share in (("median", 50), ("p90", 90)):
            figures[f"{name}_{part}"] = (took(now, column, share), took(before, column, share))
    rows = []
    for level in LEVELS:
        of_level = [alert for alert in now if alert.level == level]
        earlier = sum(alert.level == level for alert in before)
        figures[level] = (len(of_level), earlier)
        times = [
            took(of_level, column, share)
            for column in ("acknowledged_at", "resolved_at")
            for share in (50, 90)
        ]
        rows.append((level, len(of_level), earlier, *times, sum(alert.level == level for alert in is_open)))
    due = datetime.max.replace(tzinfo=UTC)
    owed = sorted(is_open, key=lambda alert: (alert.due_at or due, -alert.urgency, alert.pk))
    states = {alert.pk: _state(alert) for alert in is_open}
    listed = [
        (alert.pk, alert.level, alert.title, states[alert.pk], _clock(alert.first_seen), _clock(alert.due_at))
        for alert in owed[:20]
    ]
    series = {
        "raised": [
            (key, sum(begins <= alert.fired_at < ends for alert in now if alert.fired_at))
            for key, begins, ends in time.steps
        ]
    }
    tables = {"By level; times in minutes": rows, **({"Open now": listed} if listed else {})}
    return _named("alerts", figures, series if now else {}, tables)


def _state(alert: Alert) -> str:
    if alert.acknowledged_at:
        return "acknowledged"
    return "open" if alert.clock_at else "silenced"


def _summary(module: Module, time: Time) -> dict[str, Any]:
    if module.key not in time.summaries:
        selection = Selection(first=time.first, last=time.last, module=module)
        time.summaries[module.key] = tickets_oracle.figures(selection, NOW)
    return time.summaries[module.key]


def _feedback(module: Module, time: Time) -> Found:
    now, before = _summary(module, time), _summary(module, time.before)
    figures: dict[str, Any] = {name: (now[name], before[name]) for name in ("tickets", "reopened", "merged")}
    figures["critical"] = (now["bySeverity"]["critical"], before["bySeverity"]["critical"])
    figures["satisfaction"] = _satisfaction(module, time)
    for name in ("usability", "performance", "csat"):
        figures[f"{name}_rating"] = (now[name]["mean"], before[name]["mean"])
    for name, key in (("resolution", "resolutionTime"), ("response", "firstResponseTime")):
        for part, minutes in (("median", "medianMinutes"), ("p90", "p90Minutes")):
            figures[f"{name}_{part}"] = tuple(
                None if each[key][minutes] is None else round(each[key][minutes] / 60, 2)
                for each in (now, before)
            )
    for name in ("answered", "resolved"):
        shares = [each[name]["share"] for each in (now, before)]
        figures[f"{name}_in_time"] = tuple(
            None if share is None else round(100 * share, 1) for share in shares
        )
    waiting = [
        ticket
        for ticket in Ticket.objects.filter(module=module, quarantined_at=None)
        if ticket.state in ("new", "triaged", "assigned", "in_progress", "reopened")
    ]
    figures["backlog"] = (len(waiting), None)
    figures["backlog_overdue"] = (
        sum(each.due_at is not None and each.due_at <= NOW for each in waiting),
        None,
    )
    return _named("feedback", figures, *_feedback_lists(module, time, now, before))


def _feedback_lists(
    module: Module, time: Time, now: dict[str, Any], before: dict[str, Any]
) -> tuple[Any, Any]:
    tickets = [
        ticket
        for ticket in Ticket.objects.filter(module=module, quarantined_at=None)
        if time.first <= ticket.received_on <= time.last
    ]
    if not tickets:
        return {}, {}
    by_step = defaultdict(list)
    for ticket in tickets:
        by_step[_feedback_step(ticket.received_on, time)].append(ticket)
    keys = list(dict.fromkeys(_feedback_step(time.first + n * DAY, time) for n in range(time.days)))
    rated = [(key, _mean(ticket.satisfaction_rating for ticket in by_step[key])) for key in keys]
    series: dict[str, list[Any]] = {
        "tickets": [(key, len(by_step[key])) for key in keys],
        "critical": [(key, sum(each.severity == "critical" for each in by_step[key])) for key in keys],
    }
    if any(value is not None for _, value in rated):
        series["satisfaction"] = rated
    categories, severities = dict(Ticket.Category.choices), dict(Ticket.Severity.choices)
    tables: dict[str, list[Any]] = {}
    for title, key, labels in (
        ("By category", "byCategory", categories),
        ("By severity", "bySeverity", severities),
    ):
        tables[title] = [
            (
                label,
                now[key][name],
                round(100 * round(now[key][name] / len(tickets), 3), 1),
                before[key][name],
            )
            for name, label in labels.items()
        ]
    areas: dict[str, list[Ticket]] = defaultdict(list)
    for ticket in tickets:
        if ticket.feature_area.strip():
            areas[ticket.feature_area.strip().casefold()].append(ticket)
    tables["By feature area"] = sorted(
        (
            key, len(found), sum(each.severity == "critical" for each in found),
            _mean(each.satisfaction_rating for each in found),
            sum(each.satisfaction_rating is not None for each in found),
        )
        for key, found in areas.items()
    )  # fmt: skip
    return series, tables


def _feedback_step(day: date, time: Time) -> str:
    """Days up to three months, weeks up to two years, months beyond; cut off where the range begins."""
    if time.days <= 92:
        key = day
    elif time.days <= 731:
        key = day - day.weekday() * DAY
    else:
        key = day.replace(day=1)
    return max(key, time.first).isoformat()


def _releases(module: Module, time: Time, history: History) -> Found:
    now = dora_history.metrics(history, time.since, time.until, module.key, ZONE)
    before = dora_history.metrics(history, time.before.since, time.before.until, module.key, ZONE)

    def hours(seconds: int | None) -> float | None:
        return None if seconds is None else round(seconds / 3_600, 2)

    def rate(share: float | None) -> float | None:
        return None if share is None else round(100 * share, 2)

    both = (now, before)
    figures = {
        "deployments": tuple(each["deploymentFrequency"]["n"] for each in both),
        "per_week": tuple(round(each["deploymentFrequency"]["perWeek"], 3) for each in both),
        "lead_time": tuple(hours(each["leadTime"]["medianSeconds"]) for each in both),
        "recovery_time": tuple(hours(each["recoveryTime"]["medianSeconds"]) for each in both),
        "change_fail_rate": tuple(rate(each["changeFailRate"]["share"]) for each in both),
        "rework_rate": tuple(rate(each["reworkRate"]["share"]) for each in both),
        "stopped": tuple(each["stopped"] for each in both),
    }
    trend = now["trend"]
    shown = len(trend) > 1 and any(each["deployments"] or each["stopped"] for each in trend)
    series = {"deployments": [(each["from"].isoformat(), each["deployments"]) for each in trend]}
    found = [
        each
        for each in Deployment.objects.select_related("release").order_by("-id")
        if each.release.module_id == module.pk and (time.has(each.started_at) or time.has(each.finished_at))
    ]
    rows = [
        (
            each.release.version,
            each.environment_id,
            each.state.replace("_", " ").capitalize(),
            _clock(each.started_at),
            _clock(each.finished_at),
        )
        for each in found
    ]
    return _named("releases", figures, series if shown else {}, {"Deployments": rows} if rows else {})


def _reviews(module: Module, time: Time) -> Found:
    due = [review for review in Review.objects.filter(plan__module=module) if review.due_at < time.until]
    within = [review for review in due if review.due_at >= time.since]
    owed = [review for review in due if review.done_at is None and review.lapsed_at is None]
    figures = {
        "due": (len(within), None),
        "done": (sum(review.done_at is not None for review in within), None),
        "lapsed": (sum(review.lapsed_at is not None for review in within), None),
        "owed": (len(owed), None),
    }
    owed.sort(key=lambda review: (review.due_at, review.pk))
    rows = [(review.number, "Phase", _clock(review.due_at)) for review in owed[:20]]
    return _named("reviews", figures, {}, {"Due and open": rows} if rows else {})


def _phase2(module: Module, time: Time) -> Found:
    """Ranks, scores and evidence, wish by wish."""
    found = Range(module, time.first, time.last)
    asked = [
        ticket
        for ticket in Ticket.objects.filter(category="feature_request", module=module, quarantined_at=None)
        if time.first <= ticket.received_on <= time.last
    ]
    waiting = [ticket for ticket in asked if ticket.state in ("new", "triaged", "assigned")]
    merged = [ticket for ticket in asked if ticket.state == "duplicate"]
    lines = {}
    for row in Enhancement.objects.all():
        voices = wishes.voices_for(found, enhancement_id=row.pk)
        if voices:
            lines[row] = wishes.counted_one_by_one(voices)
    proposals = [
        wish
        for wish in Ticket.objects.filter(category="feature_request", module=module, enhancement=None)
        if wish.state in ("new", "triaged", "assigned") and wishes.voices_for(found, **_of_wish(wish))
    ]
    figures: dict[str, Any] = {
        "feature_requests": (len(asked), None),
        "grouped": (sum(ticket.enhancement_id is not None for ticket in waiting), None),
        "ungrouped": (sum(ticket.enhancement_id is None for ticket in waiting), None),
        "settled": (len(asked) - len(waiting) - len(merged), None),
        "duplicates": (len(merged), None),
        "enhancements": (len(lines), None),
        "proposals": (len([wish for wish in proposals if wish.quarantined_at is None]), None),
    }
    workspaces = (
        world.eligible_now() if module.unit == "workspace" else [each.pk for each in Workspace.objects.all()]
    )
    everybody = (len(workspaces), _people(workspaces))
    rows = []
    for row, evidence in lines.items():
        askers = evidence.workspaces + evidence.reporters
        share = [
            math.log1p(n) / math.log1p(max(n, whole)) if max(n, whole) else 0
            for n, whole in zip((askers, evidence.users), everybody, strict=True)
        ]
        impact = round(1 + 4 * sum(share) / 2, 2)
        weighed = [(impact, 40), (row.value, 30), (row.feasibility, 15), (row.fit, 15)]
        known = [(value, weight) for value, weight in weighed if value is not None]
        score = sum(value * weight for value, weight in known) / sum(weight for _, weight in known)
        rows.append(
            (row.name, round(score, 2), impact, evidence.tickets, evidence.workspaces, evidence.users)
        )
    rows.sort(key=lambda each: -each[1])
    objectives = []
    for key, title in Enhancement.Objective.choices:
        of_it = [evidence for row, evidence in lines.items() if row.objective == key]
        objectives.append((title, len(of_it), sum(evidence.tickets for evidence in of_it)))
    tables = {"Objectives": objectives, **({"Enhancements": rows} if rows else {})}
    return _named("phase2", figures, {}, tables)


def _of_wish(wish: Ticket) -> dict[str, Any]:
    return {"pk": wish.pk}


def _people(workspaces: Sequence[str]) -> int:
    people = set()
    for member in Member.objects.filter(active=True, workspace__in=workspaces):
        unnamed = member.member.startswith("unnamed:")
        people.add(f"{member.workspace_id} {member.member}" if unnamed else member.member)
    return len(people)


def _clock(at: datetime | None) -> str:
    return f"{at.astimezone(LONDON):%Y-%m-%d %H:%M}" if at else ""


def _named(section: str, figures: Any, series: Any = None, tables: Any = None) -> Found:
    found: Found = {}
    for what, each in (("figure", figures), ("series", series or {}), ("table", tables or {})):
        found |= {(section, what, name): value for name, value in each.items()}
    return found
