"""What counting costs: the door beside one that notes nothing of what was asked, and one whose requests are
noted for the metrics beside the door.

Both in one process, in interleaved rounds, on one core as in `bench_flags`. The cost is told in requests a
second and in the server's CPU time, which other work on the machine disturbs less.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from ops_portal.supervisor import BLOCKING_THREADS
from tests.bench import flag_world
from tests.bench.flag_cases import Compared, cases
from tests.bench.harness import median, table
from tests.bench.load import Measured, need_tools, run, server, wait_until_warm

SERVER = "tests.bench.flags_server:application"
ROUNDS = 7
SECONDS = 2
WARM_UP = 12
TARGET = 5.0
# What costs more, what it is compared with, and what the difference is.
PAIRS = (
    ("counted", "uncounted", "Counting who asked what"),
    ("noted", "counted", "Counting requests for the metrics"),
)


def main() -> None:
    need_tools()
    key = flag_world.fill()
    with tempfile.TemporaryDirectory() as folder, server(SERVER, threads=BLOCKING_THREADS) as port:
        wait_until_warm(port)
        for dear, cheap, what in PAIRS:
            compare(cases(port, key, Path(folder)), (dear, cheap), what, port, key)


def compare(compared: Sequence[Compared], sides: tuple[str, str], what: str, port: int, key: str) -> None:
    """Measure two doors in turn, and show what the first costs more."""
    found: dict[tuple[str, str], list[Measured]] = {}
    sided = [
        (case.name, side, case.portal._replace(paths=[f"/{side}{path}" for path in case.portal.paths]))
        for case in compared
        for side in sides
    ]
    for number in range(ROUNDS + 1):
        # The second of a pair gains or loses by being the second: each is first in every other round.
        for name, side, asked in sided if number % 2 else reversed(sided):
            measured = run(port, asked, key, SECONDS if number else WARM_UP)
            if number:
                found.setdefault((name, side), []).append(measured)
    rows = []
    for case in compared:
        counted, uncounted = (found[case.name, side] for side in sides)
        by_rate = [100 * (1 - one.rate / other.rate) for one, other in zip(counted, uncounted, strict=True)]
        by_cpu = [100 * (one.cpu / other.cpu - 1) for one, other in zip(counted, uncounted, strict=True)]
        rates = (median([each.rate for each in side]) for side in (counted, uncounted))
        cost = median(by_cpu)
        rows.append(
            [
                case.name,
                *(f"{rate:,.0f}" for rate in rates),
                f"{median(by_rate):.1f} %",
                f"{cost:.1f} %",
                f"{min(by_cpu):.1f} to {max(by_cpu):.1f}",
                "yes" if cost < TARGET else "NO",
            ]
        )
    with_it, without = (f"{side}/s" for side in sides)
    header = ["case", with_it, without, "cost", "in CPU", "in the rounds", f"under {TARGET:.0f} %"]
    table(f"{what}, medians of {ROUNDS} rounds", header, rows)
