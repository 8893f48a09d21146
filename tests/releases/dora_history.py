"""A made-up history of deployments as plain rows, the same in the database, and DORA's metrics of it again.

The metrics are counted here deployment by deployment in Python: what `releases.dora` must equal.
"""

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from releases.models import Deployment, Issue, Release, ReleaseIssue, Step, Template
from rollout.models import Module
from tests import builders

Row = dict[str, Any]

MODULES = ("patient_engagement", "health_management")
# British clocks go back on 26 October 2025 and forward on 29 March 2026.
BEGIN = datetime(2025, 10, 20, tzinfo=UTC)
HOUR, DAY, WEEK, MONTH = (timedelta(hours=hours) for hours in (1, 24, 168, 720))
STATES = ["complete"] * 12 + ["rolled_back"] * 4 + ["failed"] * 2 + ["cancelled", "planned"]


@dataclass
class History:
    releases: list[Row] = field(default_factory=list)
    issues: list[Row] = field(default_factory=list)
    held: set[tuple[int, int]] = field(default_factory=set)
    deployments: list[Row] = field(default_factory=list)

    @cached_property
    def production(self) -> list[Row]:
        return [each for each in self.deployments if each["environment"] == "production"]

    @cached_property
    def fails(self) -> set[int]:
        rolled_back = {each["id"] for each in self.production if _turned(each)}
        return rolled_back | _mended(self.production)

    @cached_property
    def leads(self) -> dict[int, list[timedelta]]:
        return _leads(self)


def generate(count: int, chance: random.Random) -> History:
    """So many deployments. Most begin and end with an hour, so that many end together; some after a week of
    nothing. Some issues are in several releases.
    """
    history, at = History(), BEGIN
    while len(history.deployments) < count:
        at += chance.choice([0, 0, 1, 3, 6, 12]) * HOUR
        if history.deployments and chance.random() < 0.05:
            ends = [each["finished"] for each in history.deployments if each["finished"]]
            at = max(at, max(ends) + WEEK + chance.choice([-12, 0, 0, 1]) * HOUR)
        if not history.releases or chance.random() < 0.7:
            _add_release(history, at, chance)
        release = chance.choice(history.releases[-3:])
        shift = chance.choice([0, 0, 0, 1]) * timedelta.resolution
        deployment = _deployment(len(history.deployments) + 1, release, at + shift, chance)
        if deployment["state"] != "planned" or not _is_planned(history, deployment):
            history.deployments.append(deployment)
    history.deployments[-1].update(environment="production", state="running", finished=None, rollback=None)
    return history


def _add_release(history: History, at: datetime, chance: random.Random) -> None:
    number = len(history.releases) + 1
    hotfix = chance.random() < 0.2
    release = {
        "id": number,
        "module": chance.choice(MODULES),
        "hotfix": hotfix,
        "security": hotfix and chance.random() < 0.2,
    }
    history.releases.append(release)
    for _ in range(chance.choice([0, 1, 1, 2, 3])):
        late = chance.random() < 0.1
        fixed = at + 3 * DAY if late else at - chance.choice([0, 1, 5, 24, 200, 900]) * HOUR
        issue = len(history.issues) + 1
        history.issues.append({"id": issue, "fixed": None if chance.random() < 0.05 else fixed})
        history.held.add((number, issue))
    if history.issues and chance.random() < 0.3:
        history.held.add((number, chance.choice(history.issues[-8:])["id"]))


def _deployment(number: int, release: Row, at: datetime, chance: random.Random) -> Row:
    state = chance.choice(STATES)
    began = state not in ("planned", "cancelled") or (state == "cancelled" and chance.random() < 0.3)
    took = chance.choice([1, 2, 24, 96]) * HOUR
    ended = state != "planned"
    return {
        "id": number,
        "release": release,
        "environment": "staging" if chance.random() < 0.1 else "production",
        "state": state,
        "started": at if began else None,
        "rollback": at + took - chance.choice([0, 5, 50, 1_500]) * timedelta(seconds=1)
        if state == "rolled_back"
        else None,
        "finished": at + took if ended else None,
        # Which of its steps were begun.
        "steps": chance.choice([[], ["backup"], ["change"], ["rollout"], ["change", "change", "rollout"]]),
    }


