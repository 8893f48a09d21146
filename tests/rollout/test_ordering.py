import hashlib
import math
from fractions import Fraction

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from rollout.models import Workspace
from rollout.populations import hash_key
from rollout.rules import ordering
from rollout.rules.ordering import NONE, OPEN, Cutoff

PERCENTAGES = st.integers(0, 100)
IDS = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=40)


@given(PERCENTAGES, st.integers(0, 10**7))
def test_target_is_the_exact_ceiling(percentage: int, eligible: int) -> None:
    assert ordering.target(percentage, eligible) == math.ceil(Fraction(percentage * eligible, 100))


@pytest.mark.parametrize(
    ("percentage", "eligible", "expected"), [(7, 100, 7), (10, 631, 64), (25, 631, 158), (0, 9, 0), (1, 1, 1)]
)
def test_target_by_example(percentage: int, eligible: int, expected: int) -> None:
    assert ordering.target(percentage, eligible) == expected


def test_the_hash_key_is_the_first_sixty_bits_of_sha256() -> None:
    digest = int.from_bytes(hashlib.sha256(b"salt:FM664").digest(), "big")
    assert int(ordering.order_key("hash", "salt", "FM664"), 16) == digest >> (256 - 60)


def test_the_id_is_its_own_key_in_workspace_order() -> None:
    assert ordering.order_key("workspace_id", "salt", "FM664") == "FM664"


@pytest.mark.django_db
@pytest.mark.parametrize("unit", ["FM664", "émigré", "naïve-ü", "a\\b", "100%", "'quoted'", "日本", "Ω" * 40])
def test_the_database_computes_the_same_hash_key(unit: str) -> None:
    Workspace.objects.create(id=unit, name="x", tier="professional", status="active")
    stored = Workspace.objects.values_list(hash_key("5a17", "id"), flat=True).get()
    assert stored == ordering.order_key("hash", "5a17", unit)


@pytest.mark.django_db
def test_the_database_orders_ids_byte_by_byte() -> None:
    ids = ["a", "B", "ä", "_", "1", "A1", "a-1", "Z", "~", "é"]
    for pk in ids:
        Workspace.objects.create(id=pk, name="x", tier="t", status="s")
    by_bytes = sorted(ids, key=lambda pk: pk.encode())
    assert list(Workspace.objects.order_by("id").values_list("pk", flat=True)) == by_bytes
    assert connection.vendor in ("sqlite", "postgresql")
    for pk in ids:
        within = set(Workspace.objects.filter(id__lte=pk).values_list("pk", flat=True))
        assert within == {other for other in ids if Cutoff(pk).admits(other)}


@given(PERCENTAGES, IDS)
def test_a_user_is_in_by_the_share_of_the_hash_space(percentage: int, unit: str) -> None:
    key = ordering.order_key("hash", "salt", unit)
    assert ordering.user_cutoff(percentage).admits(key) == (int(key, 16) * 100 < percentage << 60)


@pytest.mark.parametrize("percentage", [1, 5, 25, 50, 99])
def test_the_user_cutoff_is_exact_at_its_edge(percentage: int) -> None:
    last = int(ordering.user_cutoff(percentage).key, 16)
    assert last * 100 < percentage << 60
    assert (last + 1) * 100 >= percentage << 60


CUTOFFS = st.one_of(st.just(NONE), st.just(OPEN), IDS.map(Cutoff))


@given(CUTOFFS, CUTOFFS, IDS)
def test_lower_and_higher_are_intersection_and_union(one: Cutoff, other: Cutoff, key: str) -> None:
    assert ordering.lower(one, other).admits(key) == (one.admits(key) and other.admits(key))
    assert ordering.higher(one, other).admits(key) == (one.admits(key) or other.admits(key))


@given(CUTOFFS, CUTOFFS, PERCENTAGES, PERCENTAGES, IDS)
def test_raising_takes_it_from_nobody_and_lowering_gives_it_to_nobody(
    current: Cutoff, reaching: Cutoff, old: int, new: int, key: str
) -> None:
    after = ordering.moved(current, reaching, old_percentage=old, percentage=new)
    if new > old:
        assert after.admits(key) or not current.admits(key)
    if new < old:
        assert current.admits(key) or not after.admits(key)


def test_the_share_of_nobody_is_zero() -> None:
    assert ordering.share(0, 0) == 0.0
    assert ordering.share(64, 631) == pytest.approx(10.14, abs=0.01)
