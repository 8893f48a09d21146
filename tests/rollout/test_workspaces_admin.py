"""Workspaces in the admin: list, page, edit, and CSV in and out."""

import csv
import io
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.admin.utils import quote as admin_quote
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from operations.doors import csv_forms
from operations.models import AuditEvent
from rollout import exports, phases, workspaces
from rollout.admin import workspace_forms
from rollout.models import Import, ImportFault, Member, StagedMember, Workspace
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db

LIST = "/admin/rollout/workspace/"
IMPORT = f"{LIST}import/"
NHS = {
    "map_id": "ods",
    "map_name": "title",
    "default_tier": "professional",
    "default_status": "active",
    "default_role": "pharmacist",
    "encoding": "utf-8",
}


@pytest.fixture
def client() -> Client:
    return signed_in("Product manager")


def signed_in(group: str) -> Client:
    found = Client()
    found.force_login(builders.a_person(f"a {group}", group=group))
    return found


def upload(client: Client, text: str | bytes, **fields: str) -> Any:
    data = text.encode() if isinstance(text, str) else text
    file = SimpleUploadedFile("pharmacies.csv", data, "text/csv")
    return client.post(IMPORT, {**NHS, **fields, "file": file})


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def text_of(response: Any) -> str:
    assert response.status_code == 200
    found: str = response.content.decode()
    return found


def content(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode())))


def test_a_file_is_read_shown_and_applied_when_it_is_confirmed(client: Client) -> None:
    builders.a_plan_in_phase(1, eligible=100)
    answer = upload(client, "ods,title\nA1,=First\nZ1,Second\n")
    batch = Import.objects.get()
    assert answer.url == f"{IMPORT}{batch.pk}/"
    page = text_of(client.get(answer.url))
    assert "2 rows were read" in page
    assert "gain it" in page
    assert not Workspace.objects.filter(pk="A1").exists()
    done: Any = client.post(answer.url)
    assert done.url == LIST
    assert said(done) == ["pharmacies.csv: 2 created, 0 updated, 0 unchanged."]
    assert Workspace.objects.get(pk="A1").name == "=First"
    assert Member.objects.filter(workspace="A1", role="pharmacist").exists()
    assert not StagedMember.objects.exists()
    event = AuditEvent.objects.get(action="workspaces.imported")
    assert (event.door, event.actor) == ("admin", "a Product manager")


def test_bad_rows_are_named_and_nothing_can_be_confirmed(client: Client) -> None:
    answer = upload(client, "ods,title\n" + "".join(f"A{n},\n" for n in range(60)) + "=x,<b>B</b>,c\n")
    page = text_of(client.get(answer.url))
    assert "61 faults" in page
    assert "The first 50 of 61" in page
    assert ">Import</button>" not in page
    rows = content(client.get(f"{answer.url}faults/"))
    assert len(rows) == 62
    assert rows[1] == ["2", "name", "is empty"]
    client.post(answer.url)
    assert not Workspace.objects.exists()
    dropped: Any = client.post(answer.url, {"discard": "1"})
    assert dropped.url == LIST
    assert not Import.objects.exists()
    assert not ImportFault.objects.exists()


def test_missing_columns_are_told_at_the_file_and_what_was_entered_stays(client: Client) -> None:
    page = text_of(upload(client, "code,title\nA1,First\n", default_region="North West"))
    assert "The file has no column &#x27;ods&#x27;" in page
    assert "code, title" in page
    assert "North West" in page
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The submitted file is empty"),
        (b"ods,title\n", "a header and no rows"),
        (b"ods,t\xefle\n", "not UTF-8"),
    ],
)
def test_a_file_that_is_none_is_told(client: Client, data: bytes, says: str) -> None:
    assert says in text_of(upload(client, data))


def test_a_bad_default_is_told_at_its_field(client: Client) -> None:
    page = text_of(upload(client, "ods,title\nA1,First\n", default_tier="Gold Plan"))
    assert "&#x27;Gold Plan&#x27; must be lower-case" in page


def test_a_large_file_is_refused_with_the_command_that_takes_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_forms, "LARGEST_FILE", 10)
    assert "manage.py workspaces import FILE" in text_of(upload(client, "ods,title\nA1,First\n"))
    assert not Import.objects.exists()


