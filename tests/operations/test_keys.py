import hashlib
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from operations import keys
from operations.errors import Invalid, Refused
from operations.models import ApiKey, AuditEvent
from tests.builders import ROOT

pytestmark = pytest.mark.django_db


def test_only_a_digest_of_160_random_bits_is_stored() -> None:
    key, text = keys.create("billing", ["read"], actor=ROOT)
    prefix, secret = text.split("_")[1:]
    assert (key.prefix, key.digest) == (prefix, hashlib.sha256(secret.encode()).hexdigest())
    assert len(secret) * 5 == 160
    assert secret not in str(ApiKey.objects.values().get())
    assert secret not in str(list(AuditEvent.objects.values()))


def test_a_key_is_found_by_its_text_and_by_nothing_else() -> None:
    key, text = keys.create("billing", ["read"], actor=ROOT)
    assert keys.find(text) == key
    for wrong in (text[:-1], text + "a", text.upper(), f"ops_{key.prefix}_", "", "ops", "a_b_c_d", text[4:]):
        assert keys.find(wrong) is None


def test_a_revoked_or_expired_key_is_not_found() -> None:
    key, text = keys.create("billing", ["read"], actor=ROOT)
    keys.revoke(key, actor=ROOT)
    assert keys.find(text) is None
    with pytest.raises(Refused, match="revoked before"):
        keys.revoke(key, actor=ROOT)
    tomorrow = timezone.now() + timedelta(days=1)
    _, text = keys.create("short", ["read"], actor=ROOT, expires_at=tomorrow)
    assert keys.find(text) is not None
    with time_machine.travel(tomorrow, tick=False):
        assert keys.find(text) is None


@pytest.mark.parametrize(
    ("name", "scopes", "field"),
    [("", ["read"], "name"), ("x" * 101, ["read"], "name"), ("a", [], "scopes"), ("a", ["fly"], "scopes")],
)
def test_a_bad_key_names_the_field(name: str, scopes: list[str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        keys.create(name, scopes, actor=ROOT)
    assert set(caught.value.fields) == {field}


def test_a_name_is_taken_once() -> None:
    keys.create("billing", ["read"], actor=ROOT)
    with pytest.raises(Invalid, match="taken"):
        keys.create("billing", ["read"], actor=ROOT)


def test_last_use_is_written_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "FLUSH_SECONDS", 3_600)
    last_use = keys.LastUse()
    made = [keys.create(f"key-{number}", ["read"], actor=ROOT)[0] for number in range(3)]
    for key in made * 5:
        last_use.note(key)
    assert not ApiKey.objects.exclude(last_used_at=None).exists()
    last_use.flush()
    assert ApiKey.objects.exclude(last_used_at=None).count() == 3
