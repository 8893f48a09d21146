"""What the tests of releases share."""

from typing import Any

import pytest

from operations.backups import creating, verifying
from operations.models import Backup


@pytest.fixture(autouse=True)
def quick_backups(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step's backup is a row without files, but for tests marked `real_backups`.

    A real one reads what was committed, over connections of its own: that is tested where backups are.
    """
    if request.node.get_closest_marker("real_backups"):
        return

    def made(**values: Any) -> Backup:
        return Backup(name="quick", size=1)

    monkeypatch.setattr(creating, "create", made)
    monkeypatch.setattr(verifying, "verify", lambda found, **values: found)
