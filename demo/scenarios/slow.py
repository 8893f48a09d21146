"""The feature is slow: its gate stays closed, and nobody loses anything."""

from datetime import timedelta

from demo import ramp
from demo.ending import Ending, expect
from demo.portal import Refusal
from demo.story import AMBER
from demo.traffic import slow
from demo.voices import WAITING
from demo.world import ROLLOUT, World

TITLE = "slow: the feature slows down those who have it"
ABOUT = (
    "Nothing fails, but where Patient Engagement is on, one response in ten takes over half a second. "
    "That is no reason to take it from anybody, and none to give it to more: the gate holds, and phase 2 "
    "is refused with the reason."
)
CALM = timedelta(hours=12)
WEEK = timedelta(days=7)


def play(world: World) -> Ending:
    """A week of slow answers, and then the next phase is asked for."""
    ramp.open_world(world)
    ramp.run_phase(world, 1)
    enrolled = set(world.since)
    ramp.live(world, CALM)
    world.traffic.with_feature = slow()
    text = "An update: where the feature is on, one response in ten takes over half a second from now on."
    world.story.tell(world.now, text, colour=AMBER)
    world.support.hear(world.having(), WAITING)
    ramp.live(world, WEEK - CALM + timedelta(hours=1), closely=True)
    found = world.rollout()
    world.story.tell(world.now, f"The week of phase 1 is over. {found['evidence']['summary']}", colour=AMBER)
    refusal = _asked_for_phase_2(world)
    world.story.tell(world.now, f"Phase 2 is asked for, and refused: {refusal}", colour=AMBER)
    expect("500 ms" in refusal, f"Phase 2 was refused for another reason: {refusal}")
    found = world.rollout()
    expect(found["status"] == "running", f"The plan is {found['status']}, and should run.")
    expect(found["verdict"] == "hold", f"The verdict is {found['verdict']}, and should be hold.")
    expect(found["phase"] == 1, f"The plan is in phase {found['phase']}, and should be in phase 1.")
    world.ask()
    expect(set(world.since) == enrolled, "Somebody got or lost the feature.")
    return Ending(
        f"It ended as it should: the gate holds, with its reason. The {len(enrolled)} pharmacies of phase "
        "1 keep the feature, nobody new gets it, and the plan runs on as soon as answers are quick again.",
        {
            "What the gate waits for": world.page("rollout/plan/"),
            "The checks, with the criterion that is not met": world.page("monitoring/healthcheck/"),
            "The alert about slow answers": world.page("monitoring/alert/"),
        },
    )


def _asked_for_phase_2(world: World) -> str:
    try:
        world.team.post(f"{ROLLOUT}/phase", {"number": 2}, once=f"{world.mark}-phase-2")
    except Refusal as refusal:
        return str(refusal.message)
    expect(holds=False, what="Phase 2 was run, and should have been refused.")
    return ""
