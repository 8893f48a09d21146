"""People sign for their roles; a category's policy says whose signatures production needs."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from operations import audit
from operations.actor import Actor
from operations.errors import Forbidden, Invalid, NotFound, Refused
from releases.checklists import locks
from releases.lifecycle import DeploymentState
from releases.models import ChangePolicy, ChecklistItem, Deployment, Release, SignOff
from releases.roles import GROUPS, Role

SIGN = "releases.sign_off"
SIGNABLE = (DeploymentState.PLANNED, DeploymentState.RUNNING)


def roles_of(user: User) -> tuple[Role, ...]:
    """The roles that this person may sign for: those of their groups; being a superuser gives none."""
    if not user.is_active or not user.has_perm(SIGN):
        return ()
    groups = set(user.groups.values_list("name", flat=True))
    return tuple(role for role in Role if GROUPS[role] in groups)


@transaction.atomic
def sign(
    deployment: Deployment, role: str, *, actor: Actor, note: str = "", dry_run: bool = False
) -> SignOff:
    """A person signs for a role of theirs, which ticks its boxes.

    Raises Invalid for an unknown role, Forbidden for who is not of the role's group, and Refused for whom
    nobody signed in, for a role that has signed, for the last role before the others, for the author where
    the policy does not count them, and when the deployment has ended.
    """
    user = _signer(role, actor)
    note = locks.checked_note(note)
    deployment = locks.lock(deployment)
    policy = _policy(deployment.release)
    _refuse(deployment, policy, Role(role), user)
    made = SignOff(deployment=deployment, role=role, user_id=user.pk, username=user.get_username(), note=note)
    if dry_run:
        return made
    made.save()
    _boxes(deployment, role).update(
        state=ChecklistItem.State.DONE, proved=False, note=note, at=made.at, by=actor.in_full
    )
    audit.record("deployment.signed", actor=actor, subject=deployment, data={"role": role}, reason=note)
    return made


@transaction.atomic
def withdraw(deployment: Deployment, role: str, *, actor: Actor, reason: str, dry_run: bool = False) -> None:
    """Take one's own signature back while the deployment is planned; the trail keeps both.

    Raises Invalid without a reason, NotFound where nobody signed for the role, Forbidden for another's
    signature, and Refused when the deployment has begun or the last role has signed on the strength of it.
    """
    user = _signer(role, actor)
    reason = locks.checked_note(reason, needed=True)
    deployment = locks.lock(deployment)
    if deployment.state != DeploymentState.PLANNED:
        raise Refused("begun", "The deployment began on this signature: it stays.")
    signature = SignOff.objects.filter(deployment=deployment, role=role).first()
    if signature is None:
        raise NotFound(f"Nobody has signed for {GROUPS[Role(role)]}.")
    if signature.user_id != user.pk:
        raise Forbidden(f"{signature.username} signed for {GROUPS[Role(role)]}: only they take it back.")
    policy = _policy(deployment.release)
    if _rests_on(policy, role) and SignOff.objects.filter(deployment=deployment, role=policy.last).exists():
        last = GROUPS[Role(policy.last)]
        raise Refused("last_signed", f"{last} has signed after this one: that signature goes first.")
    if dry_run:
        return
    signature.delete()
    _boxes(deployment, role).update(state=ChecklistItem.State.OPEN, proved=False, note="", at=None, by="")
    audit.record("deployment.unsigned", actor=actor, subject=deployment, data={"role": role}, reason=reason)


def missing(deployment: Deployment) -> list[str]:
    """What the category's policy still asks for, each in a sentence; nothing where it asks for nothing."""
    if deployment.checklist_from_id is None:
        return []
    release = deployment.release
    policy = _policy(release)
    signed = list(SignOff.objects.filter(deployment=deployment))
    counted = [each for each in signed if not _is_author(policy, release, each.user_id)]
    roles = {each.role for each in counted}
    words = [
        f"{GROUPS[Role(role)]} has not signed."
        if role not in {each.role for each in signed}
        else f"{GROUPS[Role(role)]} has signed, but as the author of the release: that does not count."
        for role in policy.roles
        if role not in roles
    ]
    return words + _people_missing(policy, len({each.user_id for each in counted}))


def why_not(
    deployment: Deployment, policy: ChangePolicy, role: Role, user: User, signed: Sequence[str]
) -> str:
    """Why this person cannot sign for a role of theirs now; "" where they can. For pages, without a lock."""
    try:
        _guard(deployment, policy, role, user, signed)
    except Refused as refusal:
        return refusal.message
    return ""


def _people_missing(policy: ChangePolicy, have: int) -> list[str]:
    if have >= policy.people:
        return []
    who = "One person" if policy.people == 1 else f"{policy.people} different people"
    but = ", not the author," if policy.not_the_author else ""
    so_far = "nobody has" if have == 0 else f"{have} {'has' if have == 1 else 'have'}"
    return [f"{who}{but} must sign: {so_far}."]


def _signer(role: str, actor: Actor) -> User:
    if role not in list(Role):
        raise Invalid({"role": f"must be one of {', '.join(Role)}"})
    if actor.user is None:
        raise Refused("not_a_person", "Only a person who is signed in signs for a role.")
    actor.require(SIGN, "sign for a role")
    if not actor.user.groups.filter(name=GROUPS[Role(role)]).exists():
        raise Forbidden(f"{actor} is not of the group {GROUPS[Role(role)]}, which signs for this role.")
    return actor.user


def _refuse(deployment: Deployment, policy: ChangePolicy, role: Role, user: User) -> None:
    signed = dict(SignOff.objects.filter(deployment=deployment).values_list("role", "username"))
    if role in signed:
        raise Refused("signed", f"{GROUPS[role]} has signed already: {signed[role]}.")
    _guard(deployment, policy, role, user, list(signed))


def _guard(
    deployment: Deployment, policy: ChangePolicy, role: Role, user: User, signed: Sequence[str]
) -> None:
    if deployment.checklist_from_id is None:
        raise Refused("no_checklist", f"{deployment} asks for no signatures.")
    if deployment.state not in SIGNABLE:
        state = deployment.get_state_display().lower()
        raise Refused("ended", f"{deployment} is {state}: nobody signs for it any more.")
    if _is_author(policy, deployment.release, user.pk):
        raise Refused("author", "The author of the release does not sign for it: somebody else must.")
    owed = [GROUPS[Role(other)] for other in policy.roles if other not in (*signed, policy.last)]
    if role == policy.last and owed:
        raise Refused("too_early", f"{GROUPS[role]} signs last: {', '.join(owed)} must sign before.")


def _rests_on(policy: ChangePolicy, role: str) -> bool:
    return bool(policy.last) and role != policy.last and role in policy.roles


def _is_author(policy: ChangePolicy, release: Release, user_id: int) -> bool:
    return policy.not_the_author and release.author_id == user_id


def _policy(release: Release) -> ChangePolicy:
    return ChangePolicy.objects.get(pk=release.category)


def _boxes(deployment: Deployment, role: str) -> QuerySet[ChecklistItem]:
    return ChecklistItem.objects.filter(deployment=deployment, role=role)
