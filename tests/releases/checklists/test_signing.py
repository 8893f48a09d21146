"""Sign-offs: who signs for what, in which order, and what is missing in words."""

import pytest
from django.contrib.auth.models import Group, User

from operations.errors import Forbidden, Invalid, NotFound, Refused
from operations.models import AuditEvent
from releases.checklists import signing
from releases.deployments import planning
from releases.models import ChangePolicy, Deployment, Release, SignOff
from releases.roles import GROUPS, Role
from tests import builders as people
from tests.at_once import at_once
from tests.builders import ROOT, acting
from tests.releases import builders
from tests.releases.checklists.builders import item, planned, signing_as

pytestmark = pytest.mark.django_db
HIGH = {"category": "high", "method": "blue_green"}


def test_a_person_of_the_roles_group_signs_and_ticks_its_box():
    deployment = planned()

    signed = signing.sign(deployment, "devops", actor=signing_as("devops", "linus"), note="Looks good")

    assert (signed.username, signed.note) == ("linus", "Looks good")
    box = item(deployment, "sign_devops_engineer")
    assert (box.state, box.by, box.note, box.proved) == ("done", "admin:linus", "Looks good", False)
    event = AuditEvent.objects.get(action="deployment.signed")
    assert event.data == {"role": "devops"}


@pytest.mark.parametrize("role", list(Role))
def test_every_role_can_sign(role):
    deployment = planned()

    signing.sign(deployment, role, actor=signing_as(role))

    assert SignOff.objects.get(deployment=deployment).role == role


def test_nobody_signs_for_another_role():
    with pytest.raises(Forbidden, match="not of the group CTO"):
        signing.sign(planned(), "cto", actor=signing_as("devops"))


def test_a_superuser_signs_for_the_roles_of_their_groups_only():
    boss = User.objects.create_superuser("boss", password="x")
    deployment = planned()
    assert signing.roles_of(boss) == ()

    with pytest.raises(Forbidden):
        signing.sign(deployment, "cto", actor=acting(boss))

    boss.groups.add(Group.objects.get(name="CTO"))
    assert signing.roles_of(boss) == (Role.CTO,)
    signing.sign(deployment, "cto", actor=acting(boss))


def test_on_the_command_line_nobody_signs():
    with pytest.raises(Refused) as refusal:
        signing.sign(planned(), "devops", actor=ROOT)

    assert refusal.value.code == "not_a_person"


def test_there_are_no_other_roles():
    with pytest.raises(Invalid):
        signing.sign(planned(), "cook", actor=signing_as("devops"))


def test_a_role_signs_once():
    deployment = planned()
    signing.sign(deployment, "devops", actor=signing_as("devops", "linus"))

    with pytest.raises(Refused, match="already: linus"):
        signing.sign(deployment, "devops", actor=signing_as("devops", "ada"))


def test_a_deployment_to_staging_asks_for_no_signatures():
    staging = planning.plan(builders.a_release(), "staging", actor=ROOT)

    assert signing.missing(staging) == []
    with pytest.raises(Refused, match="no signatures"):
        signing.sign(staging, "devops", actor=signing_as("devops"))


def test_a_cancelled_deployment_is_not_signed():
    deployment = planned()
    planning.cancel(deployment, actor=ROOT, reason="Not now")

    with pytest.raises(Refused, match="any more"):
        signing.sign(deployment, "devops", actor=signing_as("devops"))


def test_low_risk_asks_for_one_person():
    deployment = planned(category="low")
    assert signing.missing(deployment) == ["One person must sign: nobody has."]

    signing.sign(deployment, "qa_lead", actor=signing_as("qa_lead"))

    assert signing.missing(deployment) == []


def test_high_risk_asks_for_its_roles_and_the_cto_last():
    deployment = planned(**HIGH)
    assert signing.missing(deployment) == [
        "DevOps has not signed.",
        "Product manager has not signed.",
        "CTO has not signed.",
        "2 different people must sign: nobody has.",
    ]

    signing.sign(deployment, "devops", actor=signing_as("devops"))
    with pytest.raises(Refused, match="signs last: Product manager must sign before"):
        signing.sign(deployment, "cto", actor=signing_as("cto"))
    signing.sign(deployment, "product_manager", actor=signing_as("product_manager"))
    signing.sign(deployment, "cto", actor=signing_as("cto"))

    assert signing.missing(deployment) == []


