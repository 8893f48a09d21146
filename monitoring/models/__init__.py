from monitoring.models.alerts import Alert, AlertEvent, Occurrence
from monitoring.models.checks import Baseline, BaselineSet, HealthCheck, Look
from monitoring.models.notices import Contact, Dispatch, Notice, Route
from monitoring.models.reviews import CriterionTick, Review
from monitoring.models.silences import Silence
from monitoring.models.sources import VitalsSource
from monitoring.models.vitals import (
    Batch,
    CounterDay,
    CounterHour,
    DailyUser,
    DayRoll,
    GaugeReading,
    LastUse,
    WorkspaceDay,
    WorkspaceHour,
)

__all__ = [
    "Alert",
    "AlertEvent",
    "Baseline",
    "BaselineSet",
    "Batch",
    "Contact",
    "CounterDay",
    "CounterHour",
    "CriterionTick",
    "DailyUser",
    "DayRoll",
    "Dispatch",
    "GaugeReading",
    "HealthCheck",
    "LastUse",
    "Look",
    "Notice",
    "Occurrence",
    "Review",
    "Route",
    "Silence",
    "VitalsSource",
    "WorkspaceDay",
    "WorkspaceHour",
]
