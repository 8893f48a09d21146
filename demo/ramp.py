"""Running phases as a product manager does, and living through their days."""

from collections.abc import Callable
from datetime import timedelta

from demo.ending import WentWrong, expect
from demo.portal import Document
from demo.story import AMBER, GREEN
from demo.world import ROLLOUT, World

# For so long a phase is young, and passes hour by hour.
YOUNG = timedelta(hours=6)
STRIP = timedelta(hours=24)

Look = Callable[[World], object]


def open_world(world: World) -> None:
    """Two weeks before the rollout: customers, traffic, and nobody who has the feature."""
    taken = world.open()
    expect(taken["created"], "The portal took none of the demo's pharmacies.")
    expect(world.ask() == 0, "Some pharmacies have the feature before the rollout has begun.")
    world.story.tell(
        world.now,
        f"{taken['created']} pharmacies work with the product, and two weeks of their traffic are known. "
        "None of them has Patient Engagement: OpenFeature says off for each.",
    )


def run_phase(world: World, number: int) -> None:
    """Run a phase and let the product follow. Raises Refusal where the gate is closed."""
    world.story.pause()
    done = world.team.post(f"{ROLLOUT}/phase", {"number": number}, once=f"{world.mark}-phase-{number}")
    having = world.ask_after_a_change(done["after"])
    expect(having == done["after"], f"{having} pharmacies hear that they have it, {done['after']} should.")
    world.story.tell(
        world.now,
        f"Phase {number}, {done['to']} %: {done['gain']} pharmacies more get it, {having} of "
        f"{len(world.everybody)} have it now.",
        colour=GREEN,
        link=world.page("rollout/plan/") if number == 1 else "",
    )


def live(world: World, time: timedelta, *, closely: bool = False, look: Look | None = None) -> None:
    """Let so much time pass; `look` is called after each step.

    The first hours pass one by one, and `closely` those of the last day as well: steps of two hours spare
    half of the checks, and leave gaps in the strip of the last 24 that the plan's page shows.
    """
    began = world.now
    while (passed := world.now - began) < time:
        world.step(1 if passed < YOUNG or (closely and time - passed <= STRIP) else 2)
        world.show()
        if look is not None:
            look(world)


def wait_for_the_gate(
    world: World, gate: Callable[[Document], Document], *, patience: timedelta, look: Look
) -> None:
    """Wait until `gate`, a part of the plan's document, is open. Raises WentWrong with its reasons."""
    began, told = world.now, ""
    while True:
        found = world.rollout()
        expect(found["status"] == "running", f"The plan is {found['status']}, and should run.")
        if (stands := gate(found))["allowed"]:
            return
        reasons = "; ".join(stands["reasons"])
        if world.now - began > patience:
            raise WentWrong(f"The gate stays closed: {reasons}")
        if reasons != told:
            world.story.tell(world.now, f"The gate waits: {reasons}", colour=AMBER)
            told = reasons
        live(world, timedelta(hours=1), look=look)
