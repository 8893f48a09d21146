"""What a verdict tells the shell."""

from monitoring.documents import Document
from operations.doors.command import ExitCode
from rollout.models import Verdict

CODES = {
    Verdict.Result.PASS: ExitCode.DONE,
    Verdict.Result.HOLD: ExitCode.HOLD,
    Verdict.Result.UNKNOWN: ExitCode.HOLD,
    Verdict.Result.BREACH: ExitCode.BREACH,
}


def code_of(verdict: str) -> ExitCode:
    """0 for a pass, 2 for a hold or unknown, 3 for a breach."""
    return CODES[Verdict.Result(verdict)]


def code_now(found: Document) -> ExitCode:
    """The code of a system health's last check.

    One that is missing, or a pass that is too old for a gate, is unknown: 2.
    """
    last = found["lastCheck"]
    if found["note"]:
        return ExitCode.DONE
    if last is None:
        return ExitCode.HOLD
    code = code_of(last["verdict"])
    return code if last["fresh"] or code != ExitCode.DONE else ExitCode.HOLD
