"""Is the product well enough to be deployed to? (Guide post-launch-monitoring, "Production Deployment".)"""

from django.conf import settings

from monitoring import regressions
from operations.outgoing import exchange
from releases.models import Step
from releases.steps.progress import Progress, done, waits


def look(step: Step) -> Progress:
    """Nothing critical is open, no rollback trigger holds, and the product's own address says 200.

    It waits for the trouble to end, until the step's time is over.
    """
    deployment = step.deployment
    troubles = [*regressions.standing(deployment.release.module)]
    url = deployment.environment.health_url
    if url and (fault := _fault(url)):
        troubles.append(fault)
    if troubles:
        return waits(" ".join(troubles))
    asked = "its health address answers 200" if url else "no health address is set"
    return done(f"No critical alert is open, no rollback trigger holds, and {asked}.")


def _fault(url: str) -> str:
    """What is wrong with the answer of a health address; "" for a 200."""
    try:
        answer = exchange.get(url, networks=settings.OUTGOING_ALLOWED_NETWORKS)
    except (exchange.NotAllowed, exchange.Unreachable) as error:
        return f"The health address does not answer: {error}"
    return "" if answer.status == 200 else f"The health address answers {answer.status}, not 200."
