"""What the portal proves: ticked by itself, opened again when it ends, and never beyond what it can know."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from monitoring.alerts.signals import Signal, take
from monitoring.models import Alert, Batch, Contact, GaugeReading
from operations.errors import Refused
from operations.models import AuditEvent, Backup, ScheduledJob
from releases.announcements import publishing
from releases.checklists import proof_list, proofs, ticking
from releases.checklists.facts import portal, security
from releases.checklists.facts.scene import Fact, Scene
from releases.checklists.proofs import PORTAL
from releases.deployments import planning
from releases.models import ChecklistItem
from tests.builders import ROOT
from tests.releases import builders
from tests.releases.checklists.builders import item, planned

pytestmark = pytest.mark.django_db
BACKUP = "pre_database_backup"


@pytest.fixture
def deployment():
    return planned()


def a_proven_backup(*, ago: timedelta = timedelta(hours=1)) -> Backup:
    at = timezone.now() - ago
    return Backup.objects.create(
        name=f"backup-{ago}", engine="sqlite", created_at=at, created_by="test", size=1, digest="0" * 64,
        verified_at=at, verified_by="test",
    )  # fmt: skip


def looked(deployment, proof: str) -> proof_list.Proof:
    return proof_list.PROOFS[proof](Scene(deployment))


def test_the_portal_ticks_what_it_can_prove(deployment):
    a_proven_backup()

    assert proofs.prove(deployment) > 0

    box = item(deployment, BACKUP)
    assert (box.state, box.proved, box.by) == ("done", True, "beat:prove-checklists")
    assert "backup of the portal's database was made 60 min ago" in box.note
    event = AuditEvent.objects.get(action="checklist.proved")
    assert BACKUP in event.data["proved"]
    assert event.subject_id == str(deployment.pk)


def test_looking_again_at_the_same_changes_nothing(deployment):
    a_proven_backup()
    proofs.prove(deployment)
    before = list(ChecklistItem.objects.exclude(state="open").values())

    assert proofs.prove(deployment) == 0
    assert list(ChecklistItem.objects.exclude(state="open").values()) == before
    assert AuditEvent.objects.filter(action="checklist.proved").count() == 1


def test_what_does_not_hold_stays_open_and_says_why(deployment):
    a_proven_backup(ago=timedelta(hours=30))

    proofs.prove(deployment)

    box = item(deployment, BACKUP)
    assert (box.state, box.at, box.by) == ("open", None, "")
    assert "30 h ago: over 24 h" in box.note


def test_what_nobody_can_prove_is_left_to_people_with_what_is_known(deployment):
    proofs.prove(deployment)

    box = item(deployment, "pre_system_requirements_verified")
    assert box.state == "open"
    assert "database answers" in box.note
    assert "Only a person can tell what is installed" in box.note


def test_a_proof_that_ends_opens_its_box_while_the_deployment_is_planned(deployment):
    backup = a_proven_backup()
    proofs.prove(deployment)
    Backup.objects.filter(pk=backup.pk).update(created_at=timezone.now() - timedelta(days=2))

    assert proofs.prove(deployment) == 2

    box = item(deployment, BACKUP)
    assert (box.state, box.proved, box.at) == ("open", False, None)
    assert box.note.startswith("No longer proved. ")
    event = AuditEvent.objects.filter(action="checklist.proved").order_by("-pk").first()
    assert event is not None
    assert event.data["no_longer_proved"] == [BACKUP, "pre_update_database_backup"]


def test_once_it_runs_a_proof_that_ends_opens_nothing():
    deployment = builders.in_production(builders.a_release())
    box = item(deployment, "pre_update_rollback_plan")
    ChecklistItem.objects.filter(pk=box.pk).update(proved=True, proof="backup")

    proofs.prove(deployment)

    assert item(deployment, box.key).state == "done"


def test_what_a_person_ticked_stays_theirs(deployment):
    ticking.tick(item(deployment, BACKUP), actor=ROOT, note="On tape")

    proofs.prove(deployment)

    box = item(deployment, BACKUP)
    assert (box.state, box.proved, box.note) == ("done", False, "On tape")


def test_what_the_portal_proves_no_person_opens(deployment):
    a_proven_backup()
    proofs.prove(deployment)

    with pytest.raises(Refused) as refusal:
        ticking.untick(item(deployment, BACKUP), actor=ROOT)

    assert refusal.value.code == "proved"


def test_the_job_looks_at_what_is_planned_and_at_nothing_that_was_cancelled(deployment):
    a_proven_backup()
    assert proofs.prove_due() == [f"{deployment}: {proved_by_now(deployment)} boxes"]

    planning.cancel(deployment, actor=ROOT, reason="Not now")
    Backup.objects.all().delete()
    assert proofs.prove_due() == []


def proved_by_now(deployment) -> int:
    return ChecklistItem.objects.filter(deployment=deployment, proved=True).count()


def test_a_fact_that_fails_is_no_proof(deployment, monkeypatch):
    def broken(scene: Scene) -> Fact:
        raise OSError("no disk")

    found = proof_list.of(portal.database, broken)(Scene(deployment))

    assert found.holds is None
    assert "could not be looked at" in found.note


def test_a_proof_that_is_gone_is_left_to_people(deployment):
    box = item(deployment, BACKUP)
    box.proof = "long_gone"

    assert proof_list.look(box) == (None, proof_list.UNKNOWN_PROOF)


@pytest.mark.parametrize("proof", sorted(proof_list.PROOFS))
def test_every_proof_can_be_looked_at_and_says_what_it_found(deployment, proof, caplog):
    found = looked(deployment, proof)

    assert found.note.strip().endswith((".", "h"))
    assert "failed" not in caplog.text


def test_the_settings_of_a_production_prove_the_security(deployment, settings):
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SECRET_KEY = "k" * 30 + "abcdefghijklmnopqrstuvwxyz"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    assert looked(deployment, "security_configuration").holds is True

    settings.DEBUG = True
    assert looked(deployment, "security_configuration").holds is False


@pytest.mark.parametrize(
    ("ask", "setting", "value"),
    [
        (security.https, "SECURE_SSL_REDIRECT", False),
        (security.headers, "MIDDLEWARE", []),
        (security.rates, "REST_FRAMEWORK", {}),
        (security.sessions, "SESSION_COOKIE_HTTPONLY", False),
        (security.passwords, "AUTH_PASSWORD_VALIDATORS", []),
    ],
)
def test_a_setting_that_is_not_safe_is_found(deployment, settings, ask, setting, value):
    setattr(settings, setting, value)

    assert ask(Scene(deployment)).holds is False


def test_the_audit_trail_is_proved_by_its_daily_verification(deployment):
    scene = Scene(deployment)
    assert security.trail(scene).holds is False

    now = timezone.now()
    ScheduledJob.objects.create(name="verify-audit", due_at=now, last_done_at=now)
    assert security.trail(scene).holds is True

    take(
        [
            Signal(
                source=Alert.Source.PORTAL, cause="audit-trail", firing=True, level="critical", title="Broken"
            )
        ]
    )
    assert security.trail(scene).holds is False


def test_contacts_are_asked_for_on_every_level(deployment):
    for level in (1, 2):
        Contact.objects.create(level=level, name="Ada", email="ada@example.org")
    assert "3: CTO" in looked(deployment, "communicated").note

    Contact.objects.create(level=3, name="Grace", email="grace@example.org")
    assert looked(deployment, "communicated").holds is None


def test_an_announcement_proves_that_it_was_communicated(deployment):
    Contact.objects.bulk_create(
        Contact(level=level, name="Ada", email="ada@example.org") for level in (1, 2, 3)
    )
    publishing.publish(
        actor=ROOT, title="Release 1.0.2", text="Soon.", audience="everybody", channels=["product"],
        kind="release", deployment=deployment,
    )  # fmt: skip

    assert looked(deployment, "communicated").holds is True


def test_resources_are_proved_when_the_product_has_told_of_its_own(deployment, monkeypatch):
    monkeypatch.setattr(os, "getloadavg", lambda: (0.1, 0.1, 0.1))
    monkeypatch.setattr(portal, "_free_memory", lambda: 3 * portal.GIGABYTE)
    assert looked(deployment, "resources").holds is None

    GaugeReading.objects.create(module=deployment.release.module, at=timezone.now(), cpu=40.0, memory=50.0)
    assert looked(deployment, "resources").holds is True

    monkeypatch.setattr(portal, "_free_memory", lambda: portal.GIGABYTE)
    assert looked(deployment, "resources").holds is False


def test_metrics_are_proved_by_what_arrived_within_the_hours(deployment):
    assert looked(deployment, "monitoring_active").holds is False

    Batch.objects.create(
        module=deployment.release.module, batch="b1", by="product", accepted=1, rejected_count=0
    )

    assert looked(deployment, "performance").holds is True


def test_staging_is_proved_by_its_complete_deployment():
    release = builders.a_release()
    deployment = builders.tested(release)

    assert looked(deployment, "staging_complete").holds is True
    assert looked(deployment, "flags_ready").holds is True


def test_the_steps_and_the_share_are_proved_by_the_deployment_itself():
    deployment = builders.in_production(builders.a_release())
    assert looked(deployment, "applied").holds is False

    builders.walk_to(deployment, "gradual_rollout")
    deployment = builders.now(deployment)
    assert looked(deployment, "applied").holds is True
    assert looked(deployment, "verified").holds is True
    assert looked(deployment, "backup_taken").holds is True
    assert looked(deployment, "triggers_watched").holds is not False
    assert looked(deployment, "share_100").holds is False

    deployment = builders.walk_to_the_end(deployment)
    assert looked(deployment, "steps_complete").holds is True
    assert looked(deployment, "flags_control").holds is True
    assert "1.0.2" in proofs.prove_due(actor=PORTAL)[0]
    assert item(deployment, "success_all_deployment_steps_completed_without").proved


def test_a_window_is_asked_for_where_the_method_needs_one():
    high = planned(category="high", method="maintenance_window")

    assert looked(high, "window_announced").holds is False
    assert looked(high, "maintenance_mode").holds is False


def test_a_rolling_update_needs_no_maintenance_mode(deployment):
    assert looked(deployment, "maintenance_mode") == (True, "This method needs no maintenance mode.")
