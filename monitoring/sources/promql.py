"""The PromQL that the portal asks: what a configured text may be, and the queries made of it. Pure."""

import re
from typing import NamedTuple

from monitoring.vitals import Window

# Of gauges: one reading a minute.
STEP = 60

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_STRING = r"""(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)"""
_MATCHER = re.compile(rf"\s*({_LABEL.pattern})\s*(=~|!~|!=|=)\s*({_STRING})\s*(,|\Z)")
_ESCAPE = re.compile(r"\\(.)")
# What PromQL reads as something else than a metric's name.
_WORDS = frozenset({"bool", "ignoring", "inf", "nan", "on"})
_PART = re.compile(rf"{_STRING}|[^\"'`]", re.DOTALL)
_PAIRS = {")": "(", "]": "[", "}": "{"}


class BadText(ValueError):
    """A configured text that no query can be made of; the message is the rule it breaks."""


class Selector(NamedTuple):
    """Series of one metric: its name, and the matchers between the braces."""

    name: str
    matchers: str

    def of(self, suffix: str = "") -> str:
        """The selector in PromQL, of the metric with a `suffix` such as _bucket."""
        return f"{self.name}{suffix}{{{self.matchers}}}" if self.matchers else f"{self.name}{suffix}"


def selector(text: str) -> Selector:
    """Read `name` or `name{label="value", …}`. Raises BadText for anything else, such as a range."""
    name = _NAME.match(text)
    if name is None or name.group().lower() in _WORDS:
        raise BadText('must be a metric\'s name, with or without matchers: name{label="value"}')
    rest = text[name.end() :].strip()
    if not rest:
        return Selector(name.group(), "")
    if not (rest.startswith("{") and rest.endswith("}")):
        raise BadText("must be one metric and its matchers in braces: no range, offset or function")
    inner = rest[1:-1].strip()
    at = 0
    while at < len(inner):
        found = _MATCHER.match(inner, at)
        if found is None:
            raise BadText(f'cannot be read from "{inner[at : at + 40].strip()}" on: label="value", …')
        _check_value(found[1], found[3])
        at = found.end()
    return Selector(name.group(), inner.rstrip(","))


def _check_value(label: str, value: str) -> None:
    if label == "__name__":
        raise BadText("must give the metric's name before the braces, not as __name__")
    if value[0] != "`" and not {*_ESCAPE.findall(value)} <= {*"abfnrtv\\", value[0]}:
        raise BadText(f"has an escape in {value} that PromQL does not know: double the backslash")


def check_histogram(text: str) -> None:
    """Raise BadText unless `text` is the selector of a histogram by its own name."""
    name = selector(text).name
    if name.endswith(("_bucket", "_sum", "_count")):
        raise BadText(f"must be the histogram's own name: {name.rpartition('_')[0]}")


def check_expression(text: str) -> None:
    """Raise BadText unless `text` can stand between brackets of ours: all closed, and no comment."""
    depth: list[str] = []
    at = 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            raise BadText("has a quote that is not closed")
        mark = part.group()
        if mark == "#":
            raise BadText("must have no comment")
        if mark in _PAIRS.values():
            depth.append(mark)
        elif mark in _PAIRS and (not depth or depth.pop() != _PAIRS[mark]):
            raise BadText(f"has a {mark} without its {_PAIRS[mark]}")
        at = part.end()
    if depth:
        raise BadText(f"has a {depth[-1]} that is not closed")


def check_label(text: str) -> None:
    """Raise BadText unless `text` can be the label that tells workspaces or arms apart."""
    if not _LABEL.fullmatch(text) or text.startswith("__") or text == "le":
        raise BadText("must be a label's name: letters, digits and _, not beginning with __, not le")


def growth(series: str, window: Window, by: tuple[str, ...] = ()) -> str:
    """How much counters grew in a window, to be asked at its end; summed by labels.

    `increase` does not count what a series begins with, so it misses a workspace's first error. A series that
    began in the window, while its target was being scraped already, began at zero: all it shows was counted
    since. (Not so where the target is new to Prometheus: there a first value may be a lifetime's.) The larger
    of both is right, also on servers whose `increase` counts beginnings itself.
    """
    past = f"offset {_seconds(window)}s"
    born = f"({series} unless {series} {past}) and on (job, instance) (up {past} == 1)"
    marked = f'label_replace({born}, "ops_portal_born", "1", "", "")'
    grown = f"increase({series}[{_seconds(window)}s])"
    return f"sum {_by(by)}(max without (ops_portal_born) ({grown} or {marked}))"


def plain_growth(series: str, window: Window, by: tuple[str, ...] = ()) -> str:
    """The same by `increase` alone: for histograms, where the shape matters and not the first response."""
    return f"sum {_by(by)}(increase({series}[{_seconds(window)}s]))"


def over_time(function: str, expression: str, window: Window, *, quantile: float | None = None) -> str:
    """A function over the readings of an expression, one a minute. Drops NaN, as of 0/0 in a quiet minute."""
    first = "" if quantile is None else f"{quantile}, "
    return f"{function}({first}(({expression}) >= 0)[{_seconds(window)}s:{STEP}s])"


def _seconds(window: Window) -> int:
    return max(1, round((window.until - window.since).total_seconds()))


def _by(labels: tuple[str, ...]) -> str:
    return f"by ({', '.join(labels)}) " if labels else ""
