"""The feature breaks the pharmacies that have it: the portal stops the rollout by itself."""

from datetime import timedelta

from demo import ramp
from demo.ending import Ending, expect
from demo.story import RED
from demo.traffic import failing
from demo.voices import BROKEN
from demo.world import World

TITLE = "regression: the feature breaks those who have it"
ABOUT = (
    "A day after phase 1 an update breaks Patient Engagement in three of the eight pharmacies that have "
    "it. Over all of them less than 5 % of the requests fail: no threshold would notice. The hourly check "
    "looks at each pharmacy, and at those without the feature. Two checks in a row, and the portal stops "
    "the rollout by itself."
)
CALM = timedelta(hours=26)
HOW_MANY = 3
BROKEN_SHARE = 0.15
# Hours until it must be stopped: a pharmacy is judged by its last three, and two checks in a row must agree.
PATIENCE = 8


def play(world: World) -> Ending:
    """Healthy for a day, then broken for some of those that have the feature."""
    ramp.open_world(world)
    ramp.run_phase(world, 1)
    enrolled = set(world.since)
    ramp.live(world, CALM, closely=True)
    # The smallest ones, which change the least of the whole.
    ill = sorted(world.having(), key=lambda each: each.size)[:HOW_MANY]
    world.traffic.broken = {each.id: failing(BROKEN_SHARE) for each in ill}
    where = f"in {HOW_MANY} pharmacies with the feature"
    text = f"An update: {where} {BROKEN_SHARE:.0%} of the requests fail from now on."
    world.story.tell(world.now, text, colour=RED)
    world.support.hear(ill, BROKEN)
    hours = 0
    while (found := world.rollout())["status"] == "running" and hours < PATIENCE:
        world.step(1)
        hours += 1
        world.story.tell(world.now, f"The check of this hour: {world.checked}.")
    expect(
        found["status"] == "paused",
        f"The plan is {found['status']} after {hours} hours, and should be paused.",
    )
    world.story.tell(world.now, f"The portal pauses the rollout. {found['evidence']['summary']}", colour=RED)
    alerts = [alert for alert in world.alerts(level="critical") if alert["module"] == found["module"]]
    expect(alerts, "There is no critical alert about the module.")
    expect(found["evidence"]["verdict"] == "breach", "The verdict is no breach.")
    world.ask_after_a_change(len(enrolled))
    expect(set(world.since) == enrolled, "Somebody got or lost the feature by the pause.")
    alert = alerts[0]
    world.story.tell(
        world.now, f"A critical alert: {alert['title']}", colour=RED, link=_page(world, alert["id"])
    )
    return Ending(
        f"It ended as it should: the portal paused the rollout {hours} hours after the break, and called "
        f"for help. {len(enrolled)} pharmacies keep the feature until somebody decides, and nobody new "
        "gets it.",
        {
            "What needs a decision today": world.page(""),
            "The alert: what happened, what is yours to do": _page(world, alert["id"]),
            "The plan: roll back, or resume": world.page("rollout/plan/"),
            "The check that decided it": world.page("monitoring/healthcheck/"),
        },
    )


def _page(world: World, alert: int) -> str:
    return world.page(f"monitoring/alert/{alert}/change/")
