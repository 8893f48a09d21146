from monitoring.models.checks import Baseline, BaselineSet, HealthCheck, Look
from monitoring.models.reviews import CriterionTick, Review
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
    "Baseline",
    "BaselineSet",
    "Batch",
    "CounterDay",
    "CounterHour",
    "CriterionTick",
    "DailyUser",
    "DayRoll",
    "GaugeReading",
    "HealthCheck",
    "LastUse",
    "Look",
    "Review",
    "VitalsSource",
    "WorkspaceDay",
    "WorkspaceHour",
]
