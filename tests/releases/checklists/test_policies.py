"""What a category asks for is data that an administrator changes."""

import pytest

from operations.errors import Forbidden, Invalid, Refused
from operations.models import AuditEvent
from releases import policies
from releases.checklists import signing
from releases.models import ChangePolicy
from tests import builders
from tests.builders import ROOT, acting
from tests.releases.checklists.builders import planned

pytestmark = pytest.mark.django_db


def of(category: str) -> ChangePolicy:
    return ChangePolicy.objects.get(pk=category)


def test_a_change_counts_for_what_is_planned():
    deployment = planned(category="low")

    changed = policies.change(
        of("low"), actor=ROOT, version=1, roles=["qa_lead", "dba"], people=2, last="dba"
    )

    assert (changed.version, changed.roles, changed.last) == (2, ["dba", "qa_lead"], "dba")
    assert signing.missing(deployment) == [
        "Database administrator has not signed.",
        "QA lead has not signed.",
        "2 different people must sign: nobody has.",
    ]
    event = AuditEvent.objects.get(action="policy.changed")
    assert event.data == {"people": [1, 2], "roles": [[], ["dba", "qa_lead"]], "last": ["", "dba"]}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"people": 0}, "people"),
        ({"people": 21}, "people"),
        ({"people": True}, "people"),
        ({"roles": ["cook"]}, "roles"),
        ({"roles": ["dba", "dba"]}, "roles"),
        ({"roles": "dba"}, "roles"),
        ({"roles": ["dba"], "last": "cto"}, "last"),
        ({"methods": []}, "methods"),
        ({"methods": ["magic"]}, "methods"),
        ({"methods": ["rolling"]}, "methods"),
        ({"examples": " "}, "examples"),
        ({"examples": "x" * 201}, "examples"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(values, field):
    with pytest.raises(Invalid) as refusal:
        policies.change(of("high"), actor=ROOT, **values)

    assert list(refusal.value.fields) == [field]


def test_nothing_new_and_an_old_picture_are_refused():
    with pytest.raises(Refused, match="already"):
        policies.change(of("high"), actor=ROOT, roles=["cto", "devops", "product_manager"])
    policies.change(of("high"), actor=ROOT, people=3)

    with pytest.raises(Refused) as refusal:
        policies.change(of("high"), actor=ROOT, version=1, people=2)
    assert refusal.value.code == "changed"


def test_a_rehearsal_changes_nothing():
    assert policies.change(of("high"), actor=ROOT, people=3, dry_run=True).people == 3
    assert of("high").people == 2


def test_only_an_administrator_changes_them():
    with pytest.raises(Forbidden):
        policies.change(of("low"), actor=acting(builders.a_person(group="Release manager")), people=2)
