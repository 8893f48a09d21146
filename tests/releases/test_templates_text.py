"""Templates as people write them: what is read, and how a fault is named."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases import templates
from releases.template_text import UNDO, BadTemplate, duration, read_checklist, read_steps

HEAD = "title: Rolling\nsteps:\n"
BACK = "rollback:\n  - {key: verify, title: Verify, runner: person}\n"
STEP = "  - {key: test, title: Test, runner: person}\n"
ROLLOUT = (
    "  - {key: rollout, title: Out, runner: portal, action: rollout, "
    "params: {ladder: [10, 100], dwell: 24h}}\n"
)
FINISH = "  - {key: done, title: Done, runner: portal, action: finish}\n"
FLAGS_OFF = "rollback:\n  - {key: off, title: Off, runner: portal, action: flags_off}\n"
BOX = "title: List\nparts:\n  - part: Before\n    sections:\n      - stage: before\n        items:\n"


def a_step(line: str) -> str:
    return f"{HEAD}  - {{{line}}}\n{BACK}"


def test_a_step_is_read_with_all_it_says():
    found = read_steps(
        "title: Blue\n"
        "steps:\n"
        "  - key: switch\n"
        "    title: Switch traffic\n"
        "    description: To green\n"
        "    runner: webhook\n"
        "    changes: true\n"
        "    timeout: 30m\n"
        "    attempts: 2\n"
        "    undo: {key: switch_back, title: Switch back, runner: webhook, timeout: 1h, attempts: 3}\n"
        "rollback:\n"
        "  - undo\n"
    )
    step = found.steps[0]

    assert (step.key, step.title, step.description) == ("switch", "Switch traffic", "To green")
    assert (step.runner, step.changes, step.attempts) == ("webhook", True, 2)
    assert step.timeout == timedelta(minutes=30)
    assert step.undo is not None
    assert step.undo.key == "switch_back"
    assert step.undo.timeout == timedelta(hours=1)
    assert [(each.key, each.runner) for each in found.rollback] == [(UNDO, UNDO)]


def test_a_rollout_says_its_ladder_and_its_dwell():
    found = read_steps(HEAD + ROLLOUT + FINISH + FLAGS_OFF)

    assert found.rolls_out
    assert found.rollout() == ((10, 100), timedelta(hours=24))


def test_without_a_rollout_the_guides_one_is_meant():
    found = read_steps(HEAD + STEP + BACK)

    assert not found.rolls_out
    assert found.rollout() == ((10, 25, 50, 100), timedelta(hours=24))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must be a mapping"),
        ("- a\n- b\n", "must be a mapping"),
        ("title: [\n", "line 2"),
        (f"{HEAD}{STEP}{BACK}more: 1\n", "has no field 'more'"),
        (f"title: T\ntitle: T\nsteps:\n{STEP}{BACK}", "line 2: 'title' stands here twice"),
        (f"title: &a T\nsteps:\n{STEP}{BACK}", "line 1: anchors and aliases are not taken"),
        (f"title: !!str T\nsteps:\n{STEP}{BACK}", "line 1: tags are not taken"),
        (f"title: {'x' * 100_001}\n", "at most 100,000 characters"),
        (f"title: 5\nsteps:\n{STEP}{BACK}", "title must be a text: put it in quotes"),
        (f"title: T\n{BACK}", "steps must be a list"),
        (f"title: T\nsteps: []\n{BACK}", "steps must be a list of 1 to 60"),
        (HEAD + STEP, "rollback must be a list"),
        (HEAD + STEP + STEP + BACK, "The key test stands twice"),
        (a_step("key: test, runner: person"), "steps, number 1 (test): title is missing"),
        (a_step("title: Test, runner: person"), "steps, number 1: key is missing"),
        (a_step("key: Te-st, title: Test, runner: person"), "key must be 1 to 50 of a-z"),
        (a_step("key: undo, title: Test, runner: person"), "The key undo is taken"),
        (a_step("key: test, title: Test, runner: robot"), "runner must be one of portal, webhook, person"),
        (a_step("key: test, title: Test, runner: portal"), "action must be one of health_check"),
        (a_step("key: test, title: Test, runner: portal, action: dance"), "action must be one of"),
        (
            a_step("key: test, title: Test, runner: person, action: backup"),
            "action is for steps of",
        ),
        (
            a_step("key: test, title: Test, runner: person, params: {a: 1}"),
            "params are for steps of",
        ),
        (
            a_step("key: test, title: Test, runner: portal, action: backup, params: {a: 1}"),
            "params are not taken by backup",
        ),
        (a_step("key: test, title: Test, runner: person, timeout: soon"), "timeout must be a duration"),
        (a_step("key: test, title: Test, runner: person, timeout: 30"), "timeout must be a duration"),
        (a_step("key: test, title: Test, runner: person, timeout: 0m"), "timeout must be a duration"),
        (a_step("key: test, title: Test, runner: person, timeout: 91d"), "at most 90 days"),
        (a_step("key: test, title: Test, runner: person, attempts: 0"), "attempts must be a whole number"),
        (a_step("key: test, title: Test, runner: person, attempts: true"), "attempts must be a whole number"),
        (a_step("key: test, title: Test, runner: person, changes: yes"), "changes must be true or false"),
        (a_step("key: test, title: Test, runner: person, changes: true"), "it must have an undo"),
        (
            a_step("key: test, title: T, runner: person, undo: {key: back, title: B, runner: person}"),
            "must hold the word undo",
        ),
        (
            a_step("key: a, title: T, runner: person, undo: {key: b, title: B, changes: true}"),
            "its undo (b): has no field 'changes'",
        ),
        (a_step("key: test, title: Test, runner: person, colour: red"), "has no field 'colour'"),
        (HEAD + ROLLOUT + FINISH + BACK, "rollback: must begin with flags_off"),
        (HEAD + ROLLOUT + FLAGS_OFF, "must be finish"),
        (HEAD + FINISH + ROLLOUT + FLAGS_OFF, "must be finish"),
        (HEAD + ROLLOUT.replace("[10, 100]", "[10, 50]") + FINISH + FLAGS_OFF, "the last one 100"),
        (HEAD + ROLLOUT.replace("[10, 100]", "[50, 10, 100]") + FINISH + FLAGS_OFF, "rising"),
        (HEAD + ROLLOUT.replace("[10, 100]", "[true, 100]") + FINISH + FLAGS_OFF, "whole percentages"),
        (HEAD + ROLLOUT.replace(", dwell: 24h", "") + FINISH + FLAGS_OFF, "dwell must be a duration"),
        (a_step("key: m, title: M, runner: portal, action: monitor"), "params: must be a mapping of for"),
        (
            a_step(
                "key: w, title: W, runner: portal, action: open_window, "
                "undo: {key: c, title: C, runner: portal, action: close_window}"
            ).replace("- {key: verify", "- undo\n  - {key: verify"),
            "a later one must have close_window",
        ),
    ],
)
def test_a_fault_in_steps_is_named_with_its_place(text, said):
    with pytest.raises(BadTemplate) as refusal:
        read_steps(text)

    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("box", "said"),
    [
        ("{key: a, title: A, proof: dance}", "Before, section, box 1 (a): proof must be one of accounts"),
        ("{key: a, title: A, role: cook}", "role must be one of development_lead"),
        ("{key: a, title: A, role: cto, proof: backup}", "has a proof or a role, not both"),
        ("{key: a, title: A, stage: later}", "stage must be one of before, during, after"),
        ("{key: a, title: A, points: []}", "points must be a list"),
        ("{key: a, title: A, points: [1]}", "points must be texts"),
        ("{key: a}", "title is missing"),
        ("A", "must be a mapping"),
    ],
)
def test_a_fault_in_a_checklist_is_named_with_its_place(box, said):
    with pytest.raises(BadTemplate) as refusal:
        read_checklist(f"{BOX}          - {box}\n")

    assert said in str(refusal.value)


def test_a_checklist_takes_no_key_twice():
    boxes = "          - {key: a, title: A}\n          - {key: a, title: B}\n"

    with pytest.raises(BadTemplate, match="The key a stands twice"):
        read_checklist(BOX + boxes)


def test_a_checklist_has_an_end():
    boxes = "".join(f"          - {{key: a{number}, title: A}}\n" for number in range(301))

    with pytest.raises(BadTemplate, match="300"):
        read_checklist(BOX + boxes)


@given(st.text(max_size=400))
def test_any_text_is_read_or_refused(text):
    for read in (read_steps, read_checklist):
        try:
            read(text)
        except BadTemplate as refusal:
            assert str(refusal)  # noqa: PT017 - a text may be a template, too


@given(st.integers(1, 5_000), st.sampled_from("smhd"))
def test_a_duration_is_read_as_it_is_written(count, unit):
    length = timedelta(**{{"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[unit]: count})

    if length > timedelta(days=90):
        with pytest.raises(ValueError, match="90 days"):
            duration(f"{count}{unit}")
    else:
        assert duration(f"{count}{unit}") == length


PRODUCTION = sorted(templates.PRODUCTION_KEYS)


@pytest.mark.parametrize("key", PRODUCTION)
def test_a_built_in_way_to_production_has_the_guides_steps(key):
    found = read_steps(templates.built_in("steps", key))
    actions = [step.action for step in found.steps if step.action]

    assert [each for each in actions if "window" not in each and "announce" not in each] == [
        "health_check", "backup", "rollout", "monitor", "finish",
    ]  # fmt: skip
    assert found.rollback[0].action == "flags_off"
    assert found.rollback[-1].key == "verify_system_stability"
    restores = [step.undo for step in found.steps if step.undo and step.undo.key == "restore_database"]
    restores += [step for step in found.rollback if step.key == "restore_database"]
    assert [step.runner for step in restores] == ["person"]


@pytest.mark.parametrize("key", [*PRODUCTION, *templates.STAGING_KEYS])
def test_what_a_built_in_step_asks_the_ci_for_ends(key):
    found = read_steps(templates.built_in("steps", key))
    asked = [*found.steps, *found.rollback, *(step.undo for step in found.steps if step.undo)]

    assert all(step.timeout for step in asked if step.runner == "webhook")


def test_a_hotfix_has_fewer_steps_and_shorter_waits():
    hotfix, rolling = (read_steps(templates.built_in("steps", key)) for key in ("hotfix", "rolling"))

    assert len(hotfix.steps) < len(rolling.steps)
    assert hotfix.rollout() == ((100,), timedelta(hours=1))
    assert rolling.rollout() == ((10, 25, 50, 100), timedelta(hours=24))


def test_staging_has_the_guides_four_tests():
    found = read_steps(templates.built_in("steps", "staging"))

    assert [step.title for step in found.steps] == [
        "Automated Testing", "Performance Testing", "Security Scanning", "Manual Testing",
    ]  # fmt: skip
    assert found.steps[-1].runner == "person"


def test_blue_green_taken_back_brings_blue_up_before_the_traffic_and_ends_green_last():
    found = read_steps(templates.built_in("steps", "blue_green"))
    undone = [step.undo.key for step in reversed(found.steps) if step.undo]

    assert undone == ["bring_blue_up", "switch_back", "take_green_down"]


def test_a_window_taken_back_ends_when_the_version_and_the_data_are_restored():
    found = read_steps(templates.built_in("steps", "maintenance_window"))
    undone = [step.undo.key for step in reversed(found.steps) if step.undo]

    assert undone == [
        "restore_previous_version",
        "restore_database",
        "take_maintenance_page_away",
        "end_maintenance_mode",
    ]
