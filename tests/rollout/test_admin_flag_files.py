"""A module's flags as a file, through the admin."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from rollout import flags
from rollout.models import Flag, Module
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def modules() -> None:
    builders.modules()


def address(page: str, module: Module | None = None) -> str:
    return reverse(f"admin:rollout_module_flags_{page}", args=[(module or builders.module()).pk])


def exported(client: Client) -> str:
    response = client.get(address("export"))
    assert "patient_engagement-flags.yaml" in response["Content-Disposition"]
    return response.content.decode()


def uploaded(client: Client, text: str | bytes) -> str:
    content = text if isinstance(text, bytes) else text.encode()
    response = client.post(address("import"), {"file": SimpleUploadedFile("flags.yaml", content)})
    assert response.status_code == 200
    return response.content.decode()


def seen_in(page: str) -> str:
    return page.split('name="seen" value="')[1].split('"', maxsplit=1)[0]


def test_what_was_exported_changes_nothing(manager: Client) -> None:
    text = uploaded(manager, exported(manager))
    assert "Nothing: the flags are as the file has them" in text
    assert "Import</button>" not in text


def test_a_file_is_shown_first_and_imported_when_that_is_confirmed(manager: Client) -> None:
    text = exported(manager)
    core = builders.flag()
    changed = text.replace(core.name, "Another name", 1)
    page = uploaded(manager, changed)
    assert "Flags changed: 1" in page
    assert core.key in page
    assert builders.flag().name == core.name
    answer = manager.post(address("import"), {"text": changed, "seen": seen_in(page)}, follow=True)
    assert "are imported: 0 created, 1 changed" in answer.content.decode()
    assert builders.flag().name == "Another name"


def test_a_module_that_changed_meanwhile_is_shown_again(manager: Client) -> None:
    text = exported(manager)
    changed = text.replace(builders.flag().name, "Another name", 1)
    seen = seen_in(uploaded(manager, changed))
    flag = builders.flag("clinical_alerts")
    flags.describe(flag, name="Theirs", description="", owner="", expires_on=None, actor=ROOT)
    page = manager.post(address("import"), {"text": changed, "seen": seen}).content.decode()
    assert "Confirm once more" in page
    assert Flag.objects.get(pk=flag.pk).name == "Theirs"


def test_every_fault_of_a_file_is_named_with_its_place(manager: Client) -> None:
    flag = "  - {key: Bad key, name: One, rules: [{name: One, share: 101}]}"
    page = uploaded(manager, f"module: patient_engagement\nflags:\n{flag}\n")
    assert "<code>flags[0].key</code>" in page
    assert "Nothing was imported" in page


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00", "not in UTF-8"),
        (b"#" * 2_000_001, "more than 2 MB"),
        (b"module: nothing\nflags: []\n", "nothing"),
        (b"module: health_management\nflags: []\n", "health_management"),
        (b": [", "fault"),
    ],
)
def test_a_file_that_is_none_is_refused(manager: Client, content: bytes, said: str) -> None:
    before = Flag.objects.count()
    assert said in uploaded(manager, content)
    assert Flag.objects.count() == before


def test_no_file_at_all_is_asked_for(manager: Client) -> None:
    assert "Choose a file" in manager.post(address("import"), {}).content.decode()


def test_a_viewer_may_export_and_not_import(manager: Client) -> None:
    client = builders.signed_in("Viewer", "eve")
    assert client.get(address("export")).status_code == 200
    assert client.get(address("import")).status_code == 403
    module = client.get(reverse("admin:rollout_module_change", args=[builders.module().pk]))
    assert "Export flags" in module.content.decode()
    assert "Import flags" not in module.content.decode()
