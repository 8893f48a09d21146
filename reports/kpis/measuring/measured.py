"""One measured figure. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """A value and how many requests, people or things stand behind it; `unknown` says why there is none.

    `baseline` is what the same measure was before the rollout, where the same rows tell it.
    """

    value: float | None = None
    n: int | None = None
    unknown: str = ""
    baseline: float | None = None


def share(part: int, whole: int, unknown: str) -> Measured:
    """`part` in percent of `whole`; of nothing, unknown."""
    return Measured(100 * part / whole, whole) if whole else Measured(None, 0, unknown)
