"""Three formulas: an interval for a rate, the tail of a scattered count, a test of two arms over strata."""

from collections.abc import Iterable, Sequence
from itertools import dropwhile
from math import exp, lgamma, log, sqrt
from typing import NamedTuple

# The normal distribution's two-sided 95 % point.
Z95 = 1.959963984540054
# Below this a negative binomial is a Poisson distribution to more digits than a verdict needs.
LEAST_DISPERSION = 1e-9
# Probabilities under this are dropped from a convolution, which keeps it short.
NEGLIGIBLE = 1e-20
_TINY, _CLOSE, _MOST_TERMS = 1e-300, 1e-12, 200_000


class Interval(NamedTuple):
    """A 95 % interval of a rate; fractions from 0 to 1."""

    lower: float
    upper: float


def wilson(errors: int, requests: int) -> Interval:
    """Wilson's 95 % score interval of `errors` in `requests` (Wilson 1927); (0, 1) without requests."""
    if not requests:
        return Interval(0.0, 1.0)
    rate, square = errors / requests, Z95 * Z95
    centre = rate + square / (2 * requests)
    spread = Z95 * sqrt(rate * (1 - rate) / requests + square / (4 * requests * requests))
    scale = 1 + square / requests
    return Interval(max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale))


def tail(count: int, mean: float, dispersion: float) -> float:
    """P(X >= count) of a negative binomial with this mean and variance mean + dispersion * mean^2.

    A dispersion of 0 is a Poisson distribution. By continued fractions of the regularised incomplete beta
    and gamma functions (Abramowitz and Stegun 26.5.24, 26.5.8, 26.4.21); good to five digits for means from
    1e-6 to 1e6.
    """
    if count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    if dispersion < LEAST_DISPERSION:
        return _lower_gamma(count, mean)
    size = 1 / dispersion
    return _incomplete_beta(count, size, mean / (mean + size), size / (mean + size))


def _incomplete_beta(a: float, b: float, x: float, y: float) -> float:
    """I_x(a, b) with y = 1 - x."""
    front = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(y)
    if x < (a + 1) / (a + b + 2):
        return min(1.0, exp(front) * _beta_fraction(a, b, x) / a)
    return max(0.0, 1 - exp(front) * _beta_fraction(b, a, y) / b)


def _beta_fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of I_x(a, b), by Lentz's method; needs some sqrt(max(a, b)) terms."""
    c, d = 1.0, 1 / _apart(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        change = 1.0
        for term in (even, odd):
            d, c = 1 / _apart(1 + term * d), _apart(1 + term / c)
            change = c * d
            value *= change
        if abs(change - 1) < _CLOSE:
            break
    return value


def _apart(value: float) -> float:
    """`value`, kept away from 0."""
    return value if abs(value) > _TINY else _TINY


def _lower_gamma(a: int, x: float) -> float:
    """P(a, x) = P(Poisson(x) >= a): its series below the mean's side, else Lentz's continued fraction."""
    front = a * log(x) - x - lgamma(a)
    if x < a + 1:
        term = total = 1 / a
        for n in range(1, _MOST_TERMS):
            term *= x / (a + n)
            total += term
            if term < total * _CLOSE:
                break
        return min(1.0, exp(front) * total)
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / b
    value = d
    for n in range(1, _MOST_TERMS):
        b += 2
        d, c = 1 / _apart(b - n * (n - a) * d), _apart(b - n * (n - a) / c)
        value *= c * d
        if abs(c * d - 1) < _CLOSE:
            break
    return max(0.0, 1 - exp(front) * value)


class Stratum(NamedTuple):
    """Units alike in what was expected of them: how many stand in each arm, and how many are unhealthy."""

    cohort: int
    cohort_unhealthy: int
    control: int
    control_unhealthy: int


def stratified_p(strata: Iterable[Stratum]) -> float:
    """The exact one-sided p of the cohort having at least so many unhealthy units, given all margins.

    Within a stratum the cohort's number is hypergeometric; the sum over the strata is their convolution
    (the exact conditional test of Cochran, Mantel and Haenszel). Errs by less than 1e-15.
    """
    observed, offset, sums = 0, 0, [1.0]
    for each in strata:
        lowest, chances = _hypergeometric(
            each.cohort + each.control, each.cohort_unhealthy + each.control_unhealthy, each.cohort
        )
        observed += each.cohort_unhealthy
        dropped, sums = _trimmed(_convolved(sums, chances))
        offset += lowest + dropped
    return min(1.0, sum(sums[max(0, observed - offset) :]))


def _hypergeometric(population: int, marked: int, drawn: int) -> tuple[int, list[float]]:
    """The least number of marked among the drawn that matters, and the chances from there on."""
    least, most = max(0, marked + drawn - population), min(marked, drawn)
    mode = min(most, max(least, (drawn + 1) * (marked + 1) // (population + 2)))
    at_mode = exp(
        _log_choose(marked, mode)
        + _log_choose(population - marked, drawn - mode)
        - _log_choose(population, drawn)
    )
    rest = population - marked - drawn
    up, down = [at_mode], []
    for x in range(mode, most):
        up.append(up[-1] * (marked - x) * (drawn - x) / ((x + 1) * (rest + x + 1)))
        if up[-1] < NEGLIGIBLE:
            break
    chance = at_mode
    for x in range(mode, least, -1):
        chance *= x * (rest + x) / ((marked - x + 1) * (drawn - x + 1))
        if chance < NEGLIGIBLE:
            break
        down.append(chance)
    return mode - len(down), down[::-1] + up


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _convolved(one: Sequence[float], other: Sequence[float]) -> list[float]:
    shorter, longer = sorted((one, other), key=len)
    sums = [0.0] * (len(one) + len(other) - 1)
    for shift, weight in enumerate(shorter):
        for place, chance in enumerate(longer, shift):
            sums[place] += weight * chance
    return sums


def _trimmed(chances: list[float]) -> tuple[int, list[float]]:
    """How many negligible chances were dropped in front, and what is left without those at the end."""
    kept = list(dropwhile(lambda chance: chance < NEGLIGIBLE, chances))
    dropped = len(chances) - len(kept)
    while kept and kept[-1] < NEGLIGIBLE:
        kept.pop()
    return dropped, kept
