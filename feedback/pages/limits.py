"""How much the public form takes: from one address, and of files from all together."""

from dataclasses import dataclass

from django.http import HttpRequest

from feedback.pages.anonymous import Throttle, address_of

HOUR, DAY = 3_600, 86_400


@dataclass(frozen=True)
class Reached:
    """A limit that was reached, and what to do about it, for a person."""

    throttle: Throttle
    words: str


def reached(request: HttpRequest, files: int) -> Reached | None:
    """Count one submission with so many files; the limit that it is beyond, if it is."""
    throttle = Throttle("feedback-form", 20, HOUR)
    address = address_of(request)
    if not throttle.count(address):
        minutes = int(throttle.wait()) // 60 + 1
        return Reached(throttle, f"Too much came from where you are: press Send again in {minutes} minutes.")
    # A stranger must not fill the disk: a file may have 10 MB.
    for throttle, whose in (
        (Throttle("feedback-form-files", 20, HOUR), address),
        (Throttle("feedback-form-all-files", 500, DAY), "all"),
    ):
        if not all(throttle.count(whose) for _ in range(files)):
            return Reached(throttle, "Too many files came: send it without files, or try again later.")
    return None
