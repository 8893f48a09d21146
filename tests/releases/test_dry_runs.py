"""A dry run of any verb of releases, through any door, leaves the database byte-equal, sequences and all."""

import ast
import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

import releases as app
from operations import channels
from releases import environments, policies, releases
from releases.announcements import publishing
from releases.checklists import signing, ticking
from releases.deployments import planning, reporting, rolling_back, starting
from releases.issues import editing, linking, moving, raising
from releases.models import ChangePolicy, ChecklistItem, Deployment, Environment, Issue, Release, Step
from tests.builders import ROOT, acting, module, numbered, workspaces
from tests.doors import an_api_key, post
from tests.feedback.builders import a_ticket
from tests.monitoring.alarms import raised
from tests.releases import builders
from tests.releases.announcements.builders import announce

# A database file says what was committed.
pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
# Parts of verbs, and not verbs.
WITHIN = {"story.begin", "story.write", "releases.lock", "publishing.publish_draft"}
Verbs = dict[str, Callable[[], object]]


def test_every_verb_with_a_dry_run_writes_nothing() -> None:
    verbs = the_verbs()
    assert {name.split()[0] for name in verbs} == verbs_with_a_dry_run() - WITHIN
    check(verbs)


def test_every_command_with_a_dry_run_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    a_world()
    starts = timezone.now() + 2 * HOUR
    window = builders.a_window(starts_at=starts, ends_at=starts + HOUR)
    told = announce()
    words = {
        "bug_fix": [
            "issue Late", "move BUG-001 fix", "create 9.0.0 BUG-002", "add 1.0.3 BUG-002",
            "remove 1.0.3 BUG-003", "abandon 1.0.3 --reason no", "plan 1.0.3 production",
            "deploy 1.0.3 staging", "deploy 1.0.2 production --rollout-percentage 25",
            "continue 1.0.1 --rollout-percentage 50", "rollback 1.0.1",
            "rollback 1.0.2 --environment staging",
            "cancel 1.0.2 production --reason no", f"window 1.0.2 {window.pk}",
            "step 1.0.2 staging automated_testing succeeded", "retry 1.0.2 staging automated_testing",
            "skip 1.0.2 staging automated_testing --reason no",
        ],
        "maintenance": ["on Upgrade", f"cancel {window.pk}"],
        "announce": ["publish Hello --text World --mail", f"cancel {told.pk}", f"complete {told.pk}"],
    }  # fmt: skip
    check({
        f"{name} {line}": lambda name=name, line=line: _command(name, line)  # type: ignore[misc]
        for name, lines in words.items()
        for line in lines
    })  # fmt: skip


def test_a_dry_run_over_the_api_writes_nothing() -> None:
    a_world()
    key = an_api_key("deploy", "read")
    bodies: dict[str, dict[str, Any]] = {
        "1.0.3/deployments": {"environment": "staging"},
        "1.0.2/deployments": {"environment": "production", "rolloutPercentage": 25},
        "1.0.1/rollback": {},
    }

    def ask(path: str) -> None:
        answer = post(f"/api/releases/{path}", {**bodies[path], "dryRun": True}, key)
        assert answer.status_code == 200, answer.content
        assert answer.json()["dryRun"] is True

    check({path: lambda path=path: ask(path) for path in bodies})  # type: ignore[misc]


def _command(name: str, line: str) -> None:
    if line.startswith("deploy"):
        # Another is under way, and 1.0.2 is not ready: it would be refused, and says so.
        with pytest.raises(SystemExit):
            call_command(name, *line.split(), "--dry-run")
        return
    call_command(name, *line.split(), "--dry-run")


def check(verbs: Verbs) -> None:
    """Nothing of the database is different after any of them."""
    before = everything()
    for name, act in verbs.items():
        act()
        assert everything() == before, name
    builders.an_issue("Four")
    assert everything() != before, "what is written shows"


def a_world() -> tuple[Release, Release, Release]:
    """1.0.1 is at 10 % in production, 1.0.2 in staging with its CI silent, 1.0.3 a draft."""
    workspaces(numbered(8))
    issues = [builders.an_issue("One", fixed=False), builders.an_issue("Two"), builders.an_issue("Three")]
    shipped = builders.a_release("1.0.1")
    builders.walk_to(builders.in_production(shipped, percentage=25), "gradual_rollout")
    added = channels.add(actor=ROOT, name="CI", kind="webhook", address="https://ci.example.org/hook")
    environments.change(
        Environment.objects.get(pk="staging"), actor=ROOT, channel=added.channel, health_url=""
    )
    tested = builders.a_release("1.0.2")
    builders.in_staging(tested)
    draft = builders.a_release("1.0.3", issues[2:])
    return shipped, tested, draft


