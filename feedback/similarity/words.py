"""From text to words: split, folded, stemmed. Whatever the script and however long, in linear time."""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, pairwise
from typing import NamedTuple

import snowballstemmer

LONGEST = 60
# Of one text: what stands behind that is not looked at.
MOST_CHARACTERS = 20_000


class Word(NamedTuple):
    """A word as it was written, in lower case, and as the index knows it: folded, and its stem."""

    text: str
    folded: str
    stem: str


def words_of(text: str, *, most: int) -> list[Word]:
    """The first `most` words of a text, those that say nothing left out.

    Names such as `hadoop-aws`, `core.site` and `FileSystem` give their parts and stand as a whole as well.
    Scripts without spaces between words give each pair of neighbouring characters.
    """
    return list(islice(_words(_plain(text)), most))


def _words(text: str) -> Iterator[Word]:
    for match in _NAME.finditer(text):
        name = match[0]
        yield from _known(name) if len(name) < LONGEST else _of_name(name)


def _of_name(name: str) -> tuple[Word, ...]:
    words = []
    for part in _parts(name):
        folded = _folded(part)[:LONGEST]
        if folded not in STOP_WORDS and (len(folded) > 1 or not folded.isascii()):
            words.append(Word(part.lower()[:LONGEST], folded, stem(folded)))
    return tuple(words)


# The same words come again and again.
_known = lru_cache(maxsize=50_000)(_of_name)


def _plain(text: str) -> str:
    """A text without differences that nobody sees: width, ligatures, joiners, marks of direction."""
    text = text[:MOST_CHARACTERS]
    if text.isascii():
        return text
    # One character may become eighteen.
    return unicodedata.normalize("NFKC", text.translate(_INVISIBLE))[:MOST_CHARACTERS]


def _parts(name: str) -> Iterator[str]:
    pieces = _JOINT.split(name)
    for piece in pieces:
        if not piece.isascii() and _DENSE.search(piece):
            for run in _DENSE_RUN.findall(piece):
                yield from _pairs(run)
            continue
        humps = _HUMP.findall(piece) if piece.isascii() else ()
        if len(humps) > 1:
            yield from humps
        yield piece
    if len(pieces) > 1 and len(name) < LONGEST:
        yield name


def _pairs(run: str) -> Iterator[str]:
    """A run of a script without spaces as pairs of neighbours; of any other script as it is."""
    if len(run) < 2 or not _DENSE.match(run):
        yield run
    else:
        yield from map("".join, pairwise(run))


def _folded(word: str) -> str:
    """A word without case and accents, as people type it."""
    if word.isascii():
        return word.lower()
    bare = _ACCENT.sub("", unicodedata.normalize("NFKD", word.casefold()))
    return unicodedata.normalize("NFKC", bare)


@lru_cache(maxsize=50_000)
def stem(folded: str) -> str:
    """What the forms of an English word have in common; any other word is its own stem."""
    if len(folded) > 30 or not (folded.isascii() and folded.isalpha()):
        return folded
    # A stemmer holds the word that it is at, so that threads cannot share one.
    if not hasattr(_own, "stemmer"):
        _own.stemmer = snowballstemmer.stemmer("english")
    found: str = _own.stemmer.stemWord(folded)
    return found


_own = threading.local()


def _marks() -> str:
    """The characters that join the letter before them, of all scripts in use."""
    scripts = (*range(0x300, 0x3100), *range(0xA800, 0xAC00), *range(0x11000, 0x11C00))
    return "".join(chr(code) for code in scripts if unicodedata.category(chr(code)).startswith("M"))


_LETTER = rf"(?:[^\W_]|[{re.escape(_marks())}])"
_NAME = re.compile(rf"[^\W_]{_LETTER}*(?:[._$-]{_LETTER}+)*")
_JOINT = re.compile(r"[._$-]")
_HUMP = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_ACCENT = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]")
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
)
# Thai, Lao, Burmese, Khmer, kana, Han, Hangul.
_DENSE_CLASS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
_DENSE = re.compile(f"[{_DENSE_CLASS}]")
_DENSE_RUN = re.compile(f"[{_DENSE_CLASS}]+|[^{_DENSE_CLASS}]+")

STOP_WORDS = frozenset(
    """
    about above across after afterwards again against all almost alone along already also although always am
    among an and another any anyhow anyone anything anyway anywhere are around as at be became because become
    been before being below between both but by can cannot cant could couldn did didn do does doesn doing don
    done down due during each either else elsewhere etc even ever every everyone everything everywhere except
    few for from further get give go had hadn has hasn have haven having he hence her here hers herself him
    himself his how however if in indeed instead into is isn it its itself just keep last latter least less
    let ll made make many may me meanwhile might mine more moreover most mostly much must my myself namely
    neither never nevertheless next no nobody none nor not nothing now nowhere of off often on once one only
    onto or other others otherwise our ours ourselves out over own per perhaps please put rather re really
    same see seem seemed seems several she should shouldn since so some somehow someone something sometimes
    somewhere still such take than that the their theirs them themselves then there thereby therefore these
    they this those though through throughout thus to together too toward towards under unless until up upon
    us ve very via was wasn we well were weren what whatever when whenever where whereas wherever whether
    which while who whoever whole whom whose why will with within without won would wouldn yet you your yours
    yourself yourselves
    """.split()  # noqa: SIM905 - as one reads it
)
