"""The built-in checklist is the guides' own."""

import pytest

from releases import templates
from releases.checklists.proofs import PROOFS
from releases.roles import Role
from releases.template_text import read_checklist
from releases.template_text.proof_names import PROOF_NAMES
from tests.releases.checklists.guide_boxes import BOXES

CHECKLIST = read_checklist(templates.built_in("checklist", "deployment"))


def test_it_has_every_box_of_the_guides_with_its_points():
    found = [(item.part, item.section, item.title, list(item.points)) for item in CHECKLIST.items]

    assert found == BOXES


def test_the_guides_have_seventy_eight_boxes():
    assert len(BOXES) == 78


def test_before_production_stand_the_lists_that_the_guides_call_pre():
    before = {(item.part, item.section) for item in CHECKLIST.items if item.stage == "before"}

    assert before == {
        ("Pre-Deployment Checklist", "1. Environment Preparation"),
        ("Pre-Deployment Checklist", "2. Code and Configuration"),
        ("Pre-Deployment Checklist", "3. Database Preparation"),
        ("Pre-Deployment Checklist", "4. Security Review"),
        ("Pre-Deployment Checklist", "5. Monitoring and Alerting"),
        ("Deployment Execution Checklist", "1. Pre-Deployment Steps"),
        ("Communication Plan", "Stakeholder Communication"),
        ("Update Checklist Template", "Pre-Update Checklist"),
    }


@pytest.mark.parametrize(
    ("title", "stage"),
    [("Pre-Deployment", "before"), ("During Deployment", "during"), ("Post-Deployment", "after")],
)
def test_each_box_of_the_communication_has_its_own_stage(title, stage):
    found = [item.stage for item in CHECKLIST.items if (item.section, item.title) == (PLAN, title)]

    assert found == [stage]


PLAN = "Stakeholder Communication"


def test_each_role_signs_one_box():
    assert sorted(item.role for item in CHECKLIST.items if item.role) == sorted(Role)


def test_every_proof_that_a_box_may_name_can_be_looked_at():
    assert sorted(PROOFS) == sorted(PROOF_NAMES)


def test_every_proof_is_used_by_a_box():
    assert {item.proof for item in CHECKLIST.items if item.proof} == set(PROOF_NAMES)
