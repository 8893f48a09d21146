"""Whether digits are what they look like: each check answers where the finding ends, 0 for none."""

import re
from datetime import date
from operator import mul

# Lengths of card numbers by how they begin (ISO/IEC 7812); 13 digits that begin with 1 are milliseconds.
_CARD = re.compile(
    r"4\d{12}|4\d{15}|4\d{18}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|2720\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}|6(?:011|4[4-9]\d|5\d\d|2\d\d)\d{12}"
)
_DOUBLED = str.maketrans("0123456789", "0246813579")
_WEIGHTS = range(10, 1, -1)
_APART = str.maketrans("", "", " .-")
_ABOUT_PATIENTS = re.compile(r"nhs|chi\b|patient|\bpt\b|h&c", re.IGNORECASE)
# Characters before a number in which a word about patients says what it is.
_NEAR = 40


def nhs(match: re.Match[str]) -> int:
    """Ten digits whose last one is right by modulus 11.

    What looks like seconds since 1970 must stand near a word about patients.
    """
    text = match["it"]
    digits = _digits(text)
    left_over = -sum(map(mul, map(int, digits), _WEIGHTS)) % 11
    if left_over != int(digits[9]) or len(set(digits)) == 1:
        return 0
    begins = match.start("it")
    near = match.string[max(0, begins - _NEAR) : begins]
    if digits.startswith("1") and text.isdigit() and not _ABOUT_PATIENTS.search(near):
        return 0
    return match.end("it")


def card(match: re.Match[str]) -> int:
    """A card's number: its beginning, its length and its check digit (Luhn)."""
    digits = _digits(match["it"])
    if not _CARD.fullmatch(digits):
        return 0
    doubled = sum(map(int, digits[-2::-2].translate(_DOUBLED)))
    return match.end("it") if (doubled + sum(map(int, digits[-1::-2]))) % 10 == 0 else 0


def uk_phone(match: re.Match[str]) -> int:
    """A UK number in groups as people write them: no single digits, not more than five groups."""
    groups = re.findall(r"\d+", match["it"])
    return match.end("it") if len(groups) <= 5 and all(len(group) > 1 for group in groups) else 0


def eight_digits(match: re.Match[str]) -> int:
    """Eight digits that are a day, written from the year or from the day."""
    digits = match["it"]
    year_first = (digits[:4], digits[4:6], digits[6:])
    day_first = (digits[4:], digits[2:4], digits[:2])
    for year, month, day in (year_first, day_first):
        try:
            found = date(int(year), int(month), int(day))
        except ValueError:
            continue
        if 1900 <= found.year < 2100:
            return match.end("it")
    return 0


def _digits(text: str) -> str:
    return text.translate(_APART)
