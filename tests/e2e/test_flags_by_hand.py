"""A product manager gives a flag rules and variants in the browser, and tries them first."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from rollout import flags, segments, targeting
from rollout.models import Flag, FlagUsage
from rollout.targeting import RuleDraft, VariantDraft
from tests import builders
from tests.builders import ROOT
from tests.e2e.barriers import barriers

Open = Callable[..., Page]

MEMBERS = [
    {"match": "any", "conditions": [{"segment": "pilot"}, {"segment": "pilot"}]},
    {"match": "none", "conditions": [{"attribute": "os", "operator": "contains", "values": ["old", "odd"]}]},
]
WALES = [
    {
        "match": "all",
        "conditions": [{"attribute": "region", "operator": "starts_with", "values": ["Wales"]}],
    }
]


@pytest.fixture
def core(transactional_db: None) -> Flag:
    builders.a_plan_in_phase(1)
    segments.save("pilot", "Pilot pharmacies", "Those in Wales", WALES, actor=ROOT)
    return builders.flag()


def open_rules(page: Page, flag: Flag) -> None:
    page.goto(f"/admin/rollout/flag/{flag.pk}/change/")
    page.get_by_role("link", name="Change rules").click()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).last.click()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_rule_is_built_tried_and_written(scripts: bool, core: Flag, signed_in: Open) -> None:
    page = signed_in(scripts=scripts)
    open_rules(page, core)
    press(page, "Rule")
    page.get_by_label("Name of rule 1").fill("Pilot in Wales")
    page.get_by_label("Attribute", exact=True).fill("country")
    page.get_by_label("Comparison").select_option(label="is one of")
    page.get_by_label("Values").fill("GB, IE")
    press(page, "Segment")
    page.get_by_label("Is in the segment").select_option(label="Pilot pharmacies")
    expect(page.get_by_label("Name of rule 1")).to_have_value("Pilot in Wales")
    page.get_by_label("Workspace id").fill("W00039")
    page.get_by_label("Attributes that the product sends").fill("country = IE\nregion = Wales, south")
    if not scripts:
        press(page, "Try")
    expect(page.locator("#trial-answer")).to_contain_text("TARGETING_MATCH")
    page.get_by_label("Attributes that the product sends").fill("country = IE")
    if not scripts:
        press(page, "Try")
    expect(page.locator("#trial-answer")).to_contain_text("is above the cutoff")
    assert not core.rules.exists()
    press(page, "Preview")
    expect(page.get_by_text("country is one of GB, IE and in the segment Pilot pharmacies")).to_be_visible()
    press(page, "Change rules")
    expect(page.get_by_text("has 1 targeting rule.")).to_be_visible()
    expect(page.get_by_text("the portal cannot count them")).to_be_visible()
    assert core.rules.get().name == "Pilot in Wales"


def test_a_fault_stands_at_its_row_with_all_that_was_entered(core: Flag, signed_in: Open) -> None:
    page = signed_in()
    open_rules(page, core)
    press(page, "Rule")
    page.get_by_label("Name of rule 1").fill("Adults")
    page.get_by_label("Attribute", exact=True).fill("age")
    page.get_by_label("Comparison").select_option(label="is greater than")
    page.get_by_label("Values").fill("many")
    press(page, "Preview")
    expect(page.locator("#rules-0-groups-0-conditions-0-values-fault")).to_have_text(
        "Must be a number, such as 18 or 2.5"
    )
    expect(page.get_by_label("Values")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Name of rule 1")).to_have_value("Adults")
    page.get_by_label("Values").fill("18")
    press(page, "Preview")
    press(page, "Change rules")
    expect(page.get_by_text("age is greater than 18")).to_be_visible()


def test_who_is_signed_out_meanwhile_keeps_what_was_entered(core: Flag, signed_in: Open) -> None:
    page = signed_in()
    open_rules(page, core)
    press(page, "Rule")
    page.get_by_label("Name of rule 1").fill("Long thought over")
    page.context.clear_cookies(name="sessionid")
    press(page, "Condition")
    expect(page.get_by_role("alert").filter(has_text="You are signed out")).to_be_visible()
    expect(page.get_by_role("button", name="Condition", exact=True)).to_be_focused()
    expect(page.get_by_label("Name of rule 1")).to_have_value("Long thought over")


def test_rules_are_built_and_moved_by_keyboard_alone(core: Flag, signed_in: Open) -> None:
    targeting.set_rules(core, [RuleDraft("First"), RuleDraft("Second", serve="off")], actor=ROOT)
    page = signed_in()
    open_rules(page, core)
    page.get_by_role("button", name="Move rule 2 up").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name of rule 1")).to_have_value("Second")
    # The moved rule is at the top: the focus waits on the one way that it can still go.
    expect(page.get_by_role("button", name="Move rule 1 down")).to_be_focused()
    page.get_by_role("button", name="Rule", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name of rule 3")).to_be_focused()
    page.keyboard.type("Third")
    page.get_by_role("button", name="Remove rule 2").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name of rule 2")).to_have_value("Third")
    expect(page.get_by_role("button", name="Rule", exact=True)).to_be_focused()


def test_the_test_box_of_the_page_answers_as_one_types(core: Flag, signed_in: Open) -> None:
    page = signed_in()
    page.goto(f"/admin/rollout/flag/{core.pk}/change/")
    page.get_by_label("Workspace id").press_sequentially("W00000")
    expect(page.locator("#trial-answer")).to_contain_text("is within the cutoff")
    page.get_by_label("Attributes that the product sends").fill("no sense")
    expect(page.locator("#trial-answer")).to_contain_text("write it as name = value")
    assert page.url.endswith("/change/")


def test_a_flag_with_variants_from_its_creation_on(core: Flag, signed_in: Open) -> None:
    page = signed_in()
    page.goto("/admin/rollout/flag/add/")
    page.get_by_label("Module").select_option(label="Patient Engagement")
    page.get_by_label("Key").fill("order_button")
    page.get_by_label("Name").fill("Colour of the order button")
    page.get_by_label("It answers").select_option(label="Text")
    page.get_by_role("button", name="Create flag").click()
    page.get_by_role("link", name="order_button").first.click()
    page.get_by_role("link", name="Change variants").click()
    for number, (key, value, weight) in enumerate((("blue", "#00f", "3"), ("red", "#f00", "1")), start=1):
        press(page, "Variant")
        expect(page.get_by_label("Weight")).to_have_count(number)
        page.get_by_label("Name", exact=True).last.fill(key)
        page.get_by_label("Value", exact=True).last.fill(value)
        page.get_by_label("Weight").last.fill(weight)
    press(page, "Preview")
    expect(page.get_by_role("cell", name="75 %")).to_be_visible()
    press(page, "Change variants")
    expect(page.get_by_role("cell", name="75 %")).to_be_visible()
    assert Flag.objects.get(key="order_button").variants.count() == 2


def test_a_segment_is_made_without_scripts(core: Flag, signed_in: Open) -> None:
    page = signed_in(scripts=False)
    page.goto("/admin/rollout/segment/add/")
    press(page, "Group")
    page.get_by_label("Key").fill("night_shift")
    page.get_by_label("Name").fill("Night shift")
    page.get_by_label("Attribute", exact=True).fill("hour")
    page.get_by_label("Comparison").select_option(label="is greater than")
    page.get_by_label("Values").fill("22")
    press(page, "Create segment")
    expect(page.get_by_text("The segment Night shift is ready")).to_be_visible()


def test_the_enter_key_previews_and_removes_nothing(core: Flag, signed_in: Open) -> None:
    segment = segments.save("night", "Night shift", "", WALES, actor=ROOT)
    page = signed_in()
    page.goto(reverse("admin:rollout_segment_operate", args=["edit"]) + f"?object={segment.pk}")
    page.get_by_label("Values").fill("Wales, England")
    page.get_by_label("Name").fill("Night")
    page.get_by_label("Name").press("Enter")
    expect(page.get_by_text("region starts with Wales or England")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Night")
    segment.refresh_from_db()
    assert segment.groups == WALES


@pytest.fixture
def addresses(core: Flag) -> dict[str, str]:
    colour = flags.create(core.module, "colour", name="Colour", value_type="string", owner="Us", actor=ROOT)
    drafts = [VariantDraft("blue", "#00f", 1), VariantDraft("red", "x" * 200, 2), VariantDraft("off", "grey")]
    targeting.set_variants(colour, drafts, actor=ROOT)
    rules = [RuleDraft("Pilot", MEMBERS, "blue", 50), RuleDraft("x" * 100, WALES, "off")]
    targeting.set_rules(colour, rules, actor=ROOT)
    Flag.objects.filter(pk=colour.pk).update(expires_on=timezone.localdate() - timedelta(days=1))
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    FlagUsage.objects.bulk_create(
        FlagUsage(flag=colour, hour=hour - timedelta(hours=n), variant=variant, reason="SPLIT", count=n * 100)
        for n in range(1, 60)
        for variant in ("blue", "red", "off")
    )
    segment = segments.save("wider", "Wider", "", MEMBERS[:1], actor=ROOT)

    def operation(model: str, name: str, pk: int | None = None) -> str:
        address = reverse(f"admin:rollout_{model}_operate", args=[name])
        return f"{address}?object={pk}" if pk else address

    return {
        "flag": reverse("admin:rollout_flag_change", args=[colour.pk]),
        "tried": reverse("admin:rollout_flag_try", args=[colour.pk]) + "?unit=W00000&context=os%3Dnew",
        "clean-up": reverse("admin:rollout_flag_changelist") + "?clean_up=any",
        "create": operation("flag", "create"),
        "rules": operation("flag", "rules", colour.pk),
        "variants": operation("flag", "variants", colour.pk),
        "schedule": operation("flag", "schedule", colour.pk),
        "prerequisite": operation("flag", "prerequisite", colour.pk),
        "override": operation("flag", "override", colour.pk),
        "segments": reverse("admin:rollout_segment_changelist"),
        "segment": reverse("admin:rollout_segment_change", args=[segment.pk]),
        "edit a segment": operation("segment", "edit", segment.pk),
        "module": reverse("admin:rollout_module_change", args=[core.module_id]),
        "import": reverse("admin:rollout_module_flags_import", args=[core.module_id]),
    }


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_of_flags_has_a_serious_barrier(
    dark: bool, addresses: dict[str, str], signed_in: Open
) -> None:
    page = signed_in(dark=dark)
    found = {}
    for name, address in addresses.items():
        page.goto(address)
        page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
        for summary in page.locator(".op-page summary").all():
            summary.click()
        if faults := barriers(page):
            found[name] = faults
    press_bad_rules(page, addresses["rules"])
    if faults := barriers(page):
        found["rules with faults"] = faults
    assert found == {}


def press_bad_rules(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Share of them, in percent").first.fill("500")
    page.get_by_label("Workspace id").fill("W00000")
    press(page, "Preview")
    expect(page.locator("#rules-0-share-fault")).to_be_visible()


def test_no_page_of_flags_scrolls_sideways_on_a_phone(addresses: dict[str, str], signed_in: Open) -> None:
    page = signed_in(phone=True)
    wide = {}
    for name, address in addresses.items():
        page.goto(address)
        page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
        for summary in page.locator(".op-page summary").all():
            summary.click()
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > page.evaluate("innerWidth"):
            wide[name] = width
    assert wide == {}
