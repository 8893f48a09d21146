"""Versions of templates: what is active, saved and brought back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from operations.errors import Forbidden, Invalid, NotFound, Refused
from operations.models import AuditEvent
from releases import templates
from releases.models import Template
from tests import builders
from tests.at_once import at_once
from tests.builders import ROOT, acting

pytestmark = pytest.mark.django_db
STEPS, ROLLING = "steps", "rolling"


def mine() -> str:
    return templates.built_in(STEPS, ROLLING).replace("title: Rolling update", "title: Our way")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A copy of the built-in files that a test may change."""
    for file in templates.FOLDER.glob("*.yaml"):
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(templates, "FOLDER", tmp_path)
    return tmp_path


def test_a_built_in_template_is_written_once():
    first, second = templates.active(STEPS, ROLLING), templates.active(STEPS, ROLLING)

    assert first == second
    assert (first.version, first.built_in, first.active) == (1, True, True)
    assert Template.objects.count() == 1


def test_every_built_in_template_may_stand_under_its_key():
    assert len(templates.refresh()) == 7

    for template in Template.objects.all():
        templates.check(template.kind, template.key, template.text)


def test_looking_at_a_template_writes_nothing():
    assert templates.current(STEPS, ROLLING).text == templates.built_in(STEPS, ROLLING)
    assert not Template.objects.exists()


def test_a_template_that_nobody_changed_follows_its_file(folder):
    templates.active(STEPS, ROLLING)
    (folder / "rolling.yaml").write_text(mine(), encoding="utf-8")

    found = templates.active(STEPS, ROLLING)

    assert (found.version, found.text, found.built_in) == (2, mine(), True)
    assert Template.objects.filter(active=True).count() == 1


def test_a_template_that_somebody_changed_stays_as_it_is(folder):
    ours = mine()
    templates.save(STEPS, ROLLING, ours, actor=ROOT)
    (folder / "rolling.yaml").write_text(ours + "\n# newer\n", encoding="utf-8")

    assert templates.active(STEPS, ROLLING).text == ours


def test_saving_makes_a_new_version_and_keeps_the_old_one():
    saved = templates.save(STEPS, ROLLING, mine().replace("\n", "\r\n"), actor=ROOT, version=1)

    assert (saved.version, saved.text, saved.built_in) == (2, mine(), False)
    assert [each.active for each in templates.history(STEPS, ROLLING)] == [True, False]
    event = AuditEvent.objects.get(action="template.saved")
    assert event.data == {"version": 2}


def test_saving_what_it_says_already_is_refused():
    with pytest.raises(Refused, match="already"):
        templates.save(STEPS, ROLLING, templates.built_in(STEPS, ROLLING), actor=ROOT)


def test_saving_over_what_somebody_else_saved_is_refused():
    templates.save(STEPS, ROLLING, mine(), actor=ROOT, version=1)

    with pytest.raises(Refused) as refusal:
        templates.save(STEPS, ROLLING, mine().replace("Our", "Their"), actor=ROOT, version=1)

    assert refusal.value.code == "changed"


@pytest.mark.parametrize(
    ("kind", "key", "text", "said"),
    [
        (STEPS, ROLLING, "title: [", "line"),
        (STEPS, ROLLING, templates.built_in(STEPS, "staging"), "action rollout"),
        (STEPS, "staging", templates.built_in(STEPS, ROLLING), "nothing is rolled out on staging"),
        ("checklist", "deployment", templates.built_in(STEPS, ROLLING), "has no field"),
    ],
)
def test_a_text_that_breaks_a_rule_is_not_saved(kind, key, text, said):
    with pytest.raises(Invalid) as refusal:
        templates.save(kind, key, text, actor=ROOT)

    assert said in refusal.value.fields["text"]
    assert not Template.objects.filter(built_in=False).exists()


def test_bringing_the_built_in_back_is_a_new_version():
    templates.save(STEPS, ROLLING, mine(), actor=ROOT)

    back = templates.revert(STEPS, ROLLING, actor=ROOT, version=2)

    assert (back.version, back.built_in) == (3, True)
    assert back.text == templates.built_in(STEPS, ROLLING)
    assert AuditEvent.objects.filter(action="template.reverted").count() == 1


def test_the_built_in_cannot_be_brought_back_to_itself():
    with pytest.raises(Refused, match="already"):
        templates.revert(STEPS, ROLLING, actor=ROOT)


@pytest.mark.parametrize(("kind", "key"), [("steps", "magic"), ("magic", "rolling"), ("steps", "../x")])
def test_there_are_no_other_templates(kind, key):
    with pytest.raises(NotFound):
        templates.active(kind, key)


def test_who_may_not_change_templates_saves_none():
    actor = acting(builders.a_person("ada", group="Release manager"))

    with pytest.raises(Forbidden):
        templates.save(STEPS, ROLLING, mine(), actor=actor)
    with pytest.raises(Forbidden):
        templates.revert(STEPS, ROLLING, actor=actor)


def test_a_built_in_that_another_wrote_since_it_was_looked_for_is_not_written_again(monkeypatch):
    looked = templates.current(STEPS, ROLLING)
    other = templates.active(STEPS, ROLLING)
    monkeypatch.setattr(templates, "current", lambda kind, key: looked)

    assert templates.active(STEPS, ROLLING) == other
    assert Template.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_who_write_a_built_in_at_once_write_it_once():
    found = at_once(*[lambda: templates.active(STEPS, ROLLING).version] * 4)

    assert found == [1, 1, 1, 1]
    assert Template.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_hears_that_it_changed():
    templates.active(STEPS, ROLLING)
    texts = [mine(), mine().replace("Our", "Their")]

    def saving(text: str) -> Callable[[], Template]:
        return lambda: templates.save(STEPS, ROLLING, text, actor=ROOT, version=1)

    found = at_once(*map(saving, texts))

    assert sorted(isinstance(each, Refused) for each in found) == [False, True]
    assert Template.objects.filter(active=True).count() == 1
