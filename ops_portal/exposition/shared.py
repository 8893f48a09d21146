"""Counts that several processes keep together: one file for each process, and one for those that are gone.

The Prometheus client writes the files: each process has its own, so that none waits for another. What it
leaves open is what becomes of the file of a process that ended. Were it deleted, sums would fall, which
Prometheus takes for a restart; were it kept, each worker that is replaced would leave one behind for ever. So
the counts of the dead are added to one file, and theirs go: with each scrape, and as each process begins.

Who is dead says a lock that a process holds for as long as it lives, and that the kernel drops however it
ends: unlike its number, which another process may have got, it is right in several containers on one volume.
"""

import fcntl
import json
import logging
import os
import secrets
import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from prometheus_client import values
from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.utils import floatToGoString

# Another number where a metric gets other labels or bounds: what was counted before does not fit then.
FOLDER = Path(settings.VAR_DIR) / "metrics" / "1"
# The client reads it whenever it opens a file.
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
DEAD, GATE, ALIVE, COUNTS = "dead.json", "gate", ".alive", ".db"
NOBODY = "nobody"

logger = logging.getLogger(__name__)

# A count by the client's name of it, which holds the names of metric and sample, the labels and the help.
Counts = Counter[tuple[str, str]]


class Named(NamedTuple):
    """What the client's name of a count says."""

    metric: str
    sample: str
    labels: Mapping[str, str]
    help: str


class Process:
    """Names the files of this process, and holds its lock. After a fork it is another one.

    The client asks once before anything is counted. It then is nobody's name: a command that counts nothing
    leaves no file behind, least of all one of a user whose files the server cannot open.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pid: int | None = None
        self._name = NOBODY
        self._lock = -1

    def __call__(self) -> str:
        if self._pid is None:
            self._pid = 0
        elif self._pid != os.getpid():
            self._begin()
        return self._name

    def _begin(self) -> None:
        name = f"{os.getpid()}-{secrets.token_hex(4)}"
        # Nobody may look for the dead between the birth of the file and its lock.
        with gate(self._folder):
            lock = os.open(self._folder / f"{name}{ALIVE}", os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            take_over(self._folder)
        if self._lock >= 0:
            # The parent's, which has a descriptor of its own.
            os.close(self._lock)
        self._pid, self._name, self._lock = os.getpid(), name, lock


@contextmanager
def gate(folder: Path) -> Iterator[None]:
    """One process at a time looks who lives."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder / GATE, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def take_over(folder: Path) -> None:
    """Add the counts of processes that ended to those of the dead, and delete their files. Hold the gate.

    `dead.json` names the files that are in it and replaces the one before in one step: a process that is
    killed here loses nothing, and counts nothing twice.
    """
    gone = [path for path in folder.glob(f"*{ALIVE}") if not _lives(path)]
    living = {path.name.removesuffix(ALIVE) for path in folder.glob(f"*{ALIVE}")} - {
        path.name.removesuffix(ALIVE) for path in gone
    }
    files = [path for path in folder.glob(f"*{COUNTS}") if _process_of(path) not in living]
    counts, counted = _dead(folder)
    if new := [path for path in files if path.name not in counted]:
        for path in new:
            counts.update(_read(path))
        known = [[*name, value] for name, value in counts.items()]
        draft = folder / f"{DEAD}.new"
        draft.write_text(json.dumps({"files": [path.name for path in files], "counts": known}))
        draft.replace(folder / DEAD)
    for path in (*files, *gone):
        path.unlink(missing_ok=True)


def gather(folder: Path = FOLDER) -> tuple[list[Metric], int]:
    """The counts of all processes, living and dead, as metrics; and how many processes live."""
    with gate(folder):
        take_over(folder)
        counts, _ = _dead(folder)
        for path in folder.glob(f"*{COUNTS}"):
            counts.update(_read(path))
        return list(_metrics(counts)), sum(1 for _ in folder.glob(f"*{ALIVE}"))


def _lives(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _process_of(path: Path) -> str:
    """The process that a file of counts belongs to: `histogram_PROCESS.db`."""
    return path.name.removesuffix(COUNTS).partition("_")[2]


def _read(path: Path) -> Counts:
    found: Counts = Counter()
    kind = path.name.partition("_")[0]
    # What a machine that lost its power left of a file is not worth a scrape.
    with suppress(FileNotFoundError):
        try:
            for key, value, _, _ in MmapedDict.read_all_values_from_file(path):
                found[kind, key] += value
        except (RuntimeError, ValueError, struct.error):
            logger.warning("the counts in %s cannot be read", path)
    return found


def _dead(folder: Path) -> tuple[Counts, frozenset[str]]:
    try:
        document = json.loads((folder / DEAD).read_text())
        counts: Counts = Counter({(kind, key): value for kind, key, value in document["counts"]})
        return counts, frozenset(document["files"])
    except FileNotFoundError:
        return Counter(), frozenset()
    except (ValueError, KeyError, TypeError):
        logger.warning("%s cannot be read: what ended processes counted is lost", folder / DEAD)
        return Counter(), frozenset()


def _metrics(counts: Counts) -> Iterable[Metric]:
    """One metric after another, with its samples in the order that the formats ask for."""
    metrics: dict[str, Metric] = {}
    series: dict[str, dict[tuple[tuple[str, str], ...], dict[str, float]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for (kind, key), value in sorted(counts.items()):
        named = _named(key)
        metrics.setdefault(named.metric, Metric(named.metric, named.help, kind))
        labels = tuple(sorted((name, text) for name, text in named.labels.items() if name != "le"))
        series[named.metric][labels][named.labels.get("le") or named.sample] = value
    for name, metric in metrics.items():
        add: Any = _add_histogram if metric.type == "histogram" else _add_plain
        for labels, found in series[name].items():
            add(metric, dict(labels), found)
    return metrics.values()


def _add_histogram(metric: Metric, labels: dict[str, str], found: dict[str, float]) -> None:
    total = found.pop(f"{metric.name}_sum", 0.0)
    count = 0.0
    for bound in sorted(map(float, found)):
        count += found[floatToGoString(bound)]
        metric.add_sample(f"{metric.name}_bucket", {**labels, "le": floatToGoString(bound)}, count)
    metric.add_sample(f"{metric.name}_count", labels, count)
    metric.add_sample(f"{metric.name}_sum", labels, total)


def _add_plain(metric: Metric, labels: dict[str, str], found: dict[str, float]) -> None:
    for sample, value in found.items():
        metric.add_sample(sample, labels, value)


@lru_cache(maxsize=20_000)
def _named(key: str) -> Named:
    return Named(*json.loads(key))


if settings.PROMETHEUS_METRICS_ENABLED:
    os.environ[VARIABLE] = str(FOLDER)
    # Before the first metric is made. The client's own names a process by its number alone.
    values.ValueClass = values.MultiProcessValue(Process(FOLDER))
