"""What findings add up to, which indexes do the same work, and what of a statement may be shown."""

import pytest

from monitoring.database_health import texts
from monitoring.database_health.findings import (
    Answer,
    Finding,
    Level,
    falling,
    rising,
    verdict_of,
)
from monitoring.database_health.indexing import (
    ForeignKey,
    Index,
    Key,
    duplicates,
    only_for_foreign_key,
    redundant,
    serves,
    unindexed,
)


def found(*levels: str, vital: bool = False) -> list[Finding]:
    return [Finding("x", vital, Answer(Level(level), "")) for level in levels]


def index(name: str, *columns: str, **more: object) -> Index:
    return Index("t", name, tuple(Key(column) for column in columns), **more)  # type: ignore[arg-type]


KEY = ForeignKey("t", "t_a_fk", ("a",), "other")
PAIR = ForeignKey("t", "t_ab_fk", ("a", "b"), "other")


@pytest.mark.parametrize(
    ("levels", "verdict"),
    [
        (["pass", "hold", "breach", "unknown"], "breach"),
        (["pass", "hold", "unknown"], "hold"),
        (["pass", "unknown"], "pass"),
        (["unknown"], "unknown"),
        ([], "unknown"),
    ],
)
def test_the_verdict_is_the_worst_finding_and_an_open_question_alone_is_none(
    levels: list[str], verdict: str
) -> None:
    assert verdict_of(found(*levels)) == verdict


def test_nothing_is_healthy_while_a_vital_question_is_open() -> None:
    assert verdict_of([*found("pass"), *found("unknown", vital=True)]) == Level.UNKNOWN


@pytest.mark.parametrize(("value", "level"), [(79.9, "pass"), (80, "hold"), (94.9, "hold"), (95, "breach")])
def test_a_figure_holds_and_breaks_from_its_thresholds_on(value: float, level: str) -> None:
    assert rising(value, 80, 95) == level


@pytest.mark.parametrize(("value", "level"), [(99, "pass"), (98.9, "hold"), (5, "hold"), (4.9, "breach")])
def test_a_figure_that_should_be_large_holds_below_its_threshold(value: float, level: str) -> None:
    assert falling(value, 99, 5) == level


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("SELECT * FROM p WHERE name = 'Ada O''Hara' AND id=12", "SELECT * FROM p WHERE name = ? AND id=?"),
        ("SELECT 1.5e3, -2, .5, 0x1F, 1_000 FROM t2", "SELECT ?, -?, ?, ?, ? FROM t2"),
        ("SELECT E'Ada\\' Lovelace', 5", "SELECT ?, ?"),
        ("SELECT $$Ada$$, $x$it's $$ Ada$x$, $1", "SELECT ?, ?, $1"),
        ("SELECT U&'\\0041da', B'101', x'ff', N'Ada'", "SELECT ?, ?, ?, ?"),
        ("SELECT /* Ada 12 */ a -- Ada's\n FROM t", "SELECT a FROM t"),
        ("SELECT \"it's 5\" FROM t WHERE n = 'Ada 12", 'SELECT "it\'s 5" FROM t WHERE n = ?'),
        ("ALTER ROLE ada PASSWORD 'secret'", "ALTER ROLE ada PASSWORD ?"),
        ("SELECT 'Zoë', 'Ada' || 'Byron' WHERE é1 = 7", "SELECT ?, ? || ? WHERE é1 = ?"),
        ("SELECT $tag$ Ada 12", "SELECT ?"),
        ("SELECT a /* Ada", "SELECT a"),
        ("", ""),
    ],
)
def test_a_statement_is_shown_without_its_texts_and_numbers(statement: str, shown: str) -> None:
    assert texts.masked(statement) == shown


def test_a_long_statement_is_cut() -> None:
    assert len(texts.masked("SELECT " + "a, " * 1_000)) == texts.LONGEST_STATEMENT


