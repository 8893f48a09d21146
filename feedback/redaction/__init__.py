"""Takes out of a text what looks like patient data, and puts a word in brackets in its place.

It goes by the form of what is written. So it does not know

- a name without "patient" or a title before it, or written without capitals; nor a doctor's, which stays;
- an illness, a medicine, an age or a year: what a person who knows the patient recognises them by;
- a number of which no label, form or check digit says what it is, or one spelled in words;
- a date of birth that nothing calls so, an address without a usual word for a street or a UK postcode;
- anything in a picture or another file.

It errs towards taking out: of other numbers of ten digits, one in eleven passes for an NHS number. What was
written is kept apart for those who may read it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from feedback.redaction.kinds import RULES, Rule
from feedback.redaction.plain import spell

# What goes can uncover what it touched; more than two rounds are rare.
_MOST_ROUNDS = 8
# What stands in a text for what was taken out of it.
MARK = re.compile("|".join(re.escape(f"[{kind}]") for kind in sorted({rule.kind for rule in RULES})))


@dataclass(frozen=True)
class Redacted:
    """A text without what was `found`: how many of which kind."""

    text: str
    found: Mapping[str, int]


def redact(text: str) -> Redacted:
    """`text` with what looks like patient data replaced by words such as [NHS number].

    Takes time in proportion to the length. A text that was redacted stays as it is.
    """
    found: Counter[str] = Counter()
    for _ in range(_MOST_ROUNDS):
        spans = _spans(text)
        if not spans:
            break
        found.update(kind for _, _, kind in spans)
        text = _without(text, spans)
    return Redacted(text, dict(found))


def _spans(text: str) -> list[tuple[int, int, str]]:
    """From where to where which kind stands in `text`, apart and in order; what overlaps is one."""
    spelled, places = spell(text)
    # The sort is stable: of those that begin together, the first rule's comes first.
    small = spelled.lower()
    rules = [rule for rule in RULES if any(word in small for word in rule.needs)]
    found = sorted((span for rule in rules for span in _of(rule, spelled)), key=lambda span: span[0])
    apart: list[tuple[int, int, str]] = []
    for start, end, kind in found:
        if apart and start < apart[-1][1]:
            first, last, earlier = apart[-1]
            apart[-1] = (first, max(last, end), earlier)
        else:
            apart.append((start, end, kind))
    return [(places[start], places[end - 1] + 1, kind) for start, end, kind in apart]


def _of(rule: Rule, spelled: str) -> Iterator[tuple[int, int, str]]:
    place = 0
    while match := rule.pattern.search(spelled, place):
        end = rule.check(match)
        if end:
            yield match.start("it"), end, rule.kind
        # What failed may hide another behind its first character.
        place = end or match.start("it") + 1


def _without(text: str, spans: list[tuple[int, int, str]]) -> str:
    parts, place = [], 0
    for start, end, kind in spans:
        parts += [text[place:start], f"[{kind}]"]
        place = end
    return "".join([*parts, text[place:]])