def the_verbs() -> Verbs:
    """Each with what it is done to."""
    shipped, tested, draft = a_world()
    first, second, third = Issue.objects.filter(number__lte=3).order_by("number")
    ticket, another = a_ticket(module="patient_engagement"), a_ticket(module="patient_engagement")
    alert = raised(module=module())
    linking.link(second, tickets=[another], actor=ROOT)
    running = Deployment.objects.get(release=shipped, environment="production")
    planned = Deployment.objects.get(release=tested, environment="production")
    asked = Step.objects.get(deployment__release=tested, key="automated_testing")
    starts = timezone.now() + 2 * HOUR
    window = builders.a_window(starts_at=starts, ends_at=starts + HOUR)
    boxes = list(ChecklistItem.objects.filter(deployment=planned, role="", proof="", stage="before")[:3])
    signer, devops = acting(builders.a_signer("qa_lead")), acting(builders.a_signer("devops"))
    ticking.tick(boxes[0], actor=ROOT, note="Seen")
    signing.sign(planned, "qa_lead", actor=signer)
    told = announce()
    dry: dict[str, Any] = {"actor": ROOT, "dry_run": True}
    return {
        "releases.create": lambda: releases.create("9.0.0", [second], **dry),
        "releases.edit": lambda: releases.edit(draft, title="Better", **dry),
        "releases.add_issues": lambda: releases.add_issues(draft, [second], **dry),
        "releases.remove_issues": lambda: releases.remove_issues(draft, [third], **dry),
        "releases.abandon": lambda: releases.abandon(draft, reason="No", **dry),
        "raising.raise_issue": lambda: raising.raise_issue(module=module(), title="Late", **dry),
        "raising.from_ticket": lambda: raising.from_ticket(ticket, **dry),
        "raising.from_alert": lambda: raising.from_alert(alert, **dry),
        "moving.move": lambda: moving.move(first, "fix", **dry),
        "editing.edit": lambda: editing.edit(first, title="Later", **dry),
        "linking.link": lambda: linking.link(first, tickets=[ticket], **dry),
        "linking.unlink": lambda: linking.unlink(second, tickets=[another], **dry),
        "planning.plan": lambda: planning.plan(draft, "production", **dry),
        "planning.cancel": lambda: planning.cancel(planned, reason="No", **dry),
        "planning.set_window": lambda: planning.set_window(planned, window, **dry),
        "starting.start": lambda: starting.start(draft, "staging", **dry),
        "starting.start production": lambda: starting.start(tested, "production", percentage=25, **dry),
        "reporting.report": lambda: reporting.report(asked, "succeeded", **dry),
        "reporting.retry": lambda: reporting.retry(asked, **dry),
        "reporting.skip": lambda: reporting.skip(asked, reason="No", **dry),
        "reporting.proceed": lambda: reporting.proceed(running, 50, override="Now", **dry),
        "rolling_back.roll_back": lambda: rolling_back.roll_back(shipped, reason="", **dry),
        "ticking.tick": lambda: ticking.tick(boxes[1], note="Seen", **dry),
        "ticking.untick": lambda: ticking.untick(boxes[0], **dry),
        "ticking.not_applicable": lambda: ticking.not_applicable(boxes[1], note="None here", **dry),
        "ticking.tick_section": lambda: ticking.tick_section(planned, boxes[1].part, boxes[1].section, **dry),
        "signing.sign": lambda: signing.sign(planned, "devops", actor=devops, dry_run=True),
        "signing.withdraw": lambda: signing.withdraw(
            planned, "qa_lead", actor=signer, reason="No", dry_run=True
        ),
        "policies.change": lambda: policies.change(ChangePolicy.objects.get(pk="low"), people=2, **dry),
        "publishing.publish": lambda: publishing.publish(
            title="Hello", text="World", audience="everybody", channels=["product"], kind="info", **dry
        ),
        "publishing.change": lambda: publishing.change(told, title="Hello again", **dry),
        "publishing.cancel": lambda: publishing.cancel(told, **dry),
        "publishing.complete": lambda: publishing.complete(told, **dry),
    }


def verbs_with_a_dry_run() -> set[str]:
    """Every function below the doors that takes `dry_run`, as module.name."""
    folder = Path(app.__file__).parent
    found = set()
    for path in folder.rglob("*.py"):
        if path.relative_to(folder).parts[0] in ("admin", "api", "management"):
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                arguments = {each.arg for each in (*node.args.args, *node.args.kwonlyargs)}
                if "dry_run" in arguments:
                    found.add(f"{path.stem}.{node.name}")
    return found


def everything() -> object:
    """All that the database holds: of SQLite the bytes of its file, of PostgreSQL every row and sequence."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            assert cursor.fetchone()[0] == 0, "another connection holds the log"
            return hashlib.sha256(Path(connection.settings_dict["NAME"]).read_bytes()).hexdigest()
        tables = connection.introspection.table_names(cursor)
        digest = "md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), ''))"
        each = [f"SELECT '{name}', {digest} FROM \"{name}\" t" for name in tables]  # noqa: S608
        cursor.execute(" UNION ALL ".join(each))
        rows = cursor.fetchall()
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
        return rows, cursor.fetchall()
