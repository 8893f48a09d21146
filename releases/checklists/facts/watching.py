"""Who and what watches: metrics, health checks, alerts, and the people they reach."""

from datetime import timedelta

from django.conf import settings

from monitoring import health, regressions
from monitoring.alerts import routes
from monitoring.levels import WARNING
from monitoring.models import Batch, Contact, HealthCheck
from operations.channel_states import state_of, with_states
from operations.models import Channel
from releases.checklists.facts.scene import Fact, Scene, ago
from rollout import gates
from rollout.models import Plan, Verdict

HEARD_WITHIN = timedelta(hours=3)


def metrics_exposed(scene: Scene) -> Fact:
    if not settings.PROMETHEUS_METRICS_ENABLED:
        return Fact(False, "The portal's metrics are off (PROMETHEUS_METRICS_ENABLED).")
    return Fact(True, "The portal's metrics are open to Prometheus.")


def metrics_arrive(scene: Scene) -> Fact:
    """By batches of the product, or by a health check of the module that measured something."""
    since = scene.now - HEARD_WITHIN
    batch = Batch.objects.filter(module=scene.module, received_at__gte=since).order_by("-received_at").first()
    if batch is not None:
        return Fact(True, f"Metrics of {scene.module} arrived {ago(scene.now - batch.received_at)}.")
    checks = HealthCheck.objects.filter(plan__module=scene.module, slot__gte=since)
    if checks.exclude(result=Verdict.Result.UNKNOWN).exists():
        return Fact(True, f"Metrics of {scene.module} were measured within the last hours.")
    return Fact(False, f"No metrics of {scene.module} arrived within three hours.")


def checks_run(scene: Scene) -> Fact:
    if health.is_silent():
        return Fact(False, "The health checks are silent.")
    newest = health.newest()
    if newest is None:
        return Fact(None, "No plan runs yet, so that no health check was made.")
    return Fact(True, f"The last health check was made {ago(scene.now - newest.made_at)}.")


def nothing_against(scene: Scene) -> Fact:
    """Open critical alerts, and the rollback triggers over the module's last full hour."""
    found = regressions.standing(scene.module, scene.now)
    if found:
        return Fact(False, " ".join(found))
    return Fact(True, "No critical alert is open, and no rollback trigger is broken.")


def verdict(scene: Scene) -> Fact:
    """The last verdict on the release's own plan."""
    found = gates.latest_verdict(scene.plan) if scene.plan else None
    if found is None:
        return Fact(None, "The release has no verdict yet.")
    known = found.result != Verdict.Result.UNKNOWN
    passed = found.result == Verdict.Result.PASS
    return Fact(passed if known else None, f"The last verdict, {ago(scene.now - found.measured_at)}: {found}")


def triggers(scene: Scene) -> Fact:
    """That the portal itself takes the flag away on the checklist's triggers."""
    if scene.plan is None:
        return Fact(None, "The release has no plan yet.")
    watched = scene.plan.breach_policy == Plan.BreachPolicy.TURN_OFF
    text = "takes the flag from everybody" if watched else "does not take the flag away"
    return Fact(watched, f"On each of these triggers the portal {text}.")


def alerts_go_out(scene: Scene) -> Fact:
    missing = routes.gaps()
    if missing:
        levels = ", ".join(dict.fromkeys(gap.level for gap in missing))
        return Fact(False, f"There are alerts that nobody would be told of: {levels}.")
    return Fact(True, "Somebody is told of every critical and error alert.")


def warnings_go_out(scene: Scene) -> Fact:
    told = routes.told_of(WARNING, scene.module)
    if not told:
        return Fact(False, "Nobody would be told of warnings.")
    return Fact(True, f"Warnings go to {', '.join(told[:5])}.")


def channels_work(scene: Scene) -> Fact:
    """That each channel of a route has delivered its last message: a test message is enough."""
    used = Channel.objects.enabled().filter(routes__enabled=True).distinct().order_by("name")
    states = {channel.name: state_of(channel).word for channel in with_states(used)}
    if not states:
        return Fact(False, "No route brings alerts to a channel.")
    if untried := [name for name, word in states.items() if word != "works"]:
        return Fact(False, f"These channels fail, or were never tested: {', '.join(untried[:5])}.")
    return Fact(True, f"These channels work: {', '.join(list(states)[:5])}.")


def contacts(scene: Scene) -> Fact:
    """Whether each level of the escalation has somebody (SPEC 4.4)."""
    have = set(Contact.objects.values_list("level", flat=True))
    if missing := [level.label for level in Contact.Level if level not in have]:
        return Fact(False, f"These levels of the escalation have no contact: {'; '.join(missing)}.")
    return Fact(True, "Every level of the escalation has its contacts.")
