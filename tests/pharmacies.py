"""The real pharmacies beside the project, where they are present."""

import csv
from pathlib import Path

import pytest

PHARMACIES = Path(__file__).resolve().parents[2] / "shared" / "data" / "gm_pharmacies.csv"
needs_pharmacies = pytest.mark.skipif(
    not PHARMACIES.exists(), reason="needs ../shared/data/gm_pharmacies.csv"
)
# The import as the README has it.
IMPORT = (
    "workspaces",
    "import",
    str(PHARMACIES),
    "--map",
    "id=organisation_data_service_code",
    "--map",
    "name=pharmacy_name",
    "--default",
    "tier=professional",
    "--default",
    "status=active",
    "--default",
    "role=pharmacist",
)


def codes() -> list[str]:
    """Their ids, in the order of a plan that is ordered by id."""
    with PHARMACIES.open(encoding="utf-8", newline="") as file:
        return sorted(row["organisation_data_service_code"] for row in csv.DictReader(file))
