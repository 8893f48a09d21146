"""The four stories: what the product does, and where each of them must end."""

from collections.abc import Callable
from typing import NamedTuple

from demo.ending import Ending
from demo.scenarios import healthy, outage, regression, slow
from demo.world import World


class Scenario(NamedTuple):
    """A story: its title, what it shows, and how it is played."""

    title: str
    about: str
    play: Callable[[World], Ending]


SCENARIOS = {
    "healthy": Scenario(healthy.TITLE, healthy.ABOUT, healthy.play),
    "regression": Scenario(regression.TITLE, regression.ABOUT, regression.play),
    "slow": Scenario(slow.TITLE, slow.ABOUT, slow.play),
    "outage": Scenario(outage.TITLE, outage.ABOUT, outage.play),
}
