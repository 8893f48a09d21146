"""`make demo`, or `python -m demo [healthy|regression|slow|outage]`.

Exit code 0: it ended as it should; 1: it did not, or could not begin; 130: it was stopped.
"""

import argparse
import signal
import sys
import time
from threading import Event
from types import FrameType

from demo import flags
from demo.ending import WentWrong
from demo.keys import keys
from demo.portal import Portal, Refusal
from demo.scenarios import SCENARIOS
from demo.story import Story
from demo.surroundings import Stopped, read
from demo.welcome import require_an_empty_portal, require_one_that_moves
from demo.world import World

CTRL_C = 130


def main(arguments: list[str] | None = None) -> int:
    """Play a scenario on the portal that `make run` serves."""
    parser = argparse.ArgumentParser(
        prog="python -m demo", description="Play a product on a portal that runs."
    )
    parser.add_argument("scenario", nargs="?", default="healthy", choices=tuple(SCENARIOS))
    name = parser.parse_args(arguments).scenario
    asked_to_stop = _on_signals()
    try:
        return _play(name)
    except (Stopped, WentWrong, Refusal) as fault:
        sys.stderr.write(f"\nThe demo did not end as it should. {fault}\n")
        return 1
    except BaseException:
        # The OpenFeature client makes an error of its own of an interruption in the middle of a question.
        if not asked_to_stop.is_set():
            raise
        sys.stderr.write(
            "\nThe demo was stopped; its keys are revoked, and the portal keeps what happened.\n"
        )
        return CTRL_C
    finally:
        flags.close()


def _play(name: str) -> int:
    address, scenario, began = read(), SCENARIOS[name], time.monotonic()
    require_one_that_moves(Portal(address), name)
    story = Story()
    story.title(f"Ops Portal demo: {scenario.title}", scenario.about)
    with keys() as made:
        require_an_empty_portal(Portal(address, made.team), name)
        ending = scenario.play(World(address, made, story))
    seconds = time.monotonic() - began
    story.end(f"{ending.text} It took {seconds:.0f} s.", ending.places, well=True)
    return 0


def _on_signals() -> Event:
    """Stop at Ctrl-C and SIGTERM; the event says that one came."""
    asked = Event()

    def stop(number: int, frame: FrameType | None) -> None:
        asked.set()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return asked


if __name__ == "__main__":
    sys.exit(main())
