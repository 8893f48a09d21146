"""The one interface behind which vitals come from."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from monitoring.vitals import Arms, Count, Gauges, UnitKey, Use, Vitals, Window


class SourceFailed(Exception):
    """The source did not answer, or not in a form that can be read. What it measured is unknown then."""


class Source(Protocol):
    """Vitals of one plan's module. Every call may raise SourceFailed."""

    @property
    def by_workspace(self) -> bool:
        """Whether it can tell workspaces apart; one that cannot may hold a gate and never stop a plan."""

    def told_until(self, now: datetime) -> datetime:
        """The end of the newest hour of which it can tell anything, also one that is not over."""

    def counts(self, window: Window) -> Mapping[UnitKey, Count]:
        """Requests and errors of each unit with any request in the window."""

    def arms(self, window: Window) -> Arms:
        """The summed vitals of the cohort and of the control, as they are made up now."""

    def whole(self, window: Window) -> Vitals:
        """The summed vitals of everybody in the window, eligible or not."""

    def gauges(self, window: Window) -> Gauges:
        """The platform's readings over the window."""

    def use(self, until: datetime) -> Use:
        """Distinct users of the day and week before `until`, and the last day's counters, of the cohort."""

    def used_since(self, since: datetime) -> frozenset[str] | None:
        """The workspaces that used the module at or after `since`; None where the source cannot tell."""

    def requests_in(self, window: Window) -> int | None:
        """All requests in the window, whoever's; None when nothing at all was measured in it."""
