"""What a ticket, or a text that may become one, says: the words that it is found by and compared by."""

from dataclasses import dataclass
from itertools import chain

from feedback.models import Ticket
from feedback.redaction import MARK
from feedback.similarity import scoring
from feedback.similarity.words import Word, words_of

# What one ticket may cost, however long it is.
TITLE_WORDS = 200
TEXT_WORDS = 3_000
COMPARED_WORDS = 300
STEMS = 300
TOKENS = 4_000


@dataclass(frozen=True)
class Reading:
    """`strengths` and `written` by stem, the strongest first; `tokens` are the words and stems, each once."""

    strengths: dict[str, int]
    written: dict[str, str]
    tokens: tuple[str, ...]


def read(said: Ticket | str, tuning: scoring.Tuning = scoring.TUNING) -> Reading:
    """The words of a ticket, saved or not; or of a text whose first line is the title."""
    if isinstance(said, str):
        title, _, description = said.strip().partition("\n")
        said = Ticket(title=title, description=description)
    title_words = words_of(_own(said.title), most=TITLE_WORDS)
    texts = [words_of(_own(text), most=TEXT_WORDS) for text in _texts(said)]
    compared = [text[:COMPARED_WORDS] for text in texts]
    strengths = scoring.vector(title_words, compared, most=STEMS, tuning=tuning)
    words = [*title_words, *chain.from_iterable(texts)]
    return Reading(strengths, _written(chain(title_words, *compared)), _tokens(said, words))


def _own(text: str) -> str:
    """A text without what stands for patient data: two patients' names make no two tickets alike."""
    return MARK.sub(" ", text)


def _texts(ticket: Ticket) -> list[str]:
    steps = "\n".join(step for step in ticket.steps if isinstance(step, str))
    return [
        ticket.description, ticket.actual_behavior, ticket.expected_behavior, steps, ticket.feature_area
    ]  # fmt: skip


def _tokens(ticket: Ticket, words: list[Word]) -> tuple[str, ...]:
    """Also of what a ticket is searched by and not compared by: with which browser two people saw it."""
    place = " ".join((ticket.release, ticket.browser_info, ticket.device_info))
    found: dict[str, None] = {}
    for word in (*words_of(place, most=TITLE_WORDS), *words):
        found[word.folded] = None
        found[word.stem] = None
    return tuple(found)[:TOKENS]


def _written(words: "chain[Word]") -> dict[str, str]:
    written: dict[str, str] = {}
    for word in words:
        written.setdefault(word.stem, word.text)
    return written
