"""What a verdict tells the shell."""

from datetime import datetime

from monitoring.models import HealthCheck
from operations.doors.command import ExitCode
from rollout.gates import FRESH_FOR
from rollout.models import Plan, Verdict

CODES = {
    Verdict.Result.PASS: ExitCode.DONE,
    Verdict.Result.HOLD: ExitCode.HOLD,
    Verdict.Result.UNKNOWN: ExitCode.HOLD,
    Verdict.Result.BREACH: ExitCode.BREACH,
}

NOT_BEGUN = "The plan has not begun: there is nothing to check."
NOBODY = "The plan is at 0 %: nobody has the module, and there is nothing to check."


def nothing_to_check(plan: Plan) -> str:
    """Why a plan has no health, in words; "" where it has some."""
    if plan.status == Plan.Status.DRAFT:
        return NOT_BEGUN
    # A running plan at 0 % reaches its internal list.
    at_zero = plan.percentage == 0 and plan.status != Plan.Status.RUNNING
    return NOBODY if plan.all_off or at_zero else ""


def code_of(check: HealthCheck) -> ExitCode:
    """0 for a pass, 2 for a hold or unknown, 3 for a breach."""
    return CODES[Verdict.Result(check.result)]


def code_now(plan: Plan, check: HealthCheck | None, now: datetime) -> ExitCode:
    """The code of the latest check. One that is missing, or a pass older than 75 minutes, is unknown: 2."""
    if nothing_to_check(plan):
        return ExitCode.DONE
    if check is None:
        return ExitCode.HOLD
    code = code_of(check)
    return ExitCode.HOLD if code == ExitCode.DONE and is_stale(check, now) else code


def is_stale(check: HealthCheck, now: datetime) -> bool:
    """Whether the check is too old for a gate."""
    return now - check.slot > FRESH_FOR
