"""What may stand in a release: its texts, its version, and how a change of its category may ship."""

from typing import Any

from operations.errors import Invalid
from releases import versions
from releases.models import Category, ChangePolicy, Method, Release

LONGEST = {"title": 200, "risk": 5_000, "notes": 20_000}
TEXTS = tuple(LONGEST)
# What decides how it ships.
SHIPPING = ("category", "method", "hotfix", "security")


def cleaned(values: dict[str, Any]) -> dict[str, Any]:
    """The values without surrounding space. Raises Invalid for a name or a length that cannot be."""
    known = (*TEXTS, *SHIPPING)
    faults = {name: f"must be one of {', '.join(known)}" for name in values if name not in known}
    cleaned = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
    for name, longest in LONGEST.items():
        if len(cleaned.get(name, "")) > longest:
            faults[name] = f"must have at most {longest} characters"
    if faults:
        raise Invalid(faults)
    return cleaned


def first_method(release: Release) -> str:
    """How a release ships unless somebody says otherwise."""
    if release.hotfix:
        return Method.ROLLING
    policy = ChangePolicy.objects.filter(pk=release.category).first()
    return policy.methods[0] if policy else ""


def version_faults(version: str) -> dict[str, str]:
    """The rule that a new version breaks, by field; none where it may be created."""
    try:
        versions.parse(version)
    except ValueError as rule:
        return {"version": str(rule)}
    if Release.objects.filter(version=version).exists():
        return {"version": f"{version} exists already"}
    return {}


def shipping_faults(release: Release) -> dict[str, str]:
    """How a change may ship: by its category's policy, a hotfix always rolling (SPEC 6)."""
    policy = ChangePolicy.objects.filter(pk=release.category).first()
    if policy is None:
        return {"category": f"must be one of {', '.join(Category.values)}"}
    if release.hotfix:
        faults = {} if release.method == Method.ROLLING else {"method": "must be rolling: a hotfix ships so"}
        if release.category == Category.HIGH and not release.security:
            faults["hotfix"] = "must be a security one where the risk is high"
        return faults
    if release.method not in policy.methods:
        return {"method": f"must be one of {', '.join(policy.methods)} for a change of {policy}"}
    return {}
