"""Everybody fails: the portal says that it is not the feature."""

from datetime import timedelta

from demo import ramp
from demo.ending import Ending, expect
from demo.story import RED
from demo.traffic import failing
from demo.world import World

TITLE = "outage: the whole platform fails"
ABOUT = (
    "A day after phase 1 a third of all requests fail, in every pharmacy, with the feature and without "
    "it. A fixed threshold would blame the rollout. The portal looks at those who do not have it: a "
    "platform incident. It calls for help and holds the gate, and stops nothing."
)
CALM = timedelta(hours=24)
BROKEN_SHARE = 0.33
HOURS = 4


def play(world: World) -> Ending:
    """Healthy for a day, then nobody is."""
    ramp.open_world(world)
    ramp.run_phase(world, 1)
    enrolled = set(world.since)
    ramp.live(world, CALM, closely=True)
    world.traffic.with_feature = world.traffic.without = failing(BROKEN_SHARE)
    text = f"A network fault: from now on {BROKEN_SHARE:.0%} of the requests fail, in every pharmacy."
    world.story.tell(world.now, text, colour=RED)
    for _ in range(HOURS):
        world.step(1)
        world.story.tell(world.now, f"The check of this hour: {world.checked}.")
    found = world.rollout()
    summary = found["evidence"]["summary"]
    world.story.tell(world.now, summary, colour=RED)
    expect(found["status"] == "running", f"The plan is {found['status']}: the feature was blamed.")
    expect(found["verdict"] == "hold", f"The verdict is {found['verdict']}, and should be hold.")
    expect("platform" in summary.lower(), f"The check does not say that it is the platform: {summary}")
    expect(not found["nextPhase"]["allowed"], "The next phase may run in the middle of an outage.")
    alerts = world.alerts()
    about = [alert for alert in alerts if "platform" in alert["title"].lower()]
    expect(about, f"No alert says that it is the platform; open are {[alert['title'] for alert in alerts]}.")
    world.ask()
    expect(set(world.since) == enrolled, "Somebody got or lost the feature.")
    page = world.page(f"monitoring/alert/{about[0]['id']}/change/")
    world.story.tell(world.now, f"An alert, {about[0]['level']}: {about[0]['title']}", colour=RED, link=page)
    return Ending(
        "It ended as it should: the portal calls it a platform incident. The gate holds, and the "
        f"{len(enrolled)} pharmacies keep a feature that is not to blame.",
        {
            "What needs a decision today": world.page(""),
            "The alert": page,
            "The checks, with both arms": world.page("monitoring/healthcheck/"),
            "The plan, which runs on": world.page("rollout/plan/"),
        },
    )