def test_one_person_in_several_roles_is_one_person():
    deployment = planned(**HIGH)
    ada = people.a_person("ada", group="DevOps")
    ada.groups.add(*Group.objects.filter(name__in=["Product manager", "CTO"]))
    for role in ("devops", "product_manager", "cto"):
        signing.sign(deployment, role, actor=acting(User.objects.get(pk=ada.pk)))

    assert signing.missing(deployment) == ["2 different people must sign: 1 has."]


def made_by(author: User, **values: str) -> Deployment:
    deployment = planned(**values)
    Release.objects.filter(pk=deployment.release_id).update(author=author)
    return Deployment.objects.get(pk=deployment.pk)


def test_the_author_of_a_medium_change_does_not_sign_for_it():
    ada = people.a_person("ada", group="DevOps")
    deployment = made_by(ada)
    assert signing.missing(deployment) == ["One person, not the author, must sign: nobody has."]

    with pytest.raises(Refused) as refusal:
        signing.sign(deployment, "devops", actor=acting(ada))

    assert refusal.value.code == "author"


def test_an_authors_signature_does_not_count_once_the_policy_says_so():
    ada = people.a_person("ada", group="DevOps")
    deployment = made_by(ada, category="low")
    signing.sign(deployment, "devops", actor=acting(ada))
    ChangePolicy.objects.filter(pk="low").update(not_the_author=True, roles=["devops"])

    assert signing.missing(deployment) == [
        "DevOps has signed, but as the author of the release: that does not count.",
        "One person, not the author, must sign: nobody has.",
    ]


def test_a_signature_is_taken_back_by_who_gave_it_while_planned():
    deployment = planned()
    linus = signing_as("devops", "linus")
    signing.sign(deployment, "devops", actor=linus)
    with pytest.raises(Forbidden, match="only they"):
        signing.withdraw(deployment, "devops", actor=signing_as("devops", "ada"), reason="Not mine")
    with pytest.raises(Invalid):
        signing.withdraw(deployment, "devops", actor=linus, reason="")

    signing.withdraw(deployment, "devops", actor=linus, reason="The disk is full")

    assert not SignOff.objects.exists()
    assert item(deployment, "sign_devops_engineer").state == "open"
    event = AuditEvent.objects.get(action="deployment.unsigned")
    assert str(event.reason) == "The disk is full"
    with pytest.raises(NotFound):
        signing.withdraw(deployment, "devops", actor=linus, reason="Again")


def test_what_the_cto_signed_on_is_not_taken_back():
    deployment = planned(**HIGH)
    for role in ("devops", "product_manager", "cto"):
        signing.sign(deployment, role, actor=signing_as(role))

    with pytest.raises(Refused, match="CTO has signed after"):
        signing.withdraw(deployment, "devops", actor=signing_as("devops"), reason="Doubts")
    signing.withdraw(deployment, "cto", actor=signing_as("cto"), reason="Doubts")


def test_once_it_runs_a_signature_stays_and_others_may_follow():
    release = builders.a_release()
    deployment = builders.in_production(release)

    with pytest.raises(Refused, match="began"):
        signing.withdraw(deployment, "devops", actor=signing_as("devops", "devops-person"), reason="Doubts")
    assert deployment.approved_by


def test_a_rehearsal_signs_nothing():
    deployment = planned()

    signing.sign(deployment, "devops", actor=signing_as("devops"), dry_run=True)

    assert not SignOff.objects.exists()
    assert not AuditEvent.objects.filter(action="deployment.signed").exists()


def test_who_may_sign_is_known_before():
    deployment = planned(**HIGH)
    policy = ChangePolicy.objects.get(pk="high")
    cto = people.a_person("ada", group=GROUPS[Role.CTO])

    assert "signs last" in signing.why_not(deployment, policy, Role.CTO, cto, [])
    assert signing.why_not(deployment, policy, Role.CTO, cto, ["devops", "product_manager"]) == ""


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_signatures_for_one_role_at_once_one_is_there():
    deployment = planned()
    both = [signing_as("devops", name) for name in ("ada", "linus")]

    found = at_once(*[lambda actor=actor: signing.sign(deployment, "devops", actor=actor) for actor in both])

    assert sorted(isinstance(each, Refused) for each in found) == [False, True]
    assert SignOff.objects.count() == 1
