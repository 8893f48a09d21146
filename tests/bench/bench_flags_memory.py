"""What remembering costs a process: memory with 200 flags and 100,000 workspaces, and the time to fill.

The steps follow one another in one process, which has done nothing else: what an earlier step had let go of
would be used again, and not be seen to grow. Each row says by how much it grew, with what each step uses of
the framework for the first time.
"""

import gc
import subprocess
import sys
import time

from ops_portal import settings
from rollout.ofrep.access import Access, Rate
from rollout.ofrep.door import FLAGS, Door
from rollout.serving.follower import Follower
from tests.bench import flag_world
from tests.bench.flag_cases import ask_door, question
from tests.bench.flag_world import workspace
from tests.bench.harness import resident, table
from tests.bench.load import RATE, WORKSPACES

FLAG_COUNT = 200
IN_A_FRESH_PROCESS = """
import django, sys
django.setup()
from tests.bench import bench_flags_memory
bench_flags_memory.measure(sys.argv[1])
"""


def main() -> None:
    key = flag_world.fill(FLAG_COUNT)
    subprocess.run([sys.executable, "-c", IN_A_FRESH_PROCESS, key], check=True)


def measure(key: str) -> None:
    """Fill what a process remembers, asking with `key`, and print how it grew."""
    rows: list[list[str]] = []
    follower = Follower(settings.FLAG_CACHE_WORKSPACES)
    door = Door(follower, Access(Rate(RATE), Rate(RATE)), flag_world.nothing)

    def measured(name: str, count: int, begun: float, before: float) -> None:
        gc.collect()
        grown = resident() - before
        seconds = time.perf_counter() - begun
        rows.append([name, f"{count:,}", f"{seconds:.1f}", f"{grown:.1f}", f"{grown * 1e6 / count:,.0f}"])

    before, begun = resident(), time.perf_counter()
    follower.start(follow=False)
    measured("flags", FLAG_COUNT, begun, before)
    before, begun = resident(), time.perf_counter()
    follower.workspaces.fill(time.monotonic() + 600)
    assert len(follower.workspaces) == WORKSPACES
    measured("workspaces", WORKSPACES, begun, before)
    before, begun = resident(), time.perf_counter()
    # What is asked a second time is remembered.
    for number in (*range(WORKSPACES), *range(WORKSPACES)):
        ask_door(door, key, FLAGS, question(workspace(number)))
        if number % 10_000 == 0:
            follower.usage.collect()
    follower.usage.collect()
    measured("answers to all flags", WORKSPACES, begun, before)
    header = ["remembered", "count", "seconds", "growth MB", "bytes each"]
    table(f"Memory of a process, {resident():.0f} MB in all", header, rows)
