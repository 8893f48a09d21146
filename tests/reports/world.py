"""A month of a product in London, full of awkward things: clocks that go forward, corrections, merges.

Everything is made from one seed, for two modules at once, and the same on every database. The clocks go
forward on Sunday 29 March 2026 at 01:00 UTC: that day has 23 hours, and its week 167.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import time_machine

from feedback.models import Resolution, StaleDay, Ticket
from feedback.summary import rolling
from monitoring.models import Alert, Review
from rollout import phases
from rollout.models import Member, Module, Workspace
from tests import builders
from tests.builders import ROOT
from tests.doors import an_api_key, post
from tests.feedback.planning.worlds import an_enhancement
from tests.monitoring import seeds
from tests.releases import dora_history
from tests.releases.dora_history import History

ZONE = "Europe/London"
LONDON = ZoneInfo(ZONE)
# Monday, half past nine in London.
NOW = datetime(2026, 3, 30, 8, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST_SAMPLE = datetime(2026, 3, 8, tzinfo=UTC)
MODULES = ("patient_engagement", "health_management")
# Byte by byte, capitals come before small letters.
ELIGIBLE = [
    "Zeta",
    "alpha",
    "beta-2",
    "beta-10",
    "Gamma",
    "x1",
    "x2",
    "x3",
    "y",
    "z.9",
    "Älpha",
    "m1",
    "m2",
    "m3",
]
OTHERS = ["free-1", "free-2", "gone"]
BOUNDS = ("50", "100", "200", "300", "500", "1000", "2000", "5000", "+Inf")


def build(seed: int = 7) -> History:
    """Make everything; return the deployments as they were written down."""
    chance = random.Random(seed)
    with time_machine.travel(NOW - 25 * DAY, tick=False):
        builders.modules()
        _workspaces()
    _runs()
    with time_machine.travel(NOW, tick=False):
        _samples(chance)
        _checks(chance)
        _alerts(chance)
        _tickets(chance)
        _reviews(chance)
        history = _deployments()
        dora_history.store(history)
    return history


def local(*when: int) -> datetime:
    """A time by London's clocks."""
    return datetime(*when, tzinfo=LONDON).astimezone(UTC)  # type: ignore[misc, arg-type]


def _workspaces() -> None:
    builders.workspaces(ELIGIBLE)
    builders.workspaces(OTHERS[:2], tier="starter")
    builders.workspaces(OTHERS[2:], status="cancelled")
    people = [("Zeta", "ada"), ("alpha", "ada"), ("alpha", "bob"), ("x1", "eve"), ("free-1", "joe")]
    Member.objects.bulk_create(
        Member(workspace_id=workspace, member=member, role="pharmacist", active=member != "eve")
        for workspace, member in people
    )


def _runs() -> None:
    """A plan that went up, was paused and resumed, went too far and was taken back."""
    steps: list[tuple[datetime, Any]] = [
        (local(2026, 3, 12, 10), lambda plan: phases.run(plan, 1, actor=ROOT)),
        (local(2026, 3, 20, 9, 15), lambda plan: phases.run(plan, 2, actor=ROOT, override="It is well.")),
        (local(2026, 3, 24, 15), lambda plan: phases.pause(plan, actor=ROOT, reason="A look first.")),
        (local(2026, 3, 25, 8), lambda plan: phases.resume(plan, 25, actor=ROOT)),
        (local(2026, 3, 26, 12), lambda plan: phases.set_percentage(plan, 60, actor=ROOT)),
        (local(2026, 3, 29, 3, 30), lambda plan: phases.roll_back(plan, target=40, actor=ROOT)),
        (local(2026, 3, 30, 8), lambda plan: phases.resume(plan, 50, actor=ROOT)),
    ]
    for at, step in steps:
        with time_machine.travel(at, tick=False):
            step(builders.engagement())
    with time_machine.travel(local(2026, 3, 19, 9), tick=False):
        phases.set_percentage(builders.health(), 25, actor=ROOT)