def test_other_encodings_are_a_choice(client: Client) -> None:
    answer = upload(client, "ods,title\nA1,Müller\n".encode("cp1252"), encoding="cp1252")
    client.post(answer.url)
    assert Workspace.objects.get().name == "Müller"


def test_the_form_can_be_filled_in_by_a_link_for_the_real_list(client: Client) -> None:
    page = text_of(client.get(IMPORT))
    assert "?map_id=organisation_data_service_code&amp;map_name=pharmacy_name" in page
    filled = text_of(client.get(IMPORT, workspace_forms.NHS_LIST))
    assert 'value="organisation_data_service_code"' in filled


def test_a_large_loss_is_shown_and_confirmed_with_a_tick(client: Client) -> None:
    builders.a_plan_in_phase(1)
    answer = upload(client, "ods,title\nW00000,First\n", default_status="cancelled")
    page = text_of(client.get(answer.url))
    assert "This would take Patient Engagement from 1 of the 4" in page
    assert "confirm_loss" in page
    refused: Any = client.post(answer.url)
    assert refused.url == answer.url
    assert "confirm the loss" in said(refused)[0]
    assert Workspace.objects.get(pk="W00000").status == "active"
    assert client.post(answer.url, {"confirm_loss": "on"}).headers["Location"] == LIST
    assert Workspace.objects.get(pk="W00000").status == "cancelled"


def test_an_import_that_was_applied_is_not_applied_again(client: Client) -> None:
    answer = upload(client, "ods,title\nA1,First\n")
    client.post(answer.url)
    again: Any = client.post(answer.url)
    assert again.url == LIST
    assert "was applied or dropped" in said(again)[-1]


@pytest.mark.parametrize("path", ["", "00000000-0000-0000-0000-000000000000/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_importing_asks_for_permission(path: str, method: str) -> None:
    viewer = signed_in("Viewer")
    assert getattr(viewer, method)(IMPORT + path).status_code == 403
    assert "Import CSV" not in text_of(viewer.get(LIST))
    assert viewer.get(f"{IMPORT}00000000-0000-0000-0000-000000000000/faults/").status_code == 403


def some() -> None:
    batch = [
        {"id": "FA1", "name": "=Acorn", "tier": "professional", "status": "active", "region": "Bolton"},
        {"id": "FA2", "name": "Beech", "tier": "basic", "status": "active", "region": "Bury"},
        {"id": "FB1", "name": "Cedar", "tier": "professional", "status": "trial"},
    ]
    members = [{"member": "ada", "role": "pharmacist", "email": "ada@example.org"}, {"role": "owner"}]
    workspaces.upsert([{**each, "members": members} for each in batch], source="x", actor=ROOT)


def listed(client: Client, query: str) -> set[str]:
    response = client.get(f"{LIST}?{query}")
    text_of(response)
    return {workspace.pk for workspace in response.context["cl"].result_list}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=fa", {"FA1", "FA2"}),
        ("q=ceda", {"FB1"}),
        ("q=bolt", {"FA1"}),
        ("tier=professional", {"FA1", "FB1"}),
        ("tier=professional&status=trial", {"FB1"}),
        ("region=(none)", {"FB1"}),
        ("rollout=in:patient_engagement", {"FA1"}),
        ("rollout=control:patient_engagement", {"FB1"}),
        ("rollout=not:patient_engagement", {"FA2"}),
        ("rollout=odd:patient_engagement", {"FA1", "FA2", "FB1"}),
        ("rollout=in:nothing", {"FA1", "FA2", "FB1"}),
    ],
)
def test_the_list_is_searched_and_filtered_and_exported_so(
    client: Client, query: str, found: set[str]
) -> None:
    builders.modules()
    some()
    phases.run(builders.engagement(), 1, actor=ROOT)
    assert listed(client, query) == found
    rows = content(client.get(f"{LIST}export/?{query}"))
    assert rows[0] == list(exports.HEADER)
    assert {row[0] for row in rows[1:]} == found


def test_filters_show_how_many_the_others_leave(client: Client) -> None:
    some()
    page = text_of(client.get(f"{LIST}?tier=professional"))
    for counted in ("professional (2)", "basic (1)", "active (1)", "trial (1)", "Bolton (1)", "(none) (1)"):
        assert counted in page
    assert "active (2)" not in page
    assert f"{LIST}export/?tier=professional" in page


