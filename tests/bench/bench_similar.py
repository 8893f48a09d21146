"""Similar tickets: recall on the Hadoop reports beside scikit-learn's TF-IDF cosine, and speed at 100,000.

For each report with a known duplicate: is one of its duplicates among the k most similar of the other 2,502?
The same once more among 100,000 tickets, of which all others are made of the words of these. Then whether the
scorer owes its lead to having been tuned on the same pairs: tuned on one half, judged on the other.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from feedback.similarity.scoring import Tuning
from tests.bench import similar_database, similar_rivals
from tests.bench.harness import median, table
from tests.bench.similar_rivals import recall
from tests.feedback.similarity.hadoop import REPORTS, duplicates

KS = (1, 5, 10)
SPLITS = 200


def main() -> None:
    if not REPORTS.exists():
        sys.stderr.write(f"needs {REPORTS}\n")
        return
    runs = {"PostgreSQL": similar_database.measure(), "SQLite": _on_sqlite()}
    rival, grid = similar_rivals.tfidf(), similar_rivals.grid()
    words_alone = similar_rivals.exhaustive(Tuning(apart=0))
    rows = {
        "TF-IDF cosine (scikit-learn)": rival,
        "ours, the words alone, every pair": words_alone,
        "ours, every pair": similar_rivals.exhaustive(),
        **{f"ours, {name}": run["places"] for name, run in runs.items()},
        **{f"ours, {name}, among 100,000": run["places_among_all"] for name, run in runs.items()},
    }
    header = ["", *(f"recall@{k}" for k in KS)]
    title = f"Known duplicates found, of {len(rival)} reports among 2,503"
    table(title, header, [[name, *_recalls(places)] for name, places in rows.items()])
    _halves(rival, grid)
    _speed(runs)


def _on_sqlite() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{Path(folder, 'bench.sqlite3')}",
            "DJANGO_SETTINGS_MODULE": "ops_portal.settings",
        }
        command = [sys.executable, "-m", "tests.bench.similar_database"]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _halves(rival: Sequence[int], grid: Mapping[Tuning, Sequence[int]]) -> None:
    """Tune on one half of the groups of duplicates, judge on the other; the middle of 200 such splits."""
    chance, groups = random.Random(3), _groups()
    judged: dict[str, list[list[float]]] = {"TF-IDF cosine": [], "ours, tuned on the other half": []}
    wins = [0] * len(KS)
    for _ in range(SPLITS):
        chance.shuffle(groups)
        half = len(groups) // 2
        tuned_on, judged_on = (
            [place for group in part for place in group] for part in (groups[:half], groups[half:])
        )
        best = max(grid, key=lambda tuning: sum(1 / (grid[tuning][place] + 1) for place in tuned_on))
        ours, theirs = (
            [recall([places[place] for place in judged_on], k) for k in KS] for places in (grid[best], rival)
        )
        judged["TF-IDF cosine"].append(theirs)
        judged["ours, tuned on the other half"].append(ours)
        wins = [won + (one >= other) for won, one, other in zip(wins, ours, theirs, strict=True)]
    rows = [
        [name, *(f"{median([split[column] for split in splits]):.3f}" for column in range(len(KS)))]
        for name, splits in judged.items()
    ]
    rows.append(["splits in which ours is at least equal", *(f"{won / SPLITS:.0%}" for won in wins)])
    title = f"Tuned on one half of the duplicates, judged on the other ({SPLITS} splits, {len(grid)} tunings)"
    table(title, ["", *(f"recall@{k}" for k in KS)], rows)


def _groups() -> list[list[int]]:
    """The places in the list of questions, duplicates of one another together."""
    from feedback.similarity.grouping import connected

    asked = {index: place for place, index in enumerate(duplicates())}
    pairs = [(index, other) for index, others in duplicates().items() for other in others]
    return [[asked[index] for index in group] for group in connected(asked, pairs)]


def _speed(runs: Mapping[str, Mapping[str, Any]]) -> None:
    rows = [
        [f"{name}: {kind}", *(f"{value:.1f}" for value in times)]
        for name, run in runs.items()
        for kind, times in run["times"].items()
    ]
    table("Milliseconds at 100,000 tickets", ["", "median", "p95", "most"], rows)
    rates = [
        [name, *(f"{run[rate]:,.0f}" for rate in ("small_rate", "rate", "compared_rate"))]
        for name, run in runs.items()
    ]
    header = ["", "indexed, of 2,503", "indexed, to 100,000", "compared, at 100,000"]
    table("Tickets a second", header, rates)


def _recalls(places: Sequence[int]) -> list[str]:
    return [f"{recall(places, k):.3f}" for k in KS]