def _samples(chance: random.Random) -> None:
    """What the product posted: every fifth hour or so, some of it corrected, one batch sent twice."""
    key = an_api_key("ingest", name="the product")
    hours = int((NOW - FIRST_SAMPLE) / HOUR)
    for module in MODULES:
        samples = []
        for number in range(hours + 1):
            at = FIRST_SAMPLE + number * HOUR + chance.choice([0, 10, 29]) * timedelta(minutes=1)
            if at > NOW:
                continue
            for workspace in (*ELIGIBLE, *OTHERS, *([""] if module == MODULES[1] else [])):
                if chance.random() < 0.07:
                    samples.append(_sample(workspace, at, module, chance))  # noqa: PERF401
        chance.shuffle(samples)
        for place in range(0, len(samples), 300):
            body = {
                "batch": f"{module} {place}",
                "module": module,
                "samples": samples[place : place + 300],
                "gauges": _gauges(chance, place),
            }
            for _ in range(2 if place == 300 else 1):
                assert post("/api/monitoring/metrics", body, key).status_code == 200
        correction = [
            _sample(each["workspace"], _parsed(each["at"]), module, chance) for each in samples[:40]
        ]
        body = {"batch": f"{module} corrected", "module": module, "samples": correction}
        assert post("/api/monitoring/metrics", body, key).json()["accepted"] == 40


