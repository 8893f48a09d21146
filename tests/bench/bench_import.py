"""Import of a CSV file of 1,000,000 rows by the verb: rows a second, and by how much the process grows.

The first import creates everything, the second finds everything as it is, the third changes every row; all
of them with a rollout at 10 %, whose record is settled before and after.
"""

import resource
import tempfile
import time
from pathlib import Path

from rollout import phases, workspaces
from tests import builders
from tests.bench.harness import resident, table
from tests.builders import ROOT

ROWS = 1_000_000


def main() -> None:
    builders.modules()
    with tempfile.TemporaryDirectory() as folder:
        file, changed = Path(folder, "workspaces.csv"), Path(folder, "changed.csv")
        _write(file, "Pharmacy")
        _write(changed, "Chemist")
        small = Path(folder, "small.csv")
        _write(small, "Pharmacy", 100)
        # What is imported once by Python, and what the pools hold, is no growth.
        _bring(small)
        phases.run(builders.engagement(), 1, actor=ROOT)
        size = file.stat().st_size / 1e6
        rows = [
            _measured(name, path)
            for name, path in (("created", file), ("unchanged", file), ("updated", changed))
        ]
    header = ["", "seconds", "reading", "applying", "rows/s", "growth MB", "peak MB"]
    table(f"Import of {ROWS:,} rows ({size:.0f} MB of CSV)", header, rows)


def _measured(name: str, file: Path) -> list[str]:
    before = resident()
    total, reading = _bring(file)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return [
        name,
        f"{total:.1f}",
        f"{reading:.1f}",
        f"{total - reading:.1f}",
        f"{ROWS / total:,.0f}",
        f"{resident() - before:.1f}",
        f"{peak:.0f}",
    ]


def _bring(path: Path) -> tuple[float, float]:
    """The seconds of an import, and those until its last row was staged."""
    begun = time.perf_counter()
    staged = begun

    def progress(_: int) -> None:
        nonlocal staged
        staged = time.perf_counter()

    with path.open("rb") as file:
        result = workspaces.import_csv(
            file, source=path.name, actor=ROOT, defaults={"role": "pharmacist"}, progress=progress
        )
    assert not result.errors, result.errors[:3]
    return time.perf_counter() - begun, staged - begun


def _write(path: Path, word: str, rows: int = ROWS) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("id,name,tier,status,region,timeZone\n")
        for number in range(rows):
            # Scattered, as real ids are.
            code = number * 7919 % 1_000_003
            file.write(
                f'W{code:07},"{word} {number}, Ltd",professional,active,R{number % 40},Europe/London\n'
            )
