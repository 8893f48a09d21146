"""Flag answers over HTTP beside a bare WSGI app and a Django view that send as many bytes.

One granian worker process on one core, wrk with 32 kept connections on the other; the key checked, a random
workspace each time, everything warm. All answer from the same process, in interleaved rounds; every answer's
status and length is counted. EVALUATION_RATE is raised, which one key would otherwise run into.
"""

import tempfile
from pathlib import Path

from ops_portal.supervisor import BLOCKING_THREADS
from tests.bench import flag_world
from tests.bench.flag_cases import cases, check_answers
from tests.bench.harness import median, table
from tests.bench.load import Measured, need_tools, run, server, wait_until_warm

SERVER = "tests.bench.flags_server:application"
ROUNDS = 5
SECONDS = 3
# Seconds until nearly every workspace was asked about.
WARM_UP = 15
TARGETS = {"bulk": 1.5, "single": 2.5, "304": 2.5}
PEERS = ("portal", "django", "bare")


def main() -> None:
    need_tools()
    key = flag_world.fill()
    flag_world.show()
    with tempfile.TemporaryDirectory() as folder, server(SERVER, threads=BLOCKING_THREADS) as port:
        wait_until_warm(port)
        check_answers(port, key)
        compared = cases(port, key, Path(folder))
        for case in compared:
            for peer in PEERS:
                run(port, getattr(case, peer), key, WARM_UP if peer == "portal" else 1)
        found: dict[tuple[str, str], list[Measured]] = {}
        for _ in range(ROUNDS):
            for case in compared:
                for peer in PEERS:
                    measured = run(port, getattr(case, peer), key, SECONDS)
                    found.setdefault((case.name, peer), []).append(measured)
        check_answers(port, key)
    rows = [_row(case.name, peer, found) for case in compared for peer in PEERS]
    times = ["p50 ms", "p95 ms", "p99 ms", "CPU µs"]
    header = ["case", "sent by", "requests/s", *times, "portal is", "in the rounds", "by CPU"]
    threads = f"{BLOCKING_THREADS} blocking thread{'s' if BLOCKING_THREADS > 1 else ''}"
    table(f"Flag answers, one core, {threads}, medians of {ROUNDS} rounds", header, rows)
    for name, wanted in TARGETS.items():
        reached = median(_ratios(name, "django", found))
        word = "reached" if reached >= wanted else "MISSED"
        table(f"{name}: {reached:.2f} x the Django view, wanted {wanted} x: {word}", [], [])


def _row(name: str, peer: str, found: dict[tuple[str, str], list[Measured]]) -> list[str]:
    columns = [median(column) for column in zip(*found[name, peer], strict=True)]
    row = [name, peer, f"{columns[0]:,.0f}", *(f"{value:.2f}" for value in columns[1:4]), f"{columns[4]:.1f}"]
    if peer == "portal":
        return [*row, "", "", ""]
    ratios = _ratios(name, peer, found)
    own, others = (median([each.cpu for each in found[name, who]]) for who in ("portal", peer))
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    return [*row, f"{median(ratios):.2f} x", spread, f"{others / own:.2f} x"]


def _ratios(name: str, peer: str, found: dict[tuple[str, str], list[Measured]]) -> list[float]:
    return [
        one.rate / other.rate for one, other in zip(found[name, "portal"], found[name, peer], strict=True)
    ]