def test_an_export_is_safe_to_open_and_asks_for_permission(client: Client) -> None:
    some()
    assert content(client.get(f"{LIST}export/"))[1][:2] == ["FA1", "'=Acorn"]
    nobody = Client()
    nobody.force_login(User.objects.create_user("nobody", is_staff=True))
    assert nobody.get(f"{LIST}export/").status_code == 403


def test_a_workspace_shows_its_members_its_cohorts_and_why(client: Client) -> None:
    builders.a_plan_in_phase(1)
    page = text_of(client.get(f"{LIST}W00000/change/"))
    assert "pharmacist (unnamed)" in page
    assert "In the cohort of" in page
    asked = text_of(client.get(f"{LIST}W00009/change/?flag=patient_engagement_module"))
    assert "op-answer-off" in asked
    assert "op-answer" not in text_of(client.get(f"{LIST}W00009/change/?flag=none"))


def test_a_workspace_whose_id_has_odd_characters_has_its_pages(client: Client) -> None:
    pk = "a_41/b:ü?"
    builders.workspaces([pk])
    page = text_of(client.get(reverse("admin:rollout_workspace_change", args=[admin_quote(pk)])))
    assert "Pharmacy a_41/b:ü?" in page
    answer: Any = client.post(edit_page(pk), edited(client, pk, name="Better"))
    assert Workspace.objects.get().name == "Better"
    assert answer.url == reverse("admin:rollout_workspace_change", args=[admin_quote(pk)])


def edit_page(pk: str) -> str:
    return f"{LIST}operate/edit/?object={quote(pk)}"


def edited(client: Client, pk: str, **changes: str) -> dict[str, str]:
    """What a browser sends: every field of the form as it was shown, with changes."""
    response = client.get(edit_page(pk))
    text_of(response)
    form = response.context["form"]
    fields = {name: str(form[name].value() or "") for name in form.fields}
    return {
        **fields,
        "object": response.context["targets"][0].token,
        "seen": response.context["seen"],
    } | changes


def test_an_edit_goes_through_the_verb(client: Client) -> None:
    some()
    answer: Any = client.post(
        edit_page("FA2"), edited(client, "FA2", tier="Premium", time_zone="Europe/London")
    )
    assert answer.url == f"{LIST}FA2/change/"
    assert said(answer) == ["FA2 was saved."]
    stored = Workspace.objects.get(pk="FA2")
    assert (stored.tier, stored.time_zone, stored.name) == ("premium", "Europe/London", "Beech")
    event = AuditEvent.objects.get(action="workspace.edited")
    assert (event.door, event.subject_id) == ("admin", "FA2")


def test_a_bad_value_is_told_at_its_field(client: Client) -> None:
    some()
    page = text_of(client.post(edit_page("FA2"), edited(client, "FA2", time_zone="Mars", tier="Gold Plan")))
    assert "no IANA time zone" in page
    assert "must be lower-case" in page
    assert not AuditEvent.objects.filter(action="workspace.edited").exists()


def test_an_edit_of_an_old_picture_is_told(client: Client) -> None:
    some()
    data = edited(client, "FA2", name="Mine")
    workspaces.edit(Workspace.objects.get(pk="FA2"), actor=ROOT, name="Theirs")
    page = text_of(client.post(edit_page("FA2"), data))
    assert "was changed since this was shown" in page
    assert Workspace.objects.get(pk="FA2").name == "Theirs"


def test_a_viewer_may_not_edit(client: Client) -> None:
    some()
    viewer = signed_in("Viewer")
    assert viewer.get(edit_page("FA2")).status_code == 403
    page = text_of(viewer.get(f"{LIST}FA2/change/"))
    assert "operate/edit" not in page


def test_pages_make_as_many_queries_for_few_rows_as_for_many(client: Client) -> None:
    def counted() -> list[int]:
        found = []
        for page in (LIST, f"{LIST}W00000/change/", f"{LIST}?rollout=in:patient_engagement&q=W"):
            client.get(page)
            with CaptureQueriesContext(connection) as queries:
                text_of(client.get(page))
            found.append(len(queries))
        return found

    builders.a_plan_in_phase(1)
    few = counted()
    builders.workspaces(builders.numbered(200, start=100))
    assert counted() == few
    assert max(few) < 20
