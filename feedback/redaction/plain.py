"""One spelling for what comes in many: ASCII digits, blanks and dashes, and nothing unseen."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache


def spell(text: str) -> tuple[str, Sequence[int]]:
    """`text` spelled plainly, and for each of its characters where in `text` it stands."""
    if text.isascii():
        return text.replace("\t", " "), range(len(text))
    characters, places = [], []
    for place, character in enumerate(text):
        if spelled := _spelled(character):
            characters.append(spelled)
            places.append(place)
    return "".join(characters), places


@lru_cache(maxsize=4_096)
def _spelled(character: str) -> str:
    """One plain character for this one; empty for one that nobody sees."""
    if character == "\t":
        return " "
    if character.isascii():
        return character
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(character)
    if category == "Cf" or 0xFE00 <= ord(character) <= 0xFE0F:
        return ""
    if category == "Zs":
        return " "
    if category == "Pd" or character == "\N{MINUS SIGN}":
        return "-"
    if character in "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}":
        return "'"
    simple = unicodedata.normalize("NFKC", character)
    return simple if len(simple) == 1 and simple.isascii() else character
