"""What leaves as CSV: one row a member, safe to open in a spreadsheet."""

import pytest

from rollout import exports
from rollout.models import Member, Workspace

pytestmark = pytest.mark.django_db


def test_each_member_has_a_row_and_a_workspace_without_members_has_one() -> None:
    first = Workspace.objects.create(id="a", name="=1+1", tier="pro", status="active", region="@home")
    Workspace.objects.create(id="b", name="B", tier="pro", status="trial", time_zone="Europe/London")
    Member.objects.create(workspace=first, member="+ada", role="pharmacist", email="-x@example.org")
    Member.objects.create(workspace=first, member="unnamed:owner", role="owner", active=False)
    assert list(exports.rows()) == [
        ["a", "'=1+1", "pro", "active", "'@home", "", "'+ada", "pharmacist", "'-x@example.org", "true"],
        ["a", "'=1+1", "pro", "active", "'@home", "", "", "owner", "", "false"],
        ["b", "B", "pro", "trial", "", "Europe/London", "", "", "", ""],
    ]


def test_a_filter_is_respected() -> None:
    Workspace.objects.create(id="a", name="A", tier="pro", status="active")
    Workspace.objects.create(id="b", name="B", tier="pro", status="trial")
    assert [cells[0] for cells in exports.rows(Workspace.objects.filter(status="trial"))] == ["b"]
    assert [found["id"] for found in exports.documents(Workspace.objects.filter(status="trial"))] == ["b"]


def test_documents_have_the_form_that_upsert_takes() -> None:
    workspace = Workspace.objects.create(id="a", name="A", tier="pro", status="active")
    Member.objects.create(workspace=workspace, member="ada", role="pharmacist", email="ada@example.org")
    Member.objects.create(workspace=workspace, member="unnamed:owner", role="owner")
    assert list(exports.documents()) == [
        {
            "id": "a",
            "name": "A",
            "tier": "pro",
            "status": "active",
            "region": "",
            "timeZone": "",
            "members": [
                {"member": "ada", "role": "pharmacist", "email": "ada@example.org", "active": True},
                {"role": "owner", "email": "", "active": True},
            ],
        }
    ]
