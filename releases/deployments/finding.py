"""Which releases, deployments and steps somebody asks for, with all that their documents tell."""

from django.db.models import Prefetch, QuerySet

from operations.errors import Invalid, NotFound
from releases.lifecycle import DeploymentState, ReleaseState
from releases.models import (
    PRODUCTION,
    STAGING,
    Category,
    Deployment,
    Evidence,
    Issue,
    Release,
    SignOff,
    Step,
)
from rollout.models import Module

# "open" is every release that may still change or go somewhere.
OPEN_RELEASE = (
    ReleaseState.DRAFT,
    ReleaseState.IN_STAGING,
    ReleaseState.TESTED,
    ReleaseState.IN_PRODUCTION,
)
# Of a column of 64 bits.
LARGEST_ID = 2**63 - 1
STATUSES = ("open", "all", *(state.value for state in ReleaseState))


def releases(*, module: str = "", status: str = "all", category: str = "") -> QuerySet[Release]:
    """Releases, the highest version first.

    Raises Invalid for a status or a category that is none, NotFound for a module that is not there.
    """
    given = {"status": status, "category": category}
    choices = {"status": STATUSES, "category": ("", *Category.values)}
    if faults := {
        name: f"must be one of {', '.join(filter(None, choices[name]))}"
        for name, value in given.items()
        if value not in choices[name]
    }:
        raise Invalid(faults)
    found = Release.objects.select_related("module").order_by("-order_key")
    if status != "all":
        found = found.filter(state__in=OPEN_RELEASE if status == "open" else (status,))
    if category:
        found = found.filter(category=category)
    if module:
        found = found.filter(module=module_of(module))
    return found.prefetch_related(
        Prefetch("issues", Issue.objects.worst_first()), Prefetch("deployments", deployments())
    )


def release(version: str) -> Release:
    """One release. Raises NotFound."""
    # PostgreSQL takes no NUL.
    found = releases().filter(version=version).first() if version.isprintable() else None
    if found is None:
        raise NotFound(f"There is no release {version[:40]!r}.")
    return found


def deployments() -> QuerySet[Deployment]:
    """Every deployment, the newest first."""
    return Deployment.objects.select_related("release__module", "environment", "plan", "window").order_by(
        "-pk"
    )


def deployment(number: int) -> Deployment:
    """One deployment with its steps, their evidence and its signatures. Raises NotFound."""
    found = with_steps(deployments()).filter(pk=number).first()
    if found is None:
        raise NotFound(f"There is no deployment {number}.")
    return found


def step(number: int, key: str) -> Step:
    """A step of a deployment by its key. Raises NotFound."""
    steps = Step.objects.select_related("deployment__release")
    can_be = key.isprintable() and number <= LARGEST_ID
    found = steps.filter(deployment=number, key=key).first() if can_be else None
    if found is None:
        raise NotFound(f"There is no step {key[:60]!r} of a deployment {number}.")
    return found


def last(release: Release, environment: str) -> Deployment:
    """The deployment of a release to an environment that matters now: under way, else the last that began.

    Raises NotFound where none has begun.
    """
    begun = deployments().filter(release=release, environment=environment, started_at__isnull=False)
    found = begun.filter(finished_at=None).first() or begun.first()
    if found is None:
        raise NotFound(f"No deployment of {release} to {environment} has begun.")
    return found


def planned(release: Release, environment: str) -> Deployment:
    """The deployment that is planned and has not begun. Raises NotFound."""
    wanted = {"release": release, "environment": environment, "state": DeploymentState.PLANNED}
    found = deployments().filter(**wanted).first()
    if found is None:
        raise NotFound(f"No deployment of {release} to {environment} is planned.")
    return found


def furthest(release: Release) -> str:
    """The environment from which a release is taken back where nobody names one: how far it has come."""
    in_production = release.deployments.filter(environment=PRODUCTION, started_at__isnull=False)
    return PRODUCTION if in_production.exists() else STAGING


def module_of(key: str) -> Module:
    """The module of a key. Raises NotFound."""
    found = Module.objects.filter(key=key).first() if key.isprintable() else None
    if found is None:
        raise NotFound(f"There is no module {key[:60]!r}.")
    return found


def with_steps(deployments: QuerySet[Deployment]) -> QuerySet[Deployment]:
    """The same with what a whole document tells of each."""
    evidence = Prefetch("evidence", Evidence.objects.order_by("at", "pk"))
    return deployments.prefetch_related(
        Prefetch("steps", Step.objects.order_by("position").prefetch_related(evidence)),
        Prefetch("sign_offs", SignOff.objects.order_by("at", "pk")),
        "items",
        "plan__phases",
    )
