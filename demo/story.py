"""What the terminal shows: the days as they pass, what happened on them, and where to look."""

import sys
import textwrap
from datetime import datetime
from typing import TextIO

WIDTH = 100
MARGIN = 24
DIM, BOLD, GREEN, AMBER, RED, PLAIN = "2", "1", "32", "33", "31", "0"


class Story:
    """Tells one line an event; at a terminal a last line, which is written over, says what the time is."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._alive = out.isatty()
        self._began: datetime | None = None
        self._told = -1

    def title(self, text: str, about: str) -> None:
        """The scenario and what it shows."""
        self._line("")
        self._line(self._in(BOLD, text))
        self._line(textwrap.fill(about, WIDTH))
        self._line("")

    def begin(self, now: datetime) -> None:
        """Days count from here."""
        self._began = now

    def tell(self, now: datetime, text: str, *, colour: str = PLAIN, link: str = "") -> None:
        """Something happened; `link` is where to look at it."""
        day = self._day(now)
        when = (
            f"  Day {day:<3} {now:%a %d %b %H:%M}" if day != self._told else f"{'':10} {now:%a %d %b %H:%M}"
        )
        self._told = day
        first, *rest = textwrap.wrap(text, WIDTH - MARGIN - 4) or [""]
        self._line(f"{self._in(DIM, when):<{MARGIN + 4}}  {self._in(colour, first)}")
        for line in rest:
            self._line(f"{'':{MARGIN + 6}}{self._in(colour, line)}")
        if link:
            self._line(f"{'':{MARGIN + 6}}{self._in(DIM, link)}")

    def now(self, now: datetime, text: str) -> None:
        """The last line, at a terminal alone."""
        if self._alive:
            self._out.write(
                f"\r\033[K  {self._in(DIM, f'Day {self._day(now):<3} {now:%a %d %b %H:%M}   {text}')}"
            )
            self._out.flush()

    def pause(self) -> None:
        """A blank line before a new chapter."""
        self._line("")

    def end(self, text: str, places: dict[str, str], *, well: bool) -> None:
        """How it ended, and what to look at."""
        self._line("")
        self._line(self._in(GREEN if well else RED, textwrap.fill(text, WIDTH)))
        if places:
            self._line("")
            self._line("Look around; the portal keeps all of it:")
            for what, where in places.items():
                self._line(f"  {what:<44} {where}")
        self._line("")

    def _day(self, now: datetime) -> int:
        return (now - self._began).days if self._began else 0

    def _line(self, text: str) -> None:
        start = "\r\033[K" if self._alive else ""
        self._out.write(f"{start}{text}\n")
        self._out.flush()

    def _in(self, colour: str, text: str) -> str:
        return f"\033[{colour}m{text}\033[0m" if self._alive and colour != PLAIN else text
