"""The checklist, the templates and the policies in the admin."""

import pytest
from django.urls import reverse

from releases import templates
from releases.checklists import signing
from releases.models import ChangePolicy, ChecklistItem, SignOff, Template
from tests.builders import ROOT, signed_in
from tests.releases.checklists.builders import item, planned, signing_as

pytestmark = pytest.mark.django_db
ACCESS = "pre_production_server_access_verified"


@pytest.fixture
def deployment():
    return planned(category="high", method="blue_green")


def address(deployment) -> str:
    return reverse("admin:releases_deployment_checklist", args=[deployment.pk])


def shown(client, deployment) -> str:
    return client.get(address(deployment)).content.decode()


def test_the_page_shows_every_box_with_its_points_and_what_is_missing(deployment):
    page = shown(signed_in("Viewer"), deployment)

    for box in ChecklistItem.objects.filter(deployment=deployment):
        assert f'id="box-{box.key}"' in page
    assert "SSH access to production servers" in page
    assert "22 boxes to tick" in page
    assert "DevOps has not signed." in page
    assert 'name="action" value="tick"' not in page


def test_the_page_takes_the_same_queries_however_much_is_ticked(deployment, django_assert_max_num_queries):
    client = signed_in("Administrator")
    with django_assert_max_num_queries(20):
        client.get(address(deployment))


def test_a_box_is_ticked_opened_and_left_out_on_the_page(deployment):
    client, box = signed_in("Release manager"), item(deployment, ACCESS)

    answer = client.post(address(deployment), {"action": "tick", "item": box.pk, "note": "Seen"})
    assert answer["Location"] == f"{address(deployment)}#box-{ACCESS}"
    assert item(deployment, ACCESS).note == "Seen"
    assert "Ticked by ada" in shown(client, deployment)

    client.post(address(deployment), {"action": "untick", "item": box.pk, "note": ""})
    assert item(deployment, ACCESS).state == "open"
    client.post(address(deployment), {"action": "not_applicable", "item": box.pk, "note": "No servers"})
    assert item(deployment, ACCESS).state == "not_applicable"


def test_a_note_that_is_missing_is_asked_for_at_its_box(deployment):
    client, box = signed_in("Release manager"), item(deployment, ACCESS)

    answer = client.post(address(deployment), {"action": "not_applicable", "item": box.pk, "note": ""})

    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'id="fault-{box.pk}"' in page
    assert "The note must say why" in page


def test_a_section_is_ticked_on_the_page_and_a_second_time_is_told(deployment):
    client = signed_in("Release manager")
    given = {"action": "tick_section", "part": "Documentation Updates", "section": "Technical Documentation"}

    client.post(address(deployment), given)
    assert item(deployment, "docs_api_documentation").state == "done"

    again = client.post(address(deployment), given, follow=True)
    assert "No box of this section is left" in again.content.decode()


def test_the_portal_looks_again_when_asked(deployment):
    signed_in("Release manager").post(address(deployment), {"action": "prove"})

    assert ChecklistItem.objects.filter(deployment=deployment, proved=True).exists()
    assert "Proved by the portal" in shown(signed_in("Viewer", "grace"), deployment)


def test_a_person_signs_for_the_roles_of_their_groups_on_the_page(deployment):
    client = signed_in("DevOps", "linus")
    page = shown(client, deployment)
    assert "Sign for DevOps" in page
    assert "Sign for CTO" not in page

    answer = client.post(address(deployment), {"action": "sign", "role": "devops", "note": ""})

    assert answer["Location"].endswith("#sign-off")
    assert SignOff.objects.get().username == "linus"
    assert "Withdraw this signature" in shown(client, deployment)
    asked = client.post(address(deployment), {"action": "withdraw", "role": "devops", "note": ""})
    assert "The note must say why" in asked.content.decode()
    client.post(address(deployment), {"action": "withdraw", "role": "devops", "note": "Doubts"})
    assert not SignOff.objects.exists()


def test_who_signs_last_is_told_what_for_they_wait(deployment):
    page = shown(signed_in("CTO", "margaret"), deployment)

    assert "CTO signs last: DevOps, Product manager must sign before." in page
    assert "Sign for CTO" not in page


def test_nobody_signs_or_ticks_without_the_permission(deployment):
    client, box = signed_in("Viewer"), item(deployment, ACCESS)

    for given in ({"action": "tick", "item": box.pk}, {"action": "sign", "role": "cto"}, {"action": "prove"}):
        assert client.post(address(deployment), given).status_code == 403


@pytest.mark.parametrize(
    "given", [{}, {"action": "dance"}, {"action": "tick"}, {"action": "tick", "item": "1 OR 1"}]
)
def test_a_form_that_the_page_does_not_have_is_not_found(deployment, given):
    assert signed_in("Administrator").post(address(deployment), given).status_code == 404