def _sample(workspace: str, at: datetime, module: str, chance: random.Random) -> dict[str, Any]:
    requests = chance.choice([0, 1, 20, 90, 400])
    upto = sorted(chance.randint(0, requests) for _ in BOUNDS[:-1])
    sample: dict[str, Any] = {
        "workspace": workspace,
        "at": at.isoformat(),
        "requests": requests,
        "errors": chance.randint(0, requests // 15),
        "timeouts": chance.randint(0, requests // 30),
        "latencyBuckets": dict(zip(BOUNDS, [*upto, requests], strict=True)),
        "latencySumMs": requests * chance.choice([40, 180, 700]),
    }
    if module == MODULES[1]:
        sample["arm"] = chance.choice(["on", "off"])
    if chance.random() < 0.6:
        due = chance.randint(0, 9)
        sample["counters"] = {
            "appointmentsDue": due,
            "appointmentsCompleted": chance.randint(0, due),
            "noShows": due // 4,
            "remindersSent": 10,
            "remindersDelivered": chance.randint(7, 10),
            "faxes": chance.randint(0, 2),
            **({"appointmentsCreated": 3} if chance.random() < 0.5 else {}),
            **({"followupsDue": 4, "followupsCompleted": 3} if at < local(2026, 3, 20) else {}),
        }
    if chance.random() < 0.5:
        sample["users"] = chance.sample(["u1", "u2", "u3", "u4", "u5"], 2)
    return sample


def _gauges(chance: random.Random, place: int) -> dict[str, Any]:
    at = FIRST_SAMPLE + chance.randint(0, int((NOW - FIRST_SAMPLE) / HOUR) - 1) * HOUR
    found = {"at": at.isoformat(), "memory": chance.randint(40, 99), "databaseMs": chance.randint(2, 300)}
    return found if place % 600 else {**found, "cpu": chance.randint(5, 80), "disk": chance.randint(30, 60)}


def _parsed(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _checks(chance: random.Random) -> None:
    plan, rows = builders.engagement(), []
    at = local(2026, 3, 12, 11)
    while at <= NOW:
        if chance.random() < 0.9:
            result = chance.choice(["pass"] * 12 + ["hold"] * 4 + ["unknown"] * 2 + ["breach"])
            details = seeds.details(result)
            share = round(chance.random(), 4)
            details["adoption"] = None if result == "unknown" else {"used": 3, "settled": 9, "share": share}
            values = {
                "details": details,
                "rollout_score": chance.randint(20, 100),
                "post_launch_score": chance.randint(40, 100),
                "missed": chance.choice([0, 0, 0, 2]),
                "action": "paused" if result == "breach" else "",
            }
            rows.append((at, result, values))
        at += HOUR
    seeds.checks(plan, rows)


def _alerts(chance: random.Random) -> None:
    urgencies = {"critical": 95, "error": 80, "warning": 60, "info": 25}
    modules = [builders.module(key) for key in MODULES]
    rows = []
    for number in range(60):
        level = chance.choice(list(urgencies))
        fired = NOW - chance.randint(0, 25 * 24 * 60) * timedelta(minutes=1)
        pending = chance.random() < 0.1
        answered = None if pending or chance.random() < 0.3 else fired + chance.randint(1, 500) * HOUR / 60
        over = None if pending or chance.random() < 0.4 else fired + chance.randint(10, 5_000) * HOUR / 60
        answered = None if answered and answered > NOW else answered
        over = None if over and over > NOW else over
        rows.append(
            Alert(
                fingerprint=f"{number:064d}",
                source="rule",
                module=chance.choice([*modules, None]),
                group_key=f"{number}",
                level=level,
                urgency=urgencies[level],
                title=f"Alert {number}",
                first_seen=fired - HOUR / 2,
                last_seen=fired,
                fired_at=None if pending else fired,
                acknowledged_at=answered,
                resolved_at=over,
                due_at=None if pending or over or chance.random() < 0.3 else fired + 2 * HOUR,
            )
        )
    # One fires with the first moment of the week and one with the first of the next.
    for number, fired in ((90, local(2026, 3, 23)), (91, local(2026, 3, 30))):
        rows.append(
            Alert(
                fingerprint=f"{number:064d}",
                source="rule",
                module=modules[0],
                group_key=f"{number}",
                level="critical",
                urgency=99,
                title=f"Alert {number}",
                first_seen=fired,
                last_seen=fired,
                fired_at=fired,
                clock_at=fired,
                due_at=fired + HOUR / 12,
            )
        )
    Alert.objects.bulk_create(rows)


def _tickets(chance: random.Random) -> None:
    """Half of them were counted by the nightly roll-up; what came later marks their days."""
    apps, offline = an_enhancement("Native apps", objective="mobile"), an_enhancement("Offline", value=4)
    modules = [*(builders.module(key) for key in MODULES), None]
    made = [_ticket(number, chance, [apps.pk, offline.pk], modules) for number in range(140)]
    Ticket.objects.bulk_create(made[:80])
    rolling.roll_up(NOW)
    Ticket.objects.bulk_create(made[80:])
    StaleDay.objects.bulk_create(StaleDay(day=ticket.received_on) for ticket in made[80:])
    into = [ticket for ticket in Ticket.objects.order_by("pk") if ticket.state == "new"]
    lost = [ticket for ticket in Ticket.objects.order_by("pk") if ticket.state == "triaged"][::3]
    for ticket in lost:
        target = chance.choice(into)
        Ticket.objects.filter(pk=ticket.pk).update(state="duplicate", merged_into=target, due_at=None)
        StaleDay.objects.create(day=ticket.received_on)
    done = Ticket.objects.filter(state="resolved").order_by("pk")
    Resolution.objects.bulk_create(
        Resolution(
            ticket=ticket,
            at=ticket.resolved_at,
            score=(score := chance.choice([None, 1, 3, 5])),
            rated_at=NOW if score else None,
        )
        for ticket in done
        if ticket.resolved_at
    )
    StaleDay.objects.bulk_create(StaleDay(day=ticket.received_on) for ticket in done)


def _ticket(
    number: int, chance: random.Random, enhancements: list[int], modules: list[Module | None]
) -> Ticket:
    category = chance.choice(["bug_report", "feature_request", "usability_issue", "general_feedback"])
    state = chance.choice(["new", "new", "triaged", "assigned", "resolved", "declined"])
    # Some at the very beginning and end of a day of London's.
    at = NOW - chance.randint(1, 45 * 24) * HOUR - chance.choice([0, 29, 30, 31]) * timedelta(minutes=1)
    took, answered = chance.randint(10, 9_000), chance.random() < 0.6
    is_open = state in ("new", "triaged", "assigned")
    is_spam = chance.random() < 0.1
    said = {
        f"{name}_rating": chance.choice([None, None, 1, 2, 3, 4, 5, 5])
        for name in ("satisfaction", "usability", "performance")
    }
    return Ticket(
        category=category,
        severity=chance.choice(["critical", "high", "medium", "low"]),
        title=f"Title {number}",
        description="What is wrong",
        feature_area=chance.choice(["", "Reminders", "reminders", "Portal", "portal ", "Booking"]),
        module=chance.choice(modules),
        workspace_id=chance.choice([None, "Zeta", "alpha", "x1", "free-1"]),
        reporter_email=chance.choice(["", "ada@example.org", "bob@example.org"]),
        source="api",
        received_at=at,
        received_on=at.astimezone(LONDON).date(),
        received_by="api:product",
        state=state,
        enhancement_id=chance.choice([*enhancements, None]) if category == "feature_request" else None,
        quarantined_at=at if is_spam else None,
        clock_at=at,
        respond_by=at + 8 * HOUR,
        resolve_by=at + 60 * HOUR,
        due_at=at + (60 if answered else 8) * HOUR if is_open and not is_spam else None,
        responded_at=at + chance.choice([1, 20]) * HOUR if answered else None,
        response_minutes=chance.randint(1, 900) if answered else None,
        resolved_at=at + took * HOUR / 60 if state == "resolved" else None,
        resolution_minutes=took if state == "resolved" else None,
        **said,
    )


def _reviews(chance: random.Random) -> None:
    rows = []
    for run in builders.engagement().runs.all():
        for number in range(1, 9):
            due = run.at + number * 5 * HOUR
            end = chance.choice(["done", "done", "lapsed", "open"])
            rows.append(
                Review(
                    plan=run.plan,
                    run=run,
                    number=number,
                    due_at=due,
                    done_at=due + HOUR if end == "done" and due + HOUR < NOW else None,
                    done_by="admin:ada" if end == "done" and due + HOUR < NOW else "",
                    note="Seen." if end == "done" and due + HOUR < NOW else "",
                    lapsed_at=due + 2 * HOUR if end == "lapsed" and due + 2 * HOUR < NOW else None,
                )
            )
    Review.objects.bulk_create(rows)


def _deployments() -> History:
    history = History()
    for number, (module, hotfix) in enumerate(
        [(0, False), (0, False), (1, False), (0, True), (0, False), (1, True), (0, False)], 1
    ):
        release = {"id": number, "module": MODULES[module], "hotfix": hotfix, "security": False}
        history.releases.append(release)
    history.issues += [
        {"id": 1, "fixed": local(2026, 3, 10)},
        {"id": 2, "fixed": local(2026, 3, 23, 11)},
        {"id": 3, "fixed": local(2026, 3, 28, 18)},
        {"id": 4, "fixed": None},
    ]
    history.held |= {(1, 1), (2, 1), (2, 2), (4, 3), (5, 3), (5, 4)}
    for row in (
        (1, "complete", (2026, 3, 16, 9), 3),
        (2, "complete", (2026, 3, 24, 9), 30),
        (3, "complete", (2026, 3, 25, 9), 2),
        (5, "rolled_back", (2026, 3, 27, 9), 5),
        (4, "complete", (2026, 3, 29, 0), 4),
        (6, "failed", (2026, 3, 26, 9), 1),
        (7, "failed", (2026, 3, 28, 9), 1),
        (7, "complete", (2026, 3, 30, 0), 1),
    ):
        number, state, began, hours = row
        started = local(*began)
        history.deployments.append(
            {
                "id": len(history.deployments) + 1,
                "release": history.releases[number - 1],
                "environment": "production",
                "state": state,
                "started": started,
                "rollback": started + HOUR if state == "rolled_back" else None,
                "finished": started + hours * HOUR,
                "steps": ["change", "rollout"] if state != "failed" else [],
            }
        )
    return history


def steps(since: datetime, until: datetime) -> Iterator[tuple[str, datetime, datetime]]:
    """The hours of a short period, the days of a longer one, by London's clocks, as charts call them."""
    first, last = since.astimezone(LONDON).date(), (until - timedelta.resolution).astimezone(LONDON).date()
    if (last - first).days < 2:
        at = since.replace(minute=0, second=0, microsecond=0)
        while at < until:
            yield at.isoformat().replace("+00:00", "Z"), max(at, since), min(at + HOUR, until)
            at += HOUR
        return
    day = first
    while day <= last:
        begins, ends = local(day.year, day.month, day.day), None
        following = day + DAY
        ends = local(following.year, following.month, following.day)
        yield day.isoformat(), max(begins, since), min(ends, until)
        day = following


def eligible_now() -> list[str]:
    """By the rules of the module, one by one."""
    found = []
    for workspace in Workspace.objects.all():
        roles = {each.role for each in Member.objects.filter(workspace=workspace, active=True)}
        if (
            workspace.tier in ("professional", "enterprise", "premium")
            and workspace.status in ("active", "trial")
            and roles & {"pharmacist", "pharmacy_manager", "super_admin"}
        ):
            found.append(workspace.pk)
    return sorted(found, key=lambda pk: pk.encode())
