"""The Hadoop reports with their known duplicates, and as many more as wanted, made of their words."""

import csv
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from feedback.models import Ticket

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data"
REPORTS, DUPLICATES = FOLDER / "hadoop_bugs.csv", FOLDER / "hadoop_duplicates.csv"


@dataclass(frozen=True)
class Report:
    number: str
    title: str
    description: str
    at: datetime

    def ticket(self) -> Ticket:
        """The ticket that it is in the portal, not saved."""
        return Ticket(
            category="bug_report",
            title=self.title[:200],
            description=self.description,
            source="import",
            external_id=self.number,
            received_by="bench",
            received_at=self.at,
            received_on=self.at.date(),
            clock_at=self.at,
        )


@cache
def reports() -> tuple[Report, ...]:
    with REPORTS.open(encoding="utf-8", newline="") as file:
        return tuple(
            Report(
                row["Issue id"],
                row["Summary"].strip(),
                row["Description"],
                datetime.strptime(row["Created"], "%d/%b/%y %H:%M").replace(tzinfo=UTC),
            )
            for row in csv.DictReader(file)
        )


@cache
def duplicates() -> dict[int, frozenset[int]]:
    """Of each report with known duplicates their places in `reports`, both ways."""
    place = {report.number: index for index, report in enumerate(reports())}
    found: defaultdict[int, set[int]] = defaultdict(set)
    with DUPLICATES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            one, other = place.get(row["Issue id"]), place.get(row["Duplicate id"])
            if one is not None and other is not None and one != other:
                found[one].add(other)
                found[other].add(one)
    return {index: frozenset(others) for index, others in sorted(found.items())}


def recombined(count: int, seed: int = 1) -> Iterator[Report]:
    """Further reports: each as long as a real one, put together from runs of words of others.

    Every word stands in as large a part of them as of the real ones.
    """
    chance = random.Random(seed)
    titles = [report.title.split() for report in reports()]
    texts = [report.description.split(" ") for report in reports()]
    for number in range(count):
        length, at = chance.randrange(len(titles)), chance.choice(reports()).at
        title = _run(chance, titles, len(titles[length]), 3)
        yield Report(f"made-{number}", title, _run(chance, texts, min(len(texts[length]), 400), 8), at)


def _run(chance: random.Random, texts: list[list[str]], length: int, longest: int) -> str:
    words: list[str] = []
    while len(words) < length:
        text = chance.choice(texts)
        start = chance.randrange(len(text)) if text else 0
        words += text[start : start + chance.randint(1, longest)]
    return " ".join(words[:length])