def test_a_note_is_shown_as_text(deployment):
    client, box = signed_in("Release manager"), item(deployment, ACCESS)

    client.post(address(deployment), {"action": "tick", "item": box.pk, "note": "<script>alert(1)</script>"})

    assert "<script>alert(1)" not in shown(client, deployment)
    assert "&lt;script&gt;alert(1)" in shown(client, deployment)


def edit(template: Template, text: str, client=None):
    address = reverse("admin:releases_template_operate", args=["edit"])
    given = {"object": f"{template.pk}:{template.version}", "text": text, "seen": ""}
    return (client or signed_in("Administrator")).post(address, given)


def test_the_list_has_the_active_template_of_each_key():
    templates.refresh()
    templates.save("steps", "rolling", templates.built_in("steps", "rolling") + "# ours\n", actor=ROOT)

    page = signed_in("Viewer").get(reverse("admin:releases_template_changelist")).content.decode()

    assert page.count("field-kind") == 7
    assert "Blue green" in page


def test_a_template_is_edited_and_its_history_kept():
    template = templates.active("steps", "rolling")

    answer = edit(template, template.text.replace("title: Rolling update", "title: Our way"))

    assert answer.status_code == 302
    newest = templates.active("steps", "rolling")
    assert newest.version == 2
    page = signed_in("Viewer").get(reverse("admin:releases_template_change", args=[newest.pk]))
    assert "Our way" in page.content.decode()
    assert "Version 1" in page.content.decode()


def test_a_fault_is_shown_at_the_field_and_nothing_is_saved():
    template = templates.active("steps", "rolling")

    answer = edit(template, template.text.replace("runner: person", "runner: robot"))

    assert answer.status_code == 200
    assert "runner must be one of portal, webhook, person" in answer.content.decode()
    assert Template.objects.count() == 1


def test_an_old_version_points_to_the_active_one_and_is_not_edited():
    template = templates.active("steps", "rolling")
    templates.save("steps", "rolling", template.text + "# ours\n", actor=ROOT)

    page = signed_in("Administrator").get(reverse("admin:releases_template_change", args=[template.pk]))

    assert "An older version." in page.content.decode()
    assert "operate/edit" not in page.content.decode()
    assert "changed since you saw it" in edit(template, template.text + "# theirs\n").content.decode()


def test_the_built_in_text_is_brought_back():
    ours = templates.save("steps", "rolling", templates.built_in("steps", "rolling") + "# o\n", actor=ROOT)
    address = reverse("admin:releases_template_operate", args=["revert"])

    signed_in("Administrator").post(address, {"object": f"{ours.pk}:{ours.version}", "seen": ""})

    assert templates.active("steps", "rolling").built_in


def test_the_checklists_template_shows_its_boxes():
    template = templates.active("checklist", "deployment")

    page = signed_in("Viewer").get(reverse("admin:releases_template_change", args=[template.pk]))

    assert "78 boxes" in page.content.decode()


def test_only_an_administrator_edits_a_template():
    template = templates.active("steps", "rolling")

    assert edit(template, "x", signed_in("Release manager")).status_code == 403


def test_a_policy_is_changed_on_its_page():
    address = reverse("admin:releases_changepolicy_operate", args=["change"])
    given = {
        "object": "low:1", "people": "2", "roles": ["devops", "cto"], "last": "cto", "methods": ["rolling"],
        "examples": "Texts", "seen": "",
    }  # fmt: skip

    answer = signed_in("Administrator").post(address, given)

    assert answer.status_code == 302
    policy = ChangePolicy.objects.get(pk="low")
    assert (policy.people, policy.roles, policy.last, policy.version) == (2, ["devops", "cto"], "cto", 2)
    listed = signed_in("Viewer", "grace").get(reverse("admin:releases_changepolicy_changelist"))
    assert "DevOps, CTO (last)" in listed.content.decode()


def test_a_policy_that_cannot_be_is_refused_at_its_field():
    address = reverse("admin:releases_changepolicy_operate", args=["change"])
    given = {
        "object": "high:1", "people": "2", "roles": ["devops"], "last": "cto", "methods": ["blue_green"],
        "examples": "Schema", "seen": "",
    }  # fmt: skip

    answer = signed_in("Administrator").post(address, given)

    assert "must be one of the roles that sign" in answer.content.decode()


def test_a_signature_of_another_day_is_on_the_page(deployment):
    signing.sign(deployment, "dba", actor=signing_as("dba", "edgar"), note="Indexes are fine")

    page = shown(signed_in("Viewer"), deployment)

    assert "Signed by edgar" in page
    assert "Indexes are fine" in page