def _is_planned(history: History, new: Row) -> bool:
    return any(
        each["state"] == "planned"
        and each["release"] is new["release"]
        and each["environment"] == new["environment"]
        for each in history.deployments
    )


def store(history: History) -> None:
    """Write the history down; the verbs would need months for it."""
    builders.modules()
    modules = {module.key: module for module in Module.objects.all()}
    template = Template.objects.create(
        kind="steps", key="rolling", version=1_000, text="", created_by="command:root"
    )
    releases = {
        row["id"]: Release(
            version=f"1.0.{row['id']}",
            order_key=f"{row['id']:05d}",
            module=modules[row["module"]],
            hotfix=row["hotfix"],
            security=row["security"],
            created_by="command:root",
        )
        for row in history.releases
    }
    Release.objects.bulk_create(releases.values())
    issues = {
        row["id"]: Issue(
            number=row["id"],
            title="It breaks",
            module=modules[MODULES[0]],
            fixed_at=row["fixed"],
            created_by="command:root",
        )
        for row in history.issues
    }
    Issue.objects.bulk_create(issues.values())
    ReleaseIssue.objects.bulk_create(
        ReleaseIssue(release=releases[release], issue=issues[issue])
        for release, issue in sorted(history.held)
    )
    made = Deployment.objects.bulk_create(
        Deployment(
            release=releases[row["release"]["id"]],
            environment_id=row["environment"],
            state=row["state"],
            method="rolling",
            steps_from=template,
            planned_by="command:root",
            started_at=row["started"],
            rollback_at=row["rollback"],
            finished_at=row["finished"],
        )
        for row in history.deployments
    )
    _store_steps(zip(made, history.deployments, strict=True))


def _store_steps(deployments: Iterable[tuple[Deployment, Row]]) -> None:
    """The steps that began; a change that did not, and one of the way back."""
    rows = []
    for deployment, row in deployments:
        kinds = [*row["steps"], "not begun", "back"]
        for position, kind in enumerate(kinds):
            begun = kind != "not begun"
            rows.append(
                Step(
                    deployment=deployment,
                    position=position,
                    key=f"step{position}",
                    title=kind,
                    runner="portal" if kind in ("rollout", "backup") else "webhook",
                    action=kind if kind in ("rollout", "backup") else "",
                    changes=kind in ("change", "not begun", "back"),
                    direction="back" if kind == "back" else "forward",
                    state="succeeded" if begun else "skipped",
                    attempts=int(begun),
                    started_at=BEGIN if begun else None,
                )
            )
    Step.objects.bulk_create(rows)


def metrics(history: History, since: datetime, until: datetime, module: str | None, zone: str) -> Row:
    """The document of `releases.dora`, counted one by one."""
    ended = [
        each
        for each in history.production
        if each["finished"] is not None
        and since <= each["finished"] < until
        and module in (None, each["release"]["module"])
    ]
    step = "week" if until - since < timedelta(days=367) else "month"
    days = (until - since) / DAY
    complete = sum(each["state"] == "complete" for each in ended)
    whole = _figures(ended, history)
    lead = _times(_of(history.leads, ended))["median"]
    parts: dict[date, list[Row]] = {key: [] for key in _keys(since, until, step, zone)}
    for each in ended:
        parts[_key(each["finished"], step, zone)].append(each)
    del whole["deployments"]
    return {
        **whole,
        "since": since,
        "until": until,
        "module": module,
        "deploymentFrequency": {
            "n": complete,
            "perDay": round(complete / days, 4),
            "perWeek": round(complete * 7 / days, 4),
            "level": _level((until - since) / complete) if complete else None,
        },
        "leadTime": {**whole["leadTime"], "level": None if lead is None else _level(lead)},
        "step": step,
        "trend": [{"from": key, **_figures(part, history)} for key, part in parts.items()],
    }


