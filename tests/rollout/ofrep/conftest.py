"""A plan in its first phase, and a product that may ask for its flags."""

import pytest

from tests import builders
from tests.doors import an_api_key
from tests.rollout.ofrep.calling import Product


@pytest.fixture
def product(db: None) -> Product:
    """Forty workspaces, W00000 to W00003 of them in, and a server's key."""
    builders.a_plan_in_phase(1)
    return Product(an_api_key("evaluate"))
