"""What a verdict raises: a breach, an incident of the whole platform, and silence that lasts."""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from monitoring.alert_rules.rules import TWO_CHECKS, Reading
from monitoring.alert_rules.wording import Scope
from monitoring.alerts.signals import Signal
from monitoring.judging import triggers
from monitoring.judging.findings import BREACH, PLATFORM, UNKNOWN
from monitoring.levels import CRITICAL, ERROR
from monitoring.models import Alert, HealthCheck
from operations.spelling import local_time
from rollout import phases
from rollout.models import Plan

HARD_STOP = "hard_stop"
DEPLOYMENT_FOLLOWS = (
    "The deployment of a release follows by itself and goes back to the version before: see on its page that "
    "it arrives there. What is mended ships as the next release."
)
Action = HealthCheck.Action
Criterion = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A check that is written, and what the rules read in its vitals.

    `plan` is as it was locked, before the check acted. `unknown_too_long` says that so many checks in a row
    were unknown that somebody must look.
    """

    plan: Plan
    check: HealthCheck
    scope: Scope
    readings: tuple[Reading, ...] = ()
    unknown_too_long: bool = False


def signals(checked: Checked, known: Container[str]) -> Iterator[Signal]:
    """What the verdict says of its three causes. `known` are the fingerprints of the open alerts.

    An unknown one says nothing of breaches and incidents: who cannot see does not know that they are over.
    """
    check = checked.check
    if check.result == UNKNOWN:
        if checked.unknown_too_long:
            yield _silence(checked)
        return
    yield _gone(checked, "silence")
    if check.result == BREACH:
        breach = _breach(checked)
        # What the portal did at an earlier check of the same breach stays said.
        said = breach.done or breach.fingerprint in known
        yield breach if said else replace(breach, done=_nothing_because(checked))
    else:
        yield _gone(checked, "breach")
    ill = _shown_by_all(check)
    yield _platform(checked, ill) if ill else _gone(checked, "platform_incident")


def _gone(checked: Checked, cause: str) -> Signal:
    module = checked.plan.module
    return Signal(source=Alert.Source.HEALTH, module=module, cause=cause, firing=False, settle=TWO_CHECKS)


def _holds(checked: Checked, cause: str) -> Callable[..., Signal]:
    return partial(
        Signal,
        source=Alert.Source.HEALTH,
        module=checked.plan.module,
        cause=cause,
        firing=True,
        labels={"rule": cause},
        at=checked.check.slot,
        settle=TWO_CHECKS,
        health_check=checked.check,
    )


def _breach(checked: Checked) -> Signal:
    check, scope = checked.check, checked.scope
    hard = any(each["name"] == HARD_STOP and each["breaks"] for each in check.details["criteria"])
    return _holds(checked, "breach")(
        level=CRITICAL if hard else ERROR,
        title=f"{scope.name} fails for many who have it" if hard else f"{scope.name} does harm",
        summary=check.summary,
        affected=scope.affected(),
        done=done(checked),
        advice=_advice(checked),
    )


def _platform(checked: Checked, ill: list[Criterion]) -> Signal:
    scope, acted = checked.scope, checked.check.action
    return _holds(checked, "platform_incident")(
        level=ERROR,
        title=f"The whole platform is ill, and not because of {scope.name}",
        # Each of them says the same of the platform; what else is ill rings by a rule of its own.
        summary=ill[0]["reason"],
        affected=scope.platform,
        done="" if acted else "Nothing was paused or rolled back. The gate of the next phase is closed.",
        advice=scope.not_the_feature(),
    )


def _silence(checked: Checked) -> Signal:
    scope, stopped = checked.scope, checked.check.action == Action.AUTOMATIC_STOPPED
    held = "The portal stopped automatic mode, and the gate of the next phase is closed."
    resume = " Switch automatic mode on again, on the plan's page, when the vitals are back."
    return _holds(checked, "silence")(
        level=ERROR,
        title=f"Nothing is known of the health of {scope.name}",
        summary=f"Check after check finds nothing: {checked.check.summary}",
        affected=scope.affected(),
        done=held if stopped else "",
        advice=(
            "See whether the product still sends, or Prometheus still answers: "
            f"{scope.command('post_launch_monitor health --verbose')} counts requests and readings. Until "
            f"then nobody would notice if the feature broke.{resume if stopped else ''}"
        ),
    )


def _shown_by_all(check: HealthCheck) -> list[Criterion]:
    """The hourly criteria that those without the feature break as well.

    Not the daily ones: a look is quoted for a day, and the incident it saw may be over.
    """
    return [
        each
        for each in check.details["criteria"]
        if each["cause"] == PLATFORM
        and not each["breaks"]
        and (each["name"] == HARD_STOP or each["group"] == triggers.GROUP)
    ]


def done(checked: Checked) -> str:
    """What the check did to the plan, in words; "" for nothing."""
    plan, check = checked.plan, checked.check
    at = f"at {local_time(check.made_at)}"
    if check.action == Action.PAUSED:
        return f"The portal paused the plan {at}: nobody new gets the feature, and nobody loses it."
    if check.action == Action.ROLLED_BACK:
        lower = phases.phase_before(plan)
        return f"The portal rolled the plan back {at}, from {plan.percentage} % to {lower} %."
    if check.action == Action.TURNED_OFF:
        return f"The portal turned the flag off for everybody {at}: nobody has {plan.module} any more."
    return ""


def _nothing_because(checked: Checked) -> str:
    plan = checked.plan
    if plan.version != checked.check.plan_version:
        return "Nothing yet: the plan changed after this was measured, and the next check decides."
    return f"Nothing: the plan is {plan.get_status_display().lower()} already."


def _advice(checked: Checked) -> str:
    plan, scope, action = checked.plan, checked.scope, checked.check.action
    if action == Action.ROLLED_BACK:
        resume = scope.command(f"rollout resume {plan.percentage}")
        return f"{scope.look()} Mend it, then go on: {resume}. Automatic mode is off."
    if action == Action.TURNED_OFF:
        return f"{scope.look()} {DEPLOYMENT_FOLLOWS}"
    if action == Action.PAUSED or plan.status != Plan.Status.RUNNING:
        back = scope.command('rollout rollback "REASON"')
        return (
            f"{scope.look()} Who has the feature keeps it: if they are being harmed, take it back with "
            f"{back}, or turn all flags off at once with {scope.command('rollout set 0')}. "
            f"When it is mended: {scope.command(f'rollout resume {plan.percentage}')}."
        )
    return f"{scope.look()} {scope.stopping()}"
