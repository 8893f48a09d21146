"""How a scenario ends, and that it did."""

from dataclasses import dataclass, field


class WentWrong(Exception):
    """The scenario did not end as it should; the message is one clear line."""


@dataclass(frozen=True)
class Ending:
    """What the end shows, and the pages that show it."""

    text: str
    places: dict[str, str] = field(default_factory=dict)


def expect(holds: object, what: str) -> None:
    """Go on where it holds. Raises WentWrong."""
    if not holds:
        raise WentWrong(what)
