"""The rival of the bench `similar`, and our scorer without an index: every report against every other."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import product

from sklearn.feature_extraction.text import TfidfVectorizer

from feedback.similarity import scoring
from feedback.similarity.reading import read
from feedback.similarity.scoring import Tuning
from tests.feedback.similarity.hadoop import duplicates, reports

MISSED = 10_000


def tfidf() -> list[int]:
    """The place of the first known duplicate of each report that has one, by scikit-learn's TF-IDF cosine."""
    texts = [" ".join([report.title] * 3 + [report.description[:2_000]]) for report in reports()]
    vectors = TfidfVectorizer(sublinear_tf=True, stop_words="english").fit_transform(texts)
    asked = list(duplicates())
    scores = (vectors[asked] @ vectors.T).toarray()
    return [_place(dict(enumerate(row)), index) for index, row in zip(asked, scores, strict=True)]


def exhaustive(tuning: Tuning = scoring.TUNING) -> list[int]:
    """The same by the portal's scorer, with the words of all reports in memory."""
    vectors = [read(report.ticket(), tuning).strengths for report in reports()]
    tickets = Counter(stem for vector in vectors for stem in vector)
    rarities = {stem: scoring.rarity(count, len(vectors)) for stem, count in tickets.items()}
    norms = [scoring.norm(vector, rarities) for vector in vectors]
    postings: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for index, vector in enumerate(vectors):
        for stem, strength in vector.items():
            postings[stem].append((index, strength))
    places = []
    for asked in duplicates():
        products: defaultdict[int, float] = defaultdict(float)
        for stem, strength in vectors[asked].items():
            weight = strength * rarities[stem] ** 2
            for index, other in postings[stem]:
                products[index] += weight * other
        scores = {
            index: scoring.likeness([shared], norms[asked], norms[index])
            * scoring.nearness(reports()[index].at - reports()[asked].at, tuning)
            for index, shared in products.items()
        }
        places.append(_place(scores, asked))
    return places


def grid() -> dict[Tuning, list[int]]:
    """The places with each of some ways to tune the scorer."""
    choices = product((2.0, 3.0, 5.0), (25, 40, 60), (1.0, 2.0), (0.0, 1 / 3))
    tunings = [Tuning(title, half, saturation, apart) for title, half, saturation, apart in choices]
    return {tuning: exhaustive(tuning) for tuning in tunings}


def recall(places: Sequence[int], most: int) -> float:
    return sum(place < most for place in places) / len(places)


def _place(scores: dict[int, float], asked: int) -> int:
    """How many other reports stand before the first known duplicate."""
    known = duplicates()[asked]
    best = max((scores.get(index, -1.0), -index) for index in known)
    if best[0] < 0:
        return MISSED
    return sum(bool((score, -index) > best) for index, score in scores.items() if index != asked)
