"""Variants through the admin: values as people write them, shares by weight."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from rollout import flags, overrides, targeting
from rollout.models import Flag, Override
from rollout.targeting import VariantDraft
from tests import builders
from tests.builders import ROOT

pytestmark = pytest.mark.django_db


def a_flag(value_type: str) -> Flag:
    builders.a_plan_in_phase(1)
    return flags.create(builders.module(), "colour", name="Colour", value_type=value_type, actor=ROOT)


def page(flag: Flag, operation: str = "variants") -> str:
    return f"{reverse('admin:rollout_flag_operate', args=[operation])}?object={flag.pk}"


def sent(client: Client, flag: Flag, *rows: tuple[str, str, str], **more: str) -> str:
    data = {"object": f"{flag.pk}:{flag.version}", **more}
    for number, row in enumerate(rows):
        data |= {
            f"variants-{number}-{name}": text
            for name, text in zip(("key", "value", "weight"), row, strict=True)
        }
    return client.post(page(flag), data, follow=True).content.decode()


@pytest.mark.parametrize(
    ("value_type", "text", "value"),
    [
        ("string", " a text\r\nof two lines ", " a text\nof two lines "),
        ("integer", "-5", -5),
        ("float", "2", 2.0),
        ("object", "items = 5\r\nlabel = Small", {"items": 5, "label": "Small"}),
        ("object", '{"deep": {"a": [1]}}', {"deep": {"a": [1]}}),
    ],
)
def test_a_value_is_written_as_people_write_it(
    manager: Client, value_type: str, text: str, value: Any
) -> None:
    flag = a_flag(value_type)
    sent(manager, flag, ("one", text, "1"))
    assert flag.variants.get().value == value
    flag.refresh_from_db()
    # What the editor shows of it and gets back changes nothing.
    shown = manager.get(page(flag)).context["form"].initial["variants"].rows[0]
    sent(manager, flag, (shown["key"], shown["value"], shown["weight"]))
    assert Flag.objects.get(pk=flag.pk).version == flag.version


@pytest.mark.parametrize(
    ("value_type", "text", "said"),
    [
        ("integer", "1.5", "Must be a whole number"),
        ("float", "much", "Must be a number"),
        ("float", "inf", "Must be a number"),
        ("object", "no sense", "Line 1: write it as name = value"),
    ],
)
def test_a_value_of_another_type_is_marked_at_its_row(
    manager: Client, value_type: str, text: str, said: str
) -> None:
    flag = a_flag(value_type)
    shown = sent(manager, flag, ("one", text, "1"))
    assert f'id="variants-0-value-fault">{said}' in shown
    assert not flag.variants.exists()


def test_faults_of_keys_and_weights_stand_at_their_rows(manager: Client) -> None:
    flag = a_flag("string")
    shown = sent(manager, flag, ("one", "a", "1"), ("one", "b", "much"), ("off", "c", "5"))
    assert "variants-1-weight-fault" in shown
    shown = sent(manager, flag, ("one", "a", "1"), ("one", "b", "2"), ("off", "c", "5"))
    assert "stands here twice" in shown
    assert "variants-2-weight-fault" in shown


def test_the_page_shows_shares_in_percent(manager: Client) -> None:
    flag = a_flag("string")
    shown = sent(manager, flag, ("blue", "#00f", "1"), ("red", "#f00", "3"), ("off", "grey", "0"))
    assert "25 %" in shown
    assert "75 %" in shown
    assert "where it is off" in shown
    assert "3 variants: blue (weight 1)" in shown


def test_a_variant_that_something_names_stays(manager: Client) -> None:
    flag = a_flag("string")
    sent(manager, flag, ("blue", "#00f", "1"), ("red", "#f00", "1"))
    flag.refresh_from_db()
    overrides.override(flag, "W00001", True, variant="red", reason="Pilot", actor=ROOT)
    flag.refresh_from_db()
    shown = sent(manager, flag, ("blue", "#00f", "1"))
    assert "answer red" in shown
    assert flag.variants.count() == 2


def test_rows_of_variants_are_added_and_moved(manager: Client) -> None:
    flag = a_flag("integer")
    shown = sent(manager, flag, ("a", "1", "1"), ("b", "2", "1"), _preview="up:variants-1")
    assert shown.index('value="b"') < shown.index('value="a"')
    assert "variants-2-key" in sent(manager, flag, ("a", "1", "1"), ("b", "2", "1"), _preview="add:variants")


def test_a_flag_that_is_on_or_off_has_no_variants(manager: Client) -> None:
    builders.a_plan_in_phase(1)
    address = reverse("admin:rollout_flag_change", args=[builders.flag().pk])
    assert "Change variants" not in manager.get(address).content.decode()


def test_an_override_chooses_a_variant(manager: Client) -> None:
    flag = a_flag("string")
    drafts = [VariantDraft("blue", "#00f", 1), VariantDraft("red", "#f00", 0), VariantDraft("off", "grey")]
    targeting.set_variants(flag, drafts, actor=ROOT)
    form = manager.get(page(flag, "override")).content.decode()
    assert "On, always red" in form
    assert "On, always off" not in form
    data = {"object": f"{flag.pk}:", "unit": "W00001", "value": "variant:red", "reason": "Pilot"}
    shown = manager.post(page(flag, "override"), data, follow=True).content.decode()
    assert "on: red" in shown
    assert Override.objects.get().variant == "red"
