"""How numbers are said to people who know no statistics."""

from collections.abc import Iterable
from math import floor, log10

from monitoring.judging.findings import LONGEST
from monitoring.judging.weather import Weather

# From here on a rise of the control is worth saying.
LEAST_FACTOR = 1.2
NO_CONTROL = (
    "No control is left to tell the feature from the platform; a rollback to 50 % restores one "
    "(before that, look at what else happened)."
)


def percent(fraction: float) -> str:
    """0.0312 is said as 3.1 %, 0.0004 as 0.04 %."""
    value = 100 * fraction
    digits = 2 if 0 < value < 0.1 else 1
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") + " %"


def chance(p: float) -> str:
    """A p-value to two digits: 0.00037; very small ones by their bound."""
    if p < 1e-6:
        return "under 0.000001"
    return f"{p:.{max(2, 1 - floor(log10(p)))}f}" if p < 0.995 else "1"


def chance_of(p: float) -> str:
    """`p = 0.0004`, or `p under 0.000001`."""
    said = chance(p)
    return f"p {said}" if said.startswith("under") else f"p = {said}"


def arms(with_feature: tuple[int, int], without: tuple[int, int], word: str, state: str) -> str:
    """`12 of 64 workspaces with the feature are failing, 1 of 567 without it`."""
    (hit, judged), (other, others) = with_feature, without
    verb = "is" if hit == 1 else "are"
    return f"{hit:,} of {judged:,} {word} with the feature {verb} {state}, {other:,} of {others:,} without it"


def platform(said: str, during: Weather) -> str:
    """What is said when the control shows the same."""
    rise = f"without it requests fail {during.factor:.1f} times as often as before"
    numbers = f"{said}; {rise}" if during.factor >= LEAST_FACTOR else said
    return f"The whole platform is ill ({numbers}): the feature is not the cause."


def joined(sentences: Iterable[str], longest: int = LONGEST) -> str:
    """As many whole sentences, without repeats, as there is room for; a first one that is too long is cut."""
    said = ""
    for sentence in dict.fromkeys(filter(None, sentences)):
        longer = f"{said} {sentence}".strip()
        if len(longer) > longest:
            return said or sentence[: longest - 2] + " …"
        said = longer
    return said
