"""The places that docs/walks.md names are there."""

import re
from importlib import import_module
from pathlib import Path

import pytest

WALKS = Path(__file__).parent.parent / "docs" / "walks.md"
APPS = "reports|releases|monitoring|feedback|rollout|operations|ops_portal"
PLACES = sorted(set(re.findall(rf"`((?:{APPS})\.[\w.]+)`", WALKS.read_text())))


@pytest.mark.parametrize("place", PLACES)
def test_a_place_of_the_walks_is_there(place: str) -> None:
    try:
        import_module(place)
    except ModuleNotFoundError:
        module, _, name = place.rpartition(".")
        assert hasattr(import_module(module), name)


def test_the_walks_name_places() -> None:
    assert len(PLACES) > 10
