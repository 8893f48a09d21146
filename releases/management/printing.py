"""Issues, releases and deployments as lines for people at a terminal, from the documents for programs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from operations.doors.command import shown, table

Document = Mapping[str, Any]
LONGEST_TITLE = 80
MARKS = {"succeeded": "✓", "failed": "✗", "running": "▸", "skipped": "-", "waiting": "·"}
RUNNERS = {"portal": "the portal", "webhook": "the CI", "person": "a person"}
METHODS = {
    "rolling": "rolling update",
    "blue_green": "blue-green",
    "maintenance_window": "maintenance window",
}


def issue_lines(found: Sequence[Document], none: str = "No such issues.") -> Iterator[str]:
    """A list of issues."""
    if not found:
        yield none
        return
    rows = [
        (
            issue["id"],
            issue["severity"].upper(),
            said(issue["status"]),
            issue["owner"] or "-",
            issue["release"] or "-",
            one_line(issue["title"], LONGEST_TITLE),
        )
        for issue in found
    ]
    yield from table([("ISSUE", "SEVERITY", "STATUS", "OWNER", "RELEASE", "TITLE"), *rows])


def release_lines(found: Sequence[Document], none: str = "No releases.") -> Iterator[str]:
    """A list of releases, each with where it stands in each environment."""
    if not found:
        yield none
        return
    rows = [
        (
            release["version"],
            said(release["status"]),
            kind_of(release),
            _standing(release, "staging"),
            _standing(release, "production"),
            ", ".join(issue["id"] for issue in release["issues"]) or "-",
            one_line(release["title"], LONGEST_TITLE),
        )
        for release in found
    ]
    header = ("RELEASE", "STATUS", "CATEGORY", "STAGING", "PRODUCTION", "ISSUES", "TITLE")
    yield from table([header, *rows])


def whole_release_lines(release: Document) -> Iterator[str]:
    """One release: what it brings, and each deployment with its ladder and its steps, the last one first."""
    yield f"{release['version']}  {one_line(release['title'] or 'no title')}  ({release['module']})"
    method = METHODS.get(release["method"], release["method"])
    yield f"{said(release['status']).capitalize()}; {kind_of(release)} risk, {method}; flag {release['flag']}"
    yield f"Made {shown(release['createdAt'])} by {release['createdBy']}"
    if release["risk"]:
        yield f"Risk: {one_line(release['risk'])}"
    rows = [
        (each["id"], each["severity"].upper(), said(each["status"]), one_line(each["title"], LONGEST_TITLE))
        for each in release["issues"]
    ]
    yield from table(rows, indent="  ") if rows else ["  No issues."]
    for deployment in release["deployments"]:
        yield ""
        yield from deployment_lines(deployment)


def deployment_lines(found: Document) -> Iterator[str]:
    """One deployment with its ladder, what it waits for, its steps, and what is missing before it begins."""
    yield f"{found['environment'].upper()}  deployment {found['id']}: {_since(found)}"
    if found["status"] == "cancelled":
        return
    if found["approvedBy"]:
        yield f"  Approved by {found['approvedBy']}"
    if found["ladder"]:
        yield f"  {ladder_of(found)}"
    if rollback := found["rollback"]:
        yield f"  Rolled back by {rollback['by']}: {one_line(rollback['reason'])}"
    if found["heldBecause"]:
        yield f"  Waits: {one_line(found['heldBecause'])}"
    if hint := _hint(found):
        yield f"  Next: manage.py bug_fix {hint}"
    yield from table([_step_row(step) for step in found["steps"]], indent="  ") if found["steps"] else ()
    if found["status"] == "planned":
        yield from _preparation_lines(found)


def missing_lines(reasons: Sequence[Document]) -> Iterator[str]:
    """What is missing, one line each."""
    for reason in reasons:
        yield f"  - {one_line(reason['message'])}"


def ladder_of(found: Document) -> str:
    """The rungs: those reached, the one it stands on, and where it stops."""
    now, stop = found["percentage"] or 0, found["targetPercentage"]
    rungs = [f"[{rung} %]" if rung == now else f"{rung} %" for rung in found["ladder"]]
    # 0 is no rung: nobody has it yet, or nobody has it any more.
    path = " → ".join(rungs if now else ["[0 %]", *rungs])
    return f"Ladder: {path}" if stop == 100 else f"Ladder: {path}; stops at {stop} %"


def kind_of(release: Document) -> str:
    """The category, and whether it is a hotfix."""
    track = "security hotfix" if release["hotfix"] and release["security"] else "hotfix"
    return f"{release['category']}, {track}" if release["hotfix"] else str(release["category"])


def said(word: str) -> str:
    """A state as people say it."""
    return word.replace("_", " ")


def one_line(text: str, most: int = 1_000) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _standing(release: Document, environment: str) -> str:
    """Where the last deployment to an environment stands."""
    found = next((each for each in release["deployments"] if each["environment"] == environment), None)
    if found is None:
        return "-"
    share = found["percentage"]
    share = f", {share} %" if share is not None and found["status"] == "running" else ""
    return f"{said(found['status'])}{share}"


def _since(found: Document) -> str:
    state = said(found["status"])
    if found["finishedAt"]:
        return f"{state} at {shown(found['finishedAt'])}"
    if found["startedAt"]:
        return f"{state}, begun {shown(found['startedAt'])} by {found['deployedBy']}"
    return f"{state} at {shown(found['plannedAt'])}"


def _step_row(step: Document) -> tuple[str, ...]:
    attempt = f"{said(step['status'])}, attempt {step['attempt']}" if step["attempt"] > 1 else step["status"]
    runs = step["status"] == "running"
    at = step["startedAt"] if runs else step["finishedAt"]
    until = f", until {shown(step['deadline'])}" if runs and step["deadline"] else ""
    last = step["evidence"][-1] if step["evidence"] else {"note": "", "url": ""}
    return (
        MARKS[step["status"]],
        step["key"],
        f"back: {step['title']}" if step["direction"] == "back" else step["title"],
        RUNNERS[step["runner"]],
        attempt,
        f"{shown(at)}{until}",
        one_line(f"{last['note']} {last['url']}", LONGEST_TITLE),
    )


def _hint(found: Document) -> str:
    """The words by which a person lets it go on; "" where nothing waits for one."""
    release, environment = found["release"], found["environment"]
    running = next((step for step in found["steps"] if step["status"] == "running"), None)
    if running is not None and running["runner"] == "person":
        return f"step {release} {environment} {running['key']} succeeded --note …"
    stop = found["targetPercentage"]
    if found["status"] == "running" and found["percentage"] == stop < 100:
        following = min(rung for rung in [*found["ladder"], 100] if rung > stop)
        return f"continue {release} --rollout-percentage {following}"
    return ""


def _preparation_lines(found: Document) -> Iterator[str]:
    """What a planned deployment waits for; of the checklist only how much is open."""
    before = next(each for each in found["checklist"] if each["stage"] == "before")
    boxes = before["open"] + before["done"] + before["notApplicable"]
    if boxes:
        yield f"  Checklist: {boxes - before['open']} of {boxes} boxes before the deployment are worked"
    for signed in found["signOffs"]:
        yield f"  Signed: {said(signed['role'])}, {signed['by']}, {shown(signed['at'])}"
    others = [reason for reason in found["missing"] if reason["code"] != "checklist"]
    if others:
        yield "  Missing:"
        yield from (f"  {line}" for line in missing_lines(others))
    if not found["missing"]:
        yield "  Nothing is missing: it can be deployed."
