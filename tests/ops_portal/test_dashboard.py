"""The front page names what waits for a person."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from monitoring import reviews
from tests import builders

pytestmark = pytest.mark.django_db


def test_reviews_that_are_due_wait_on_the_front_page() -> None:
    builders.a_plan_in_phase(1, eligible=20)
    reviews.schedule()
    page = "/admin/"
    assert "due since" not in builders.signed_in("Product manager").get(page).content.decode()
    with time_machine.travel(timezone.now() + timedelta(hours=5), tick=False):
        shown = builders.signed_in("Product manager").get(page).content.decode()
    assert "Patient Engagement</a>: 2 reviews due since" in shown
