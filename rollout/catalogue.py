"""The guides' modules, flags and phases as data: every number of SPEC 3.1 and 3.2 stands here and only here.

Sources: patient-engagement-rollout, production-deployment-checklist, health-management-rollout.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

HOUR = timedelta(hours=1)
WEEK = timedelta(weeks=1)


@dataclass(frozen=True, kw_only=True)
class FlagEntry:
    """A flag, and the phase from which the whole cohort has it (selected workspaces from an earlier one)."""

    key: str
    name: str
    from_phase: int = 1
    selected_from_phase: int | None = None
    prerequisite: str = ""


@dataclass(frozen=True, kw_only=True)
class PhaseEntry:
    """A phase with its criteria; the fields are those of `models.Phase`."""

    number: int
    name: str
    percentage: int
    max_error_rate: Decimal
    max_p95_ms: int
    audience: str = "cohort"
    week: int | None = None
    min_soak: timedelta = WEEK
    review_every: timedelta | None = None
    review_for: timedelta | None = None
    target_error_rate: Decimal | None = None
    min_adoption: Decimal | None = None
    max_database_p95_ms: int | None = None
    min_satisfaction: Decimal | None = None
    no_open_critical_issue: bool = False
    stable_for: timedelta | None = None
    all_flags_available: bool = False


@dataclass(frozen=True, kw_only=True)
class ModuleEntry:
    """A module with its plan."""

    key: str
    name: str
    unit: str
    ordering: str
    flags: tuple[FlagEntry, ...]
    phases: tuple[PhaseEntry, ...]
    tiers: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    business_goals: tuple[dict[str, str | float], ...] = field(default=())


def _engagement_flag(
    key: str, name: str, from_phase: int, selected_from_phase: int | None = None
) -> FlagEntry:
    return FlagEntry(
        key=key,
        name=name,
        from_phase=from_phase,
        selected_from_phase=selected_from_phase,
        prerequisite="patient_engagement_module",
    )


# The checklist's success criterion beside each phase's maximum, and its limit for the API's p95.
ENGAGEMENT_TARGET = Decimal("0.01")
ENGAGEMENT_P95 = 500

PATIENT_ENGAGEMENT = ModuleEntry(
    key="patient_engagement",
    name="Patient Engagement",
    unit="workspace",
    ordering="workspace_id",
    tiers=("professional", "enterprise", "premium"),
    statuses=("active", "trial"),
    roles=("pharmacist", "pharmacy_manager", "super_admin"),
    flags=(
        FlagEntry(key="patient_engagement_module", name="Core module"),
        _engagement_flag("appointment_scheduling", "Appointment system", 1),
        _engagement_flag("followup_task_management", "Follow-up tasks", 1),
        _engagement_flag("smart_reminder_system", "Reminders", 1),
        _engagement_flag("patient_portal", "Patient self-service", 4, selected_from_phase=3),
        _engagement_flag("recurring_appointments", "Recurring appointments", 4),
        _engagement_flag("clinical_alerts", "Clinical alerts", 4),
        _engagement_flag("engagement_analytics", "Analytics", 4),
        _engagement_flag("schedule_management", "Schedule management", 4),
        _engagement_flag("engagement_module_integration", "Module integration", 4),
    ),
    phases=(
        PhaseEntry(
            number=1,
            name="Initial",
            percentage=10,
            week=1,
            review_every=2 * HOUR,
            review_for=48 * HOUR,
            max_error_rate=Decimal("0.02"),
            target_error_rate=ENGAGEMENT_TARGET,
            min_adoption=Decimal("0.30"),
            max_p95_ms=ENGAGEMENT_P95,
            no_open_critical_issue=True,
        ),
        PhaseEntry(
            number=2,
            name="Expanded",
            percentage=25,
            week=2,
            review_every=4 * HOUR,
            review_for=24 * HOUR,
            max_error_rate=Decimal("0.03"),
            target_error_rate=ENGAGEMENT_TARGET,
            min_adoption=Decimal("0.40"),
            max_p95_ms=ENGAGEMENT_P95,
            min_satisfaction=Decimal("4.0"),
        ),
        PhaseEntry(
            number=3,
            name="Scale",
            percentage=50,
            week=3,
            review_every=6 * HOUR,
            review_for=12 * HOUR,
            max_error_rate=Decimal("0.05"),
            target_error_rate=ENGAGEMENT_TARGET,
            min_adoption=Decimal("0.50"),
            max_p95_ms=ENGAGEMENT_P95,
            stable_for=24 * HOUR,
        ),
        PhaseEntry(
            number=4,
            name="Complete",
            percentage=100,
            week=4,
            review_every=8 * HOUR,
            review_for=6 * HOUR,
            max_error_rate=Decimal("0.05"),
            target_error_rate=ENGAGEMENT_TARGET,
            min_adoption=Decimal("0.60"),
            max_p95_ms=ENGAGEMENT_P95,
            all_flags_available=True,
        ),
    ),
)


def _health_phase(
    number: int, name: str, percentage: int, *, audience: str = "cohort", week: int | None = None
) -> PhaseEntry:
    return PhaseEntry(
        number=number,
        name=name,
        percentage=percentage,
        audience=audience,
        week=week,
        # "A week each from 25 %": the internal list and the beta last as long as a PM wants.
        min_soak=WEEK if week else timedelta(0),
        max_error_rate=Decimal("0.001"),
        max_p95_ms=200,
        max_database_p95_ms=100,
    )


HEALTH_MANAGEMENT = ModuleEntry(
    key="health_management",
    name="Health Management",
    unit="user",
    ordering="hash",
    flags=(FlagEntry(key="health_management", name="Personal health management"),),
    phases=(
        _health_phase(1, "Internal", 0, audience="internal"),
        _health_phase(2, "Beta", 5, audience="beta"),
        _health_phase(3, "First quarter", 25, week=1),
        _health_phase(4, "Half", 50, week=2),
        _health_phase(5, "Everybody", 100, week=3),
    ),
    business_goals=(
        {"name": "adoption in the first month", "above": 0.20},
        {"name": "daily active users", "above": 0.05},
        {"name": "records per user and week", "above": 1},
        {"name": "goal completion", "above": 0.30},
        {"name": "retention", "above": 0.80},
    ),
)

MODULES = (PATIENT_ENGAGEMENT, HEALTH_MANAGEMENT)
