"""What may be configured, and the queries that are made of it."""

from datetime import UTC, datetime, timedelta

import pytest

from monitoring.sources import promql
from monitoring.sources.promql import BadText
from monitoring.vitals import Window

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
HOUR = Window(NOON - timedelta(hours=1), NOON)


@pytest.mark.parametrize(
    ("text", "bucket"),
    [
        ("http_requests_total", "http_requests_total_bucket"),
        ("job:http:sum{}", "job:http:sum_bucket"),
        ('x{status=~"5.."}', 'x_bucket{status=~"5.."}'),
        ("x { a='b' , c!=`d\\.e`, }", "x_bucket{a='b' , c!=`d\\.e`}"),
        (r'x{path!~"/\"a\"\\.b},{",b="é\n"}', r'x_bucket{path!~"/\"a\"\\.b},{",b="é\n"}'),
        (r"x{a='it\'s'}", r"x_bucket{a='it\'s'}"),
    ],
)
def test_a_selector_is_a_metric_and_its_matchers(text: str, bucket: str) -> None:
    assert promql.selector(text).of("_bucket") == bucket


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "metric's name"),
        ("{job='a'}", "metric's name"),
        ("Inf", "metric's name"),
        ("on{}", "metric's name"),
        ("5xx_total", "metric's name"),
        ("x[5m]", "no range"),
        ("x offset 5m", "no range"),
        ("rate(x)", "no range"),
        ("x + y", "no range"),
        ('x{a="b"} or y{a="b"}', "cannot be read"),
        ('x{a="b"', "braces"),
        ("x{a=b}", "cannot be read"),
        ('x{a="b" c="d"}', "cannot be read"),
        ('x{a=="b"}', "cannot be read"),
        ('x{a="b}', "cannot be read"),
        ('x{a="b"}}', "cannot be read"),
        ('x{__name__="y"}', "before the braces"),
        (r'x{path=~"a\.b"}', "double the backslash"),
        (r'x{path=~"a\'b"}', "double the backslash"),
        (r'x{path=~"\U00110000"}', "double the backslash"),
    ],
)
def test_anything_else_is_no_selector(text: str, rule: str) -> None:
    with pytest.raises(BadText, match=rule):
        promql.selector(text)


def test_a_histogram_goes_by_its_own_name() -> None:
    promql.check_histogram('http_request_duration_seconds{job="api"}')
    with pytest.raises(BadText, match="own name: http_request_duration_seconds"):
        promql.check_histogram("http_request_duration_seconds_bucket")


@pytest.mark.parametrize(
    "text",
    ["100 * (1 - a / b)", 'sum by (x) (rate(y{z=~"#)("}[5m]))', "up{a='\\''}", "x{a=`)\\`}"],
)
def test_an_expression_may_be_any_that_can_stand_in_brackets(text: str) -> None:
    promql.check_expression(text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("up) or vector(1", "without its"),
        ("(up", "not closed"),
        ("up{a=[}]", "without its"),
        ("up # all hosts", "no comment"),
        ('up{a="b}', "quote"),
        ("up{a='b\n'}", "quote"),
    ],
)
def test_an_expression_cannot_break_out_of_its_brackets(text: str, rule: str) -> None:
    with pytest.raises(BadText, match=rule):
        promql.check_expression(text)


@pytest.mark.parametrize("text", ["le", "__name__", "a-b", "1a", "a b", ""])
def test_a_label_must_be_one_that_series_can_be_told_apart_by(text: str) -> None:
    promql.check_label("workspace_id")
    with pytest.raises(BadText, match="label's name"):
        promql.check_label(text)


def test_growth_counts_series_that_began_on_a_target_known_before() -> None:
    assert promql.growth('x{a="b"}', HOUR, ("workspace", "arm")) == (
        'sum by (workspace, arm) (max without (ops_portal_born) (increase(x{a="b"}[3600s]) or '
        'label_replace((x{a="b"} unless x{a="b"} offset 3600s) and on (job, instance) '
        '(up offset 3600s == 1), "ops_portal_born", "1", "", "")))'
    )
    assert promql.plain_growth("x", HOUR) == "sum (increase(x[3600s]))"
