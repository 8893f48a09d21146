"""What a release's category asks for before production, and how far that is: who signed, who is missing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from releases.admin.deployments.telling import Told
from releases.admin.releases import links
from releases.admin.releases.wording import role
from releases.checklists import signing
from releases.models import ChangePolicy, Method, Release, SignOff


@dataclass(frozen=True)
class Signature:
    """One signature that is asked for. `url` is where the reader may give it."""

    role: str
    signed: SignOff | None
    last: bool
    url: str


@dataclass(frozen=True)
class Asked:
    """The demands of a category, in words; `others` signed without being asked for by name."""

    policy: ChangePolicy
    methods: Sequence[str]
    people: str
    signatures: Sequence[Signature]
    others: Sequence[tuple[str, SignOff]]
    announcement: str
    sign_url: str


def of(release: Release, told: Told | None, mine: Collection[str]) -> Asked | None:
    """What the policy asks of a deployment to production, in one query; None without a policy.

    `mine` are the roles that the reader may sign for.
    """
    policy = ChangePolicy.objects.filter(pk=release.category).first()
    if policy is None:
        return None
    given = {signature.role: signature for _, signature in told.signatures} if told else {}
    may_sign = told is not None and told.deployment.state in signing.SIGNABLE
    page = f"{links.checklist(told.deployment.pk)}#sign-off" if told and may_sign else ""
    open_to_me = [each for each in mine if each not in given]
    return Asked(
        policy=policy,
        methods=[Method(each).label for each in policy.methods],
        people=_people(policy),
        signatures=[
            Signature(role(each), given.get(each), each == policy.last, page if each in open_to_me else "")
            for each in _in_order(policy)
        ],
        others=[(role(each), one) for each, one in given.items() if each not in policy.roles],
        announcement=_announcement(release, policy),
        sign_url=page if open_to_me and not policy.roles else "",
    )


def _in_order(policy: ChangePolicy) -> list[str]:
    """The roles that must sign, the last one at the end."""
    return sorted(policy.roles, key=lambda each: each == policy.last)


def _people(policy: ChangePolicy) -> str:
    whose = ", not the author's" if policy.not_the_author else ""
    if policy.roles:
        return f"{policy.people} different people at least{whose}" if policy.people > 1 or whose else ""
    return f"{policy.people} signature{'' if policy.people == 1 else 's'} of any role{whose}"


def _announcement(release: Release, policy: ChangePolicy) -> str:
    if not policy.announcement:
        return "not asked for"
    return "afterwards: it mends a hole" if release.hotfix and release.security else "before it begins"
