"""People work a checklist: what may be ticked, opened and left out, and when."""

import pytest
from django.db import IntegrityError, transaction

from operations.errors import Forbidden, Invalid, NotFound, Refused
from operations.models import AuditEvent, AuditReason
from releases.checklists import ticking
from releases.deployments import planning
from releases.models import ChecklistItem
from tests import builders as people
from tests.builders import ROOT, acting
from tests.releases import builders
from tests.releases.checklists.builders import item, planned

pytestmark = pytest.mark.django_db
ACCESS = "pre_production_server_access_verified"
SECURITY = "pre_security_configuration"
WEEKLY = "after_weekly_reviews"


@pytest.fixture
def deployment():
    return planned()


def test_a_deployment_to_production_has_its_own_copy_of_every_box(deployment):
    items = ChecklistItem.objects.filter(deployment=deployment)

    assert items.count() == 78
    assert set(items.values_list("state", flat=True)) == {"open"}
    assert item(deployment, ACCESS).points[0] == "SSH access to production servers"


def test_a_person_ticks_a_box(deployment):
    ada = acting(people.a_person("ada", group="DevOps"))

    ticked = ticking.tick(item(deployment, ACCESS), actor=ada, note=" All four ")

    found = item(deployment, ACCESS)
    assert (found.state, found.note, found.by, found.proved) == ("done", "All four", "admin:ada", False)
    assert found.at == ticked.at is not None
    event = AuditEvent.objects.get(action="checklist.ticked")
    assert (event.subject_type, event.subject_id) == ("releases.deployment", str(deployment.pk))
    assert event.data["box"] == "Production server access verified"
    assert str(event.reason) == "All four"


def test_a_box_is_ticked_once(deployment):
    ticking.tick(item(deployment, ACCESS), actor=ROOT)

    with pytest.raises(Refused) as refusal:
        ticking.tick(item(deployment, ACCESS), actor=ROOT)

    assert refusal.value.code == "ticked"


def test_what_the_portal_found_otherwise_is_ticked_with_a_note_only(deployment):
    with pytest.raises(Invalid) as refusal:
        ticking.tick(item(deployment, SECURITY), actor=ROOT)
    assert "HTTPS is not enforced" in refusal.value.fields["note"]

    ticking.tick(item(deployment, SECURITY), actor=ROOT, note="The proxy before it does")

    assert item(deployment, SECURITY).state == "done"


def test_a_box_of_a_role_is_ticked_by_its_signature_alone(deployment):
    for verb in (ticking.tick, ticking.untick):
        with pytest.raises(Refused, match="signature"):
            verb(item(deployment, "sign_devops_engineer"), actor=ROOT)
    with pytest.raises(Refused, match="signature"):
        ticking.not_applicable(item(deployment, "sign_devops_engineer"), actor=ROOT, note="No")


def test_a_box_is_opened_again(deployment):
    ticking.tick(item(deployment, ACCESS), actor=ROOT)

    ticking.untick(item(deployment, ACCESS), actor=ROOT, note="One password is wrong")

    found = item(deployment, ACCESS)
    assert (found.state, found.at, found.by, found.note) == ("open", None, "", "")
    assert str(AuditEvent.objects.get(action="checklist.unticked").reason) == "One password is wrong"
    with pytest.raises(Refused, match="open already"):
        ticking.untick(found, actor=ROOT)


def test_what_does_not_apply_says_why(deployment):
    with pytest.raises(Invalid):
        ticking.not_applicable(item(deployment, ACCESS), actor=ROOT, note=" ")

    ticking.not_applicable(item(deployment, ACCESS), actor=ROOT, note="Nobody logs in there")

    assert item(deployment, ACCESS).state == "not_applicable"
    assert ACCESS not in ticking.open_before(deployment).values_list("key", flat=True)
    with pytest.raises(Refused):
        ticking.not_applicable(item(deployment, ACCESS), actor=ROOT, note="Again")


def test_a_section_is_ticked_at_once(deployment):
    ticked = ticking.tick_section(
        deployment, "Documentation Updates", "Technical Documentation", actor=ROOT, note="All of it"
    )

    assert [each.key for each in ticked] == ["docs_api_documentation", "docs_operational_documentation"]
    assert item(deployment, "docs_api_documentation").note == "All of it"
    event = AuditEvent.objects.get(action="checklist.section_ticked")
    assert event.data["boxes"] == ["docs_api_documentation", "docs_operational_documentation"]
    with pytest.raises(Refused, match="left"):
        ticking.tick_section(deployment, "Documentation Updates", "Technical Documentation", actor=ROOT)


