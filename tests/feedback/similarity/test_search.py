"""The search box: every word, any form, beginnings; and nothing that is typed is an operator."""

import pytest
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback.models import Ticket
from feedback.similarity import index
from feedback.similarity.search import matching
from feedback.tickets import quarantining
from tests.builders import ROOT
from tests.feedback.builders import a_ticket

pytestmark = pytest.mark.django_db


def found(text: str) -> list[str]:
    return [*Ticket.objects.filter(matching(text)).order_by("pk").values_list("title", flat=True)]


@pytest.fixture(autouse=True)
def _tickets() -> None:
    a_ticket(
        title="Uploading prescriptions fails", description="The scanner stops", browser_info="Chrome 118"
    )
    a_ticket(title="Prescription for Rückgabe", description="hadoop-aws in FileSystem 2.9.10")
    a_ticket(title="予約エラー", description="画面が白い")
    index.index_new()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("upload", 0),
        ("uploaded", 0),
        ("uploadi", 0),
        ("UPLOADING the prescriptions", 0),
        ("scanner stopped", 0),
        ("chrome 118", 0),
        ("ruckgabe", 1),
        ("Rückg", 1),
        ("hadoop-aws", 1),
        ("aws", 1),
        ("filesyst", 1),
        ("2.9", 1),
        ("予約", 2),
        ("白", 2),
    ],
)
def test_a_ticket_is_found_by(text: str, number: int):
    titles = ["Uploading prescriptions fails", "Prescription for Rückgabe", "予約エラー"]
    assert found(text) == [titles[number]]


def test_every_word_must_be_there():
    assert len(found("prescription")) == 2
    assert found("prescription aws scanner") == []


def test_without_a_text_all_are_found_and_without_words_none():
    assert matching("  ") == Q()
    assert found("?!") == []


def test_a_reference_finds_its_ticket():
    ticket = Ticket.objects.order_by("pk")[1]
    assert found(f"fb-{ticket.pk}") == [ticket.title]
    assert found("FB-" + "9" * 18) == []


def test_what_was_put_in_quarantine_is_not_found_before_the_index_knows():
    ticket = Ticket.objects.get(title__startswith="Uploading")
    quarantining.quarantine(ticket, actor=ROOT, reason="Looks like spam")
    assert found("uploading") == []


@pytest.mark.parametrize(
    "text",
    [
        "'", '"', "\\", "up*", "a:*b", "!upload", "upload & | !", "(((", "NOT upload", "upload OR",
        "NEAR(a b)", "tokens:upload", "-upload", "^upload", "{tokens}: x", "\0upload", "\ud800",
        "%s %(a)s", "'; DROP TABLE", "x" * 10_000, "a " * 10_000, "💊", "\u202eupload", "<->", "upload:A",
        "''", "\\'", "$1", "?",
    ],
)  # fmt: skip
def test_whatever_is_typed_nothing_is_raised(text: str):
    assert isinstance(found(text), list)


def test_operators_are_words_or_nothing():
    assert found("!upload") == found("-upload") == found('"upload"') == ["Uploading prescriptions fails"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40))
def test_any_text_may_be_searched_for(text: str):
    Ticket.objects.filter(matching(text)).count()


def test_the_condition_can_be_negated_and_joined():
    assert Ticket.objects.exclude(matching("prescription")).count() == 1
    assert Ticket.objects.filter(matching("upload") | Q(title="予約エラー")).count() == 2