def test_amounts_are_told_as_people_say_them() -> None:
    assert [texts.size(each) for each in (0, 1536, 3 * 2**30, 5 * 2**50)] == [
        "0 B",
        "1.5 kB",
        "3.0 GB",
        "5120.0 TB",
    ]
    told = [texts.span(each) for each in (0.42, 200, 3600, 7500, 7 * 86_400, 90_000)]
    assert told == ["0.4 s", "3 min 20 s", "1 h", "2 h 5 min", "7 d", "1 d 1 h"]
    assert [texts.count(1, "index", "indexes"), texts.count(1204, "row")] == ["1 index", "1,204 rows"]


def test_of_equal_indexes_the_one_that_keeps_a_rule_stays() -> None:
    surplus = duplicates([index("b", "a"), index("a", "a"), index("z", "a", unique=True, constraint="z")])
    assert [(each.index.name, each.instead.name) for each in surplus] == [("a", "z"), ("b", "z")]


@pytest.mark.parametrize(
    "other",
    [
        index("other", "a", "b", method="gin"),
        index("other", "b", "a"),
        index("other", "a", predicate="(b IS NULL)"),
        index("other", "a", included=frozenset({"c"})),
        index("other", "a", valid=False),
        Index("t", "other", (Key("a", descending=True),)),
        Index("t", "other", (Key("a", "varchar_pattern_ops "),)),
        Index("elsewhere", "other", (Key("a"),)),
    ],
)
def test_indexes_that_differ_in_anything_are_no_duplicates(other: Index) -> None:
    assert duplicates([index("one", "a"), other]) == []


def test_an_index_is_redundant_when_a_longer_one_begins_with_it() -> None:
    surplus = redundant([index("short", "a"), index("long", "a", "b"), index("longer", "a", "b", "c")])
    named = [(each.index.name, each.instead.name) for each in surplus]
    assert named == [("short", "long"), ("long", "longer")]


@pytest.mark.parametrize(
    "short",
    [
        index("short", "a", unique=True),
        index("short", "a", constraint="x"),
        index("short", "b"),
        index("short", "a", predicate="(c IS NULL)"),
        index("short", "a", included=frozenset({"z"})),
        index("short", "a", fixed=True),
    ],
)
def test_an_index_that_keeps_a_rule_or_does_something_else_is_not_redundant(short: Index) -> None:
    assert redundant([short, index("long", "a", "b")]) == []


def test_an_index_for_like_is_redundant_where_the_usual_one_answers_it() -> None:
    usual = Index("t", "usual", (Key("a", "text_ops C"),), unique=True)
    like = Index("t", "like", (Key("a", "varchar_pattern_ops C", answers="text_ops C"),))
    assert [each.index for each in redundant([usual, like])] == [like]
    needed = Index("t", "like", (Key("a", "varchar_pattern_ops en"),))
    assert redundant([usual, needed]) == []


def test_a_foreign_key_is_served_by_whatever_begins_with_it_in_any_order() -> None:
    assert unindexed([KEY], [index("x", "a", "b", unique=True, constraint="once")]) == []
    assert unindexed([PAIR], [index("x", "b", "a", "c")]) == []
    assert unindexed([KEY], [index("x", "b", "a")]) == [KEY]
    assert unindexed([PAIR], [index("x", "a")]) == [PAIR]


def test_a_partial_index_serves_a_foreign_key_only_if_it_leaves_out_nulls() -> None:
    assert serves(index("x", "a", predicate="(a IS NOT NULL)"), KEY)
    assert not serves(index("x", "a", predicate="(b IS NULL)"), KEY)
    assert not serves(index("x", "a", valid=False), KEY)


def test_the_one_index_of_a_foreign_key_is_needed_even_unread() -> None:
    alone = index("alone", "a")
    assert only_for_foreign_key(alone, [KEY], [alone])
    assert not only_for_foreign_key(alone, [KEY], [alone, index("more", "a", "b")])
    assert not only_for_foreign_key(index("x", "b"), [KEY], [index("x", "b")])