def test_a_section_without_a_note_leaves_what_the_portal_found_otherwise(deployment):
    part, section = "Pre-Deployment Checklist", "3. Database Preparation"

    without = ticking.tick_section(deployment, part, section, actor=ROOT)
    with_note = ticking.tick_section(deployment, part, section, actor=ROOT, note="Made by hand")

    assert [each.key for each in without] == ["pre_migration_scripts"]
    assert [each.key for each in with_note] == ["pre_database_backup"]


def test_a_section_leaves_the_boxes_of_roles(deployment):
    with pytest.raises(Refused):
        ticking.tick_section(deployment, "Sign-off", "Technical Team", actor=ROOT)


def test_there_is_no_other_section(deployment):
    with pytest.raises(NotFound):
        ticking.tick_section(deployment, "Sign-off", "Kitchen", actor=ROOT)


def test_a_cancelled_deployment_has_a_closed_checklist(deployment):
    planning.cancel(deployment, actor=ROOT, reason="Not now")

    for key in (ACCESS, WEEKLY):
        with pytest.raises(Refused) as refusal:
            ticking.tick(item(deployment, key), actor=ROOT)
        assert refusal.value.code == "ended"


def test_once_it_runs_what_stood_before_it_stays_and_the_rest_is_worked():
    deployment = builders.in_production(builders.a_release())
    done = item(deployment, ACCESS)

    with pytest.raises(Refused, match="began"):
        ticking.untick(done, actor=ROOT)
    with pytest.raises(Refused, match="began"):
        ticking.not_applicable(done, actor=ROOT, note="No")
    ticking.tick(item(deployment, "exec_functional_testing"), actor=ROOT)


def test_after_the_end_the_reviews_are_still_worked():
    deployment = builders.in_production(builders.a_release())
    deployment = builders.taken_back(deployment.release)

    ticking.tick(item(deployment, WEEKLY), actor=ROOT)
    with pytest.raises(Refused):
        ticking.tick(item(deployment, "exec_functional_testing"), actor=ROOT)


def test_who_may_not_tick_ticks_nothing(deployment):
    grace = acting(people.a_person("grace", group="Viewer"))
    box = item(deployment, ACCESS)

    with pytest.raises(Forbidden):
        ticking.tick(box, actor=grace)
    with pytest.raises(Forbidden):
        ticking.untick(box, actor=grace)
    with pytest.raises(Forbidden):
        ticking.not_applicable(box, actor=grace, note="No")
    with pytest.raises(Forbidden):
        ticking.tick_section(deployment, "Sign-off", "Technical Team", actor=grace)


def test_a_note_has_an_end(deployment):
    with pytest.raises(Invalid):
        ticking.tick(item(deployment, ACCESS), actor=ROOT, note="x" * 2_001)
    with pytest.raises(Invalid):
        ticking.tick(item(deployment, ACCESS), actor=ROOT, note="a\0b")


def test_a_rehearsal_writes_nothing(deployment):
    before = list(ChecklistItem.objects.order_by("pk").values()), AuditEvent.objects.count()

    ticking.tick(item(deployment, ACCESS), actor=ROOT, dry_run=True)
    ticking.not_applicable(item(deployment, ACCESS), actor=ROOT, note="No", dry_run=True)
    ticking.tick_section(
        deployment, "Documentation Updates", "Technical Documentation", actor=ROOT, dry_run=True
    )

    assert (list(ChecklistItem.objects.order_by("pk").values()), AuditEvent.objects.count()) == before
    assert not AuditReason.objects.filter(text="No").exists()


def test_the_database_keeps_no_tick_without_its_time(deployment):
    with pytest.raises(IntegrityError), transaction.atomic():
        ChecklistItem.objects.filter(deployment=deployment, key=ACCESS).update(state="done")
    with pytest.raises(IntegrityError), transaction.atomic():
        ChecklistItem.objects.filter(deployment=deployment, key=ACCESS).update(state="not_applicable")
