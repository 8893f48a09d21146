"""What an import of tickets found and did, in the words that every door shows."""

from dataclasses import asdict, dataclass
from typing import Any

from operations.csv_files.checking import Fault

# Faults that a result names; all of them stay counted.
MOST_SHOWN = 50


@dataclass(frozen=True)
class ImportResult:
    """Counts of tickets; with `errors` nothing was imported, and the other counts are 0.

    `kept` are those that were imported before: they stay as the team has them.
    """

    read: int
    created: int = 0
    kept: int = 0
    redacted: int = 0
    errors: tuple[Fault, ...] = ()
    error_count: int = 0
    dry_run: bool = False

    def counts(self) -> dict[str, int]:
        """What was done, for the trail."""
        return {
            "read": self.read,
            "created": self.created,
            "kept": self.kept,
            "redacted": self.redacted,
        }


def document(result: ImportResult) -> dict[str, Any]:
    """The result for programs."""
    return {
        **result.counts(),
        "errors": [asdict(fault) for fault in result.errors],
        "errorCount": result.error_count,
        "dryRun": result.dry_run,
    }
