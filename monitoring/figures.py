"""A module's performance, adoption and quality, named as in the guide. Rates are percentages. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitoring.vitals import Gauges, Use, Vitals

Counters = Mapping[str, int]


@dataclass(frozen=True)
class PerformanceMetrics:
    """The API of those who have the module, and the platform under it, over a window.

    Times are in milliseconds, the rest in percent; None where nothing was measured. `requests` and
    `readings` say how much stands behind them.
    """

    requests: int = 0
    readings: int = 0
    api_response_time: float | None = None
    api_response_time_p95: float | None = None
    error_rate: float | None = None
    timeout_rate: float | None = None
    database_response_time: float | None = None
    memory_usage: float | None = None
    cpu_usage: float | None = None
    disk_usage: float | None = None


@dataclass(frozen=True)
class AdoptionMetrics:
    """How the module is used. "Today" is the 24 hours that the window ends with; None where nobody told."""

    total_active_workspaces: int | None = None
    enabled_workspaces: int | None = None
    enabled_users: int | None = None
    daily_active_users: int | None = None
    weekly_active_users: int | None = None
    appointments_created_today: int | None = None
    follow_ups_completed_today: int | None = None
    reminders_delivered_today: int | None = None
    patient_portal_usage: int | None = None

    @property
    def daily_share(self) -> float | None:
        """Daily active users of the enabled ones, a fraction; None when either is unknown or nobody is."""
        if self.daily_active_users is None or not self.enabled_users:
            return None
        return self.daily_active_users / self.enabled_users


@dataclass(frozen=True)
class QualityMetrics:
    """How well the work goes, in percent of what was due or sent; satisfaction from 1 to 5."""

    appointments_due: int | None = None
    appointment_completion_rate: float | None = None
    no_show_rate: float | None = None
    follow_ups_due: int | None = None
    follow_up_completion_rate: float | None = None
    reminders_sent: int | None = None
    reminder_delivery_success_rate: float | None = None
    user_satisfaction_score: float | None = None
    user_satisfaction_ratings: int = 0


def performance(vitals: Vitals, gauges: Gauges) -> PerformanceMetrics:
    """Means and rates from the sums of a window."""
    return PerformanceMetrics(
        requests=vitals.requests,
        readings=gauges.readings,
        api_response_time=vitals.mean_ms,
        api_response_time_p95=vitals.p95_ms,
        error_rate=percent(vitals.errors, vitals.requests),
        timeout_rate=percent(vitals.timeouts, vitals.requests),
        database_response_time=gauges.database_ms,
        memory_usage=gauges.memory,
        cpu_usage=gauges.cpu,
        disk_usage=gauges.disk,
    )


def adoption(
    use: Use, *, active: int | None, enabled_workspaces: int | None, enabled_users: int | None
) -> AdoptionMetrics:
    """The counters of the last day and the users of the last day and week, beside who could have used it."""
    counters = use.counters
    return AdoptionMetrics(
        total_active_workspaces=active,
        enabled_workspaces=enabled_workspaces,
        enabled_users=enabled_users,
        daily_active_users=use.daily_users,
        weekly_active_users=use.weekly_users,
        appointments_created_today=counters.get("appointmentsCreated"),
        follow_ups_completed_today=counters.get("followupsCompleted"),
        reminders_delivered_today=counters.get("remindersDelivered"),
        patient_portal_usage=counters.get("portalVisits"),
    )


def quality(counters: Counters, satisfaction: float | None = None, ratings: int = 0) -> QualityMetrics:
    """What was completed, missed and delivered of what was due or sent (SPEC 4.1's counters).

    `satisfaction` is the mean of so many `ratings`, None where they are too few.
    """
    due, follow_ups, sent = map(counters.get, ("appointmentsDue", "followupsDue", "remindersSent"))
    return QualityMetrics(
        appointments_due=due,
        appointment_completion_rate=percent(counters.get("appointmentsCompleted"), due),
        no_show_rate=percent(counters.get("noShows"), due),
        follow_ups_due=follow_ups,
        follow_up_completion_rate=percent(counters.get("followupsCompleted"), follow_ups),
        reminders_sent=sent,
        reminder_delivery_success_rate=percent(counters.get("remindersDelivered"), sent),
        user_satisfaction_score=satisfaction,
        user_satisfaction_ratings=ratings,
    )


def percent(part: int | None, whole: int | None) -> float | None:
    """`part` in percent of `whole`; None when either is unknown, or nothing is the whole."""
    return float(100 * part / whole) if part is not None and whole else None
