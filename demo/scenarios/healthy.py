"""Four phases of a week each, and the plan is complete."""

from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta

from demo import ramp
from demo.ci import OVER, VERSION, Fix
from demo.ending import Ending, expect
from demo.portal import Document
from demo.story import GREEN
from demo.voices import BUG
from demo.world import ROLLOUT, World

TITLE = "healthy: a rollout that goes well"
ABOUT = (
    "A product manager takes Patient Engagement from 10 % of the pharmacies to all of them, in four "
    "weeks. Each phase opens when its week is over and its criteria are met: nobody overrides anything. A "
    "bug is reported on the way, and its fix goes to staging as a release."
)
WEEK = timedelta(days=7)
PATIENCE = timedelta(days=3)
PHASES = (1, 2, 3, 4)
# The day on which somebody finds the bug, and how often users speak up.
BUG_ON = 21
TALKS_EVERY = timedelta(hours=11)


@dataclass
class Days:
    """What happens besides: users speak up, support answers, one bug is fixed and shipped to staging."""

    world: World
    fixes: list[Fix] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._began = self._talked = self.world.now

    def look(self, world: World) -> None:
        """After each step."""
        if world.now - self._talked >= TALKS_EVERY:
            self._talked = world.now
            world.support.hear(world.having())
            world.support.answer()
        if not self.fixes and (world.now - self._began).days >= BUG_ON:
            self._bug()
        for fix in self.fixes:
            if said := fix.look():
                world.story.tell(world.now, said, link=world.page("releases/release/") if fix.status else "")

    def end(self) -> None:
        """Let the release come to staging, if it is still on its way."""
        until = self.world.now + PATIENCE
        while self.world.now < until and any(fix.status not in OVER for fix in self.fixes):
            ramp.live(self.world, timedelta(hours=1), look=self.look)
            for fix in self.fixes:
                fix.wait()

    def close(self) -> None:
        """End what runs beside it."""
        for fix in self.fixes:
            fix.close()

    def _bug(self) -> None:
        ticket = self.world.support.hear(self.world.having(), BUG)
        self.world.support.take_up(ticket)
        text = f"{ticket}: “{BUG.title}”. Support answers, and a developer takes it up."
        self.world.story.tell(self.world.now, text, link=self.world.page("feedback/ticket/"))
        self.fixes.append(Fix(self.world, ticket))


def play(world: World) -> Ending:
    """From nobody to everybody."""
    ramp.open_world(world)
    with closing(Days(world)) as days:
        for number in PHASES:
            ramp.run_phase(world, number)
            ramp.live(world, WEEK, look=days.look, closely=number == PHASES[-1])
            _tell_week(world, number)
            gate = _completion if number == PHASES[-1] else _next
            ramp.wait_for_the_gate(world, gate, patience=PATIENCE, look=days.look)
        days.end()
        world.team.post(f"{ROLLOUT}/complete", {}, once=f"{world.mark}-complete")
        world.story.tell(world.now, "The plan is complete: every pharmacy has every flag.", colour=GREEN)
        return _ending(world, days)


def _next(found: Document) -> Document:
    gate: Document = found["nextPhase"]
    return gate


def _completion(found: Document) -> Document:
    gate: Document = found["completion"]
    return gate


def _tell_week(world: World, number: int) -> None:
    evidence = world.rollout()["evidence"] or {}
    world.story.tell(world.now, f"Week {number} is over. {evidence.get('summary', '')}")


def _ending(world: World, days: Days) -> Ending:
    found, heard = world.rollout(), world.support
    expect(found["status"] == "complete", f"The plan is {found['status']}, and should be complete.")
    expect(found["percentage"] == 100, f"The plan is at {found['percentage']} %, and should be at 100 %.")
    expect(world.ask() == len(world.everybody), "Not every pharmacy hears that it has the feature.")
    critical = [alert["title"] for alert in world.alerts(level="critical", status="all")]
    expect(not critical, f"A critical alert was raised: {critical and critical[0]}.")
    shipped = [fix.status for fix in days.fixes]
    expect(shipped and shipped[0] in OVER, f"Release {VERSION} did not reach staging: {shipped}.")
    expect(
        shipped == ["complete"], f"Release {VERSION} ended {shipped[0]} on staging, and should be complete."
    )
    return Ending(
        f"It ended as it should: Patient Engagement is complete, for {found['enabled']} of "
        f"{found['eligible']} pharmacies. {heard.heard} users spoke up, {heard.answered} are answered, and "
        f"release {VERSION} waits on staging for people to sign it.",
        {
            "What needs a decision today": world.page(""),
            "The plan, its phases, who has it": world.page("rollout/plan/"),
            "Every health check, with its numbers": world.page("monitoring/healthcheck/"),
            "What users say": world.page("feedback/ticket/"),
            "The release on staging": world.page("releases/release/"),
            "Who did what, and when": world.page("operations/auditevent/"),
        },
    )
