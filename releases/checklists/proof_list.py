"""What the portal can prove by itself: for each proof the facts that it is made of.

A proof holds when every fact does. Where one cannot be known, or does not hold, a person ticks the box.
"""

import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple

from releases.checklists import locks
from releases.checklists.facts import portal, release, security, watching
from releases.checklists.facts.scene import Ask, Fact, Scene, yours
from releases.models import ChecklistItem, Deployment

UNKNOWN_PROOF = "The portal has no such proof any more."

logger = logging.getLogger(__name__)


class Proof(NamedTuple):
    """Whether a box holds (None: the portal cannot know all of it), and what was found."""

    holds: bool | None
    note: str


def of(*asks: Ask) -> Callable[[Scene], Proof]:
    """A proof that is made of these facts."""

    def prove_all(scene: Scene) -> Proof:
        facts = [_asked(ask, scene) for ask in asks]
        answers = [fact.holds for fact in facts]
        holds = False if False in answers else None if None in answers else True
        # What stands against it comes first.
        facts.sort(key=lambda fact: (fact.holds is not False, fact.holds is not None))
        return Proof(holds, " ".join(fact.text for fact in facts)[: locks.LONGEST_NOTE])

    return prove_all


def _asked(ask: Ask, scene: Scene) -> Fact:
    try:
        return ask(scene)
    except Exception:
        # One thing that cannot be looked at keeps nobody from the others.
        logger.exception("a fact for the checklist of deployment %s failed", scene.deployment.pk)
        return Fact(None, "Something could not be looked at.")


PRODUCT_SERVERS = yours("what is installed on the product's own servers")
PROOFS: Mapping[str, Callable[[Scene], Proof]] = {
    "accounts": of(
        security.sessions, security.passwords, yours("how the product's tokens and roles are set")
    ),
    "alerting": of(
        watching.alerts_go_out, watching.warnings_go_out, watching.channels_work, watching.contacts
    ),
    "applied": of(release.applied),
    "backup": of(portal.backup),
    "backup_taken": of(release.backup_steps),
    "code": of(release.staging, yours("whether the code was reviewed")),
    "communicated": of(release.announced, watching.contacts),
    "configuration": of(release.flag_off, watching.checks_run, yours("how the product is configured")),
    "data_protection": of(
        security.trail, security.https, yours("whether data is encrypted at rest and made anonymous")
    ),
    "dependencies": of(release.staging_scan, yours("whether dependencies are up to date")),
    "final_preparations": of(portal.backup, release.staging, release.way_back, watching.channels_work),
    "flags_control": of(release.whole_share),
    "flags_ready": of(release.flag_off, release.ladder, release.way_back),
    "health_passing": of(watching.checks_run, watching.verdict, watching.nothing_against),
    "maintenance_mode": of(release.maintenance_mode),
    "migrations": of(portal.migrations, release.applied, yours("whether the product's migration ran")),
    "monitoring_active": of(watching.metrics_arrive, watching.checks_run),
    "monitoring_setup": of(
        watching.metrics_exposed,
        watching.metrics_arrive,
        yours("whether the product's dashboards and logs are ready"),
    ),
    "performance": of(watching.metrics_arrive, watching.nothing_against),
    "resources": of(portal.disk, portal.memory, portal.processor, portal.product_resources),
    "rollback_plan": of(release.way_back),
    "security_configuration": of(
        security.https,
        security.debug_off,
        security.deploy_checks,
        security.headers,
        security.other_sites,
        security.rates,
    ),
    "security_testing": of(
        security.headers, security.https, yours("what the product's own pages and API give away")
    ),
    "services": of(portal.database, portal.cache_and_queue, portal.migrations, watching.nothing_against),
    "share_10": of(release.share(10), yours("whether the features are those of this phase")),
    "share_25": of(release.share(25), watching.nothing_against, yours("whether it is stable")),
    "share_50": of(
        release.share(50),
        watching.nothing_against,
        yours("whether it carries the load, and who has the patient portal"),
    ),
    "share_100": of(release.share(100), watching.nothing_against, yours("whether all of it works")),
    "staging_complete": of(release.staging),
    "steps_complete": of(release.all_steps),
    "success_criteria": of(watching.verdict, watching.nothing_against, yours("whether users are content")),
    "system_requirements": of(portal.database, portal.cache_and_queue, PRODUCT_SERVERS),
    "triggers_watched": of(watching.triggers, watching.checks_run),
    "verified": of(release.verified),
    "window_announced": of(release.window_planned, yours("whether everybody stands by")),
}


def look(item: ChecklistItem) -> Proof | None:
    """What the portal finds for one box now; None for a box without a proof."""
    return found_for(item, Scene(item.deployment)) if item.proof else None


def look_at(deployment: Deployment, part: str, section: str) -> dict[int, Proof]:
    """What the portal finds for the open boxes of a section, by their primary keys."""
    opened = deployment.items.filter(part=part, section=section, state=ChecklistItem.State.OPEN)
    scene = Scene(deployment)
    return {item.pk: found_for(item, scene) for item in opened.exclude(proof="")}


def found_for(item: ChecklistItem, scene: Scene) -> Proof:
    """What the portal finds for a box that names a proof."""
    proof = PROOFS.get(item.proof)
    return proof(scene) if proof else Proof(None, UNKNOWN_PROOF)
