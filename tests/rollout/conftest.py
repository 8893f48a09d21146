"""Whom the tests of the rollout's admin sign in."""

import pytest
from django.test import Client

from tests import builders


@pytest.fixture
def manager() -> Client:
    """A product manager's browser."""
    return builders.signed_in("Product manager")
