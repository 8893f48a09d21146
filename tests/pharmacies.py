"""The real pharmacies beside the project, where they are present."""

from pathlib import Path

import pytest

PHARMACIES = Path(__file__).resolve().parents[2] / "shared" / "data" / "gm_pharmacies.csv"
needs_pharmacies = pytest.mark.skipif(
    not PHARMACIES.exists(), reason="needs ../shared/data/gm_pharmacies.csv"
)
