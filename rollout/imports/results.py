"""What an import found and did, in the words that every door shows."""

from dataclasses import asdict, dataclass
from typing import Any

from operations.csv_files.checking import Fault
from rollout.populations import Unit

# Faults that a result names; all of them stay counted.
MOST_SHOWN = 1_000


@dataclass(frozen=True)
class ModuleEffect:
    """What an import does to one module: how many are eligible and have it afterwards, who gains and loses.

    `losing` names the first 50, the last in first.
    """

    module: str
    name: str
    eligible: int
    enabled: int
    gain: int
    lose: int
    losing: tuple[Unit, ...] = ()


@dataclass(frozen=True)
class ImportResult:
    """Counts of workspaces; with `errors` nothing was applied, and the other counts are 0.

    `refusal` is set in a dry run that would be refused without a confirmation.
    """

    read: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    errors: tuple[Fault, ...] = ()
    error_count: int = 0
    modules: tuple[ModuleEffect, ...] = ()
    refusal: str = ""
    dry_run: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The result in plain values."""
        return asdict(self)


def document(result: ImportResult) -> dict[str, Any]:
    """The result for programs."""
    return {
        "read": result.read,
        "created": result.created,
        "updated": result.updated,
        "unchanged": result.unchanged,
        "errors": [asdict(fault) for fault in result.errors],
        "errorCount": result.error_count,
        "dryRun": result.dry_run,
        "refused": result.refusal,
        "modules": [
            {
                "module": effect.module,
                "eligible": effect.eligible,
                "enabled": effect.enabled,
                "gain": effect.gain,
                "lose": effect.lose,
                "losing": [unit.id for unit in effect.losing],
            }
            for effect in result.modules
        ],
    }
