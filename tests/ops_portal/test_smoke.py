"""`manage.py smoke`: everything that is served is asked for, nothing is changed, what is wrong is said."""

from typing import Any

import pytest
from django.apps import apps
from django.core.mail.backends import smtp
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path
from django.utils import timezone

from operations.models import Backup
from ops_portal import urls as portal_urls
from ops_portal.management.commands import smoke as command
from ops_portal.smoke import deploy, rules
from ops_portal.smoke.asking import Answer, Asker, NoAnswer
from ops_portal.smoke.calls import HTML, WRITES, Call, of_schema
from ops_portal.smoke.walk import Row, Walk
from tests import builders
from tests.doors import an_api_key, run
from tests.feedback import builders as tickets
from tests.monitoring import alarms
from tests.ops_portal.smoke_visitor import Visitor
from tests.releases import builders as releases

# What a walk leaves out in a portal where there is one of everything, for anybody with a full key.
LEFT_OUT = {WRITES, "is reached by a link with a token of its own", "this portal is no demo"}


def open_door(request: HttpRequest) -> HttpResponse:
    return HttpResponse("{", content_type="application/json")


def page_of_others(request: HttpRequest) -> HttpResponse:
    return HttpResponse('<script src="https://elsewhere.example/a.js"></script>')


urlpatterns = [
    *portal_urls.urlpatterns,
    path("api/forgotten", open_door),
    path("admin-like", page_of_others),
]
handler404 = portal_urls.handler404


def walked(key: str = "") -> list[Row]:
    """A whole walk, without the files of the login page: none are collected in tests."""
    return [row for row in Walk(Visitor(), key=key).rows() if row.group != "static"]


def failed(rows: list[Row]) -> dict[str, tuple[str, ...]]:
    return {row.route: row.faults for row in rows if row.faults}


@pytest.fixture
def everything(db: None) -> None:
    """One of each thing that a call is about."""
    release = releases.a_release()
    releases.in_staging(release)
    alarms.raised()
    tickets.a_ticket()


@pytest.fixture
def whole_key(everything: None) -> str:
    return an_api_key("read", "evaluate", "respond")


def test_a_portal_in_order_passes_and_nothing_is_left_out_unsaid(whole_key: str) -> None:
    rows = walked(whole_key)

    assert failed(rows) == {}
    assert {row.skipped for row in rows if row.skipped} - LEFT_OUT <= {""} | metrics_reasons(rows)
    asked = {row.route for row in rows if row.result == "ok"}
    assert {"/api/rollouts/{module}", "/api/deployments/{number}", "/ofrep/v1/evaluate/flags/{key}"} <= asked
    assert {"/feedback/", "/api/docs", "/admin/login/", "/admin/rollout/plan/{object_id}/change/"} <= asked


def metrics_reasons(rows: list[Row]) -> set[str]:
    """Why the metrics were not seen, where they ask for a token."""
    return {row.skipped for row in rows if row.route == "/api/metrics"}


def test_every_operation_of_the_description_is_in_the_walk(whole_key: str) -> None:
    visitor = Visitor()
    rows = list(Walk(visitor, key=whole_key).rows())
    schema = visitor.ask("GET", "/api/schema", headers={"Accept": "application/vnd.oai.openapi+json"}).json()

    told = {(row.method, row.route) for row in rows}
    assert {(call.method, call.route) for call in of_schema(schema)} <= told
    # What writes is never sent, to nobody.
    written = {line for line in visitor.asked if not line.startswith("GET ")}
    assert all(line.startswith("POST /ofrep/v1/evaluate/flags") for line in written)


def test_without_a_key_every_call_that_asks_for_one_must_refuse(everything: None, settings: Any) -> None:
    rows = walked()

    assert failed(rows) == {}
    refused = [row for row in rows if row.note == "asks for a key"]
    assert len(refused) > 10
    assert all(row.status == 401 for row in refused)


def test_a_walk_changes_no_row(whole_key: str) -> None:
    before = counted()
    walked(whole_key)
    assert counted() == before


def counted() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


def test_a_portal_that_was_set_up_and_has_nothing_yet_is_in_order(db: None) -> None:
    builders.modules()

    rows = walked(an_api_key("read", "evaluate"))

    assert failed(rows) == {}
    assert any(row.skipped == "there is nothing in /api/issues yet" for row in rows)


def test_a_key_without_the_scope_leaves_the_call_out_and_says_so(everything: None) -> None:
    rows = {row.route: row for row in walked(an_api_key("evaluate"))}

    assert rows["/api/rollouts"].skipped == "This call asks for a key with the scope read."
    assert rows["/ofrep/v1/evaluate/flags"].result == "ok"


@override_settings(ROOT_URLCONF=__name__)
def test_a_route_that_nobody_described_is_asked_as_well(db: None) -> None:
    found = failed(walked())

    assert found["/api/forgotten"] == ("is no JSON",)
    assert "loads https://elsewhere.example/a.js from elsewhere" in found["/admin-like"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"status": 500}, "answered 500"),
        ({"headers": {"content-type": "text/html"}}, "has no Content-Security-Policy"),
        ({"milliseconds": 3001.0}, "took 3,001 ms"),
        ({"body": b'<img src="//cdn.example/x.png">'}, "loads //cdn.example/x.png from elsewhere"),
        ({"cookies": ("csrftoken=1; SameSite=Lax",)}, "sets a cookie that may travel without HTTPS"),
        ({"cookies": ("csrftoken=1; Secure",)}, "sets a cookie without SameSite"),
    ],
)
def test_what_is_wrong_with_a_page_is_said(changed: dict[str, Any], said: str) -> None:
    right = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": "default-src 'self'; script-src 'self' 'unsafe-eval'",
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "strict-transport-security": "max-age=1",
    }
    call = Call("GET", "/feedback/", "page", (HTML,))
    origin = "https://portal.example.org"
    sound: dict[str, Any] = {
        "status": 200,
        "headers": right,
        "cookies": (),
        "body": b"<a href='https://x.example'>",
        "milliseconds": 2.0,
    }

    assert list(rules.faults(call, Answer(**sound), origin=origin, slowest=3000)) == []
    assert said in list(rules.faults(call, Answer(**{**sound, **changed}), origin=origin, slowest=3000))