def _figures(ended: Sequence[Row], history: History) -> Row:
    reached = [each for each in ended if each["state"] == "complete" or _turned(each)]
    backs = [each["finished"] - each["rollback"] for each in ended if _turned(each)]
    early = [each for each in ended if each["state"] == "rolled_back" and not _turned(each)]
    return {
        "deployments": sum(each["state"] == "complete" for each in ended),
        "leadTime": _seconds(_times(_of(history.leads, ended))),
        "changeFailRate": _share(sum(each["id"] in history.fails for each in reached), len(reached)),
        "recoveryTime": _seconds(_times(backs)),
        "reworkRate": _share(sum(each["release"]["hotfix"] for each in reached), len(reached)),
        "stopped": sum(each["state"] == "failed" for each in ended) + len(early),
    }


def _turned(deployment: Row) -> bool:
    """Whether it was taken back when users could feel it already."""
    felt = "change" in deployment["steps"] or "rollout" in deployment["steps"]
    return deployment["state"] == "rolled_back" and felt


def _mended(every: Sequence[Row]) -> set[int]:
    """Of each hotfix, the deployment that ran in its module as it began, if that ended in the week before."""
    found = set()
    for hotfix in every:
        release = hotfix["release"]
        if not release["hotfix"] or release["security"]:
            continue
        if hotfix["started"] is None or hotfix["state"] == "cancelled":
            continue
        before = [
            each
            for each in every
            if each is not hotfix
            and each["state"] == "complete"
            and each["release"]["module"] == release["module"]
            and each["finished"] <= hotfix["started"]
        ]
        if not before:
            continue
        last = max(before, key=lambda each: (each["finished"], each["id"]))
        if hotfix["started"] - last["finished"] <= WEEK:
            found.add(last["id"])
    return found


def _leads(history: History) -> dict[int, list[timedelta]]:
    """For each deployment how long the fixes took that it was the first to bring."""
    found: dict[int, list[timedelta]] = {}
    for issue in history.issues:
        if issue["fixed"] is None:
            continue
        brought = [
            each
            for each in history.production
            if each["state"] == "complete"
            and (each["release"]["id"], issue["id"]) in history.held
            and each["finished"] >= issue["fixed"]
        ]
        if brought:
            first = min(brought, key=lambda each: (each["finished"], each["id"]))
            found.setdefault(first["id"], []).append(first["finished"] - issue["fixed"])
    return found


def _of(leads: dict[int, list[timedelta]], ended: Iterable[Row]) -> list[timedelta]:
    return [length for each in ended for length in leads.get(each["id"], [])]


def _times(lengths: Iterable[timedelta]) -> Row:
    found = sorted(lengths)
    median, p90 = (found[math.ceil(len(found) * share / 100) - 1] if found else None for share in (50, 90))
    return {"median": median, "p90": p90, "n": len(found)}


def _seconds(times: Row) -> Row:
    def whole(length: timedelta | None) -> int | None:
        return None if length is None else length // timedelta(seconds=1)

    return {"medianSeconds": whole(times["median"]), "p90Seconds": whole(times["p90"]), "n": times["n"]}


def _share(count: int, of: int) -> Row:
    return {"share": round(count / of, 4) if of else None, "deployments": count, "n": of}


def _level(length: timedelta) -> str:
    if length < DAY:
        return "elite"
    return "high" if length <= WEEK else "medium" if length <= MONTH else "low"


def _key(at: datetime, step: str, zone: str) -> date:
    day = at.astimezone(ZoneInfo(zone)).date()
    return day - timedelta(days=day.weekday()) if step == "week" else date(day.year, day.month, 1)


def _keys(since: datetime, until: datetime, step: str, zone: str) -> list[date]:
    """Day by day: no week or month is as short."""
    days = math.ceil((until - since) / DAY)
    times = [min(since + number * DAY, until - timedelta.resolution) for number in range(days + 1)]
    return sorted({_key(at, step, zone) for at in times})