def test_scripts_in_a_page_and_answers_that_others_may_keep_are_faults() -> None:
    loose = {"content-type": "text/html", "content-security-policy": "script-src 'self' 'unsafe-inline'"}
    page = Answer(200, loose, (), b"", 1.0)
    assert any(
        "scripts" in fault
        for fault in rules.faults(Call("GET", "/x", "page"), page, origin="http://x", slowest=9)
    )

    kept = Answer(200, {"cache-control": "public, max-age=9"}, (), b"", 1.0)
    keyed = Call("GET", "/api/rollouts", "api", keyed=True)
    assert any("public" in fault for fault in rules.headers(keyed, kept, origin="http://x"))
    status = Call("GET", "/api/health/status", "api")
    assert any("may be stored" in fault for fault in rules.headers(status, kept, origin="http://x"))


def test_a_page_of_the_admin_that_lets_strangers_in_is_a_fault() -> None:
    assert list(rules.guarded_page_faults(Answer(200, {}, (), b"", 1.0))) == [
        "answered 200 to somebody who is not signed in"
    ]
    call = Call("GET", "/api/rollouts", "api", keyed=True)
    let_in = Answer(200, {"content-type": "application/json"}, (), b"{}", 1.0)
    assert list(rules.refusal_faults(call, let_in, origin="http://x")) == [
        "answered 200 to somebody without a key, not 401"
    ]


def test_files_whose_names_have_no_digest_are_a_fault() -> None:
    plain = Answer(200, {"x-content-type-options": "nosniff", "cache-control": "max-age=60"}, (), b"", 1.0)
    assert "no digest" in next(rules.static_faults(plain, slowest=9))


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(command, "Asker", lambda url, seen_as: Visitor())
    monkeypatch.setattr(Walk, "_static", lambda self: iter(()))


def test_the_command_tells_programs_everything(played: None) -> None:
    ran = run("smoke", "--json")

    assert ran.code == 0, ran.err
    assert ran.document["ok"]
    assert ran.document["failed"] == 0
    assert {"method", "route", "result", "status", "milliseconds", "faults", "reason"} <= set(
        ran.document["calls"][0]
    )
    assert ran.document["deploy"] == []


def test_the_command_shows_people_a_table_and_one_line_for_the_admin(played: None) -> None:
    ran = run("smoke")

    assert ran.code == 0, ran.err
    assert "pages of the admin ask strangers to sign in" in ran.out
    assert "calls are not asked, because they write" in ran.out
    assert "/admin/rollout/plan/" not in ran.out
    assert "OPS_PORTAL_KEY" in ran.out


def test_a_portal_that_cannot_be_reached_is_a_failure() -> None:
    with pytest.raises(NoAnswer):
        Asker("http://127.0.0.1:9", timeout=1).ask("GET", "/")
    ran = run("smoke", "--url", "http://127.0.0.1:9")
    assert ran.code == 1
    assert "ConnectionRefusedError" in ran.out


@pytest.mark.parametrize("words", [("--url", "portal"), ("--url", "http://x/path"), ("--slowest", "0")])
def test_bad_arguments_are_one_line(words: tuple[str, str]) -> None:
    ran = run("smoke", *words)
    assert ran.code == 1
    assert ran.err.count("\n") == 1


@pytest.mark.django_db
def test_deploy_names_what_is_missing_and_fails(settings: Any) -> None:
    found = {
        name: [each for each in deploy.findings() if each.name == name]
        for name in ("settings", *deploy.LOOKS)
    }

    assert any("W003" in each.reason for each in found["settings"])
    assert [each.ok for each in found["migrations"]] == [True]
    assert [(each.ok, each.reason) for each in found["backup"]] == [
        (False, "no backup was ever proven: manage.py backup create --verify")
    ]
    assert found["scheduled work"][0].ok is False
    assert found["mail"][0].ok is False
    assert found["outside"][0].ok is None


@pytest.mark.django_db
def test_deploy_is_content_with_a_proven_backup_and_a_mail_server(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    Backup.objects.create(
        name="b",
        engine="sqlite",
        created_at=now,
        created_by="x",
        size=1,
        digest="d",
        verified_at=now,
        verified_by="x",
    )
    settings.EMAIL_BACKEND, settings.DEFAULT_FROM_EMAIL = deploy.SMTP, "Portal <portal@example.org>"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "mail.example.org", 587
    monkeypatch.setattr(smtp.EmailBackend, "open", lambda self: True)
    found = {each.name: each.ok for each in deploy.findings()}

    assert found["backup"] is True
    assert found["mail"] is True

    def refuse(self: Any) -> bool:
        raise ConnectionRefusedError

    monkeypatch.setattr(smtp.EmailBackend, "open", refuse)
    [mail] = [each for each in deploy.findings() if each.name == "mail"]
    assert (mail.ok, mail.reason) == (
        False,
        "mail.example.org:587 does not take mail: ConnectionRefusedError",
    )
