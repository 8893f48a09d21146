"""What a key of each kind may be made for, and how its words must look.

Which modules there are is not known here: only the form of their keys is.
"""

import re
from collections.abc import Mapping, Sequence

from operations.models import ApiKey
from operations.models.keys import Scope, grantable

MOST_WORDS = 50
ORIGIN_RULE = (
    "must be like https://app.example.org: https (http only for localhost and 127.0.0.1), a host name, "
    "perhaps a port, and nothing after it"
)
LONGEST = 253
HIGHEST_PORT = 65_535
OWN_MACHINE = ("localhost", "127.0.0.1")

MODULE = re.compile("[a-z][a-z0-9_]{0,59}")
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_FORM = re.compile(rf"(https?)://({_LABEL}(?:\.{_LABEL})*)(?::([0-9]{{1,5}}))?")
_USUAL_PORTS = {"http": 80, "https": 443}


def faults(
    kind: str, scopes: Sequence[str], modules: Sequence[str], origins: Sequence[str]
) -> dict[str, str]:
    """The rule that each field breaks; empty for a key that can be made."""
    found = {text: origin(text) for text in origins}
    return {**_purpose(kind, scopes, modules, origins), **_form(scopes, modules, found)}


def origin(text: str) -> str | None:
    """`text` as a browser writes it in the header Origin, or None where it breaks ORIGIN_RULE.

    Lower-case, and without the port that the scheme has anyway. A name in other letters than ASCII must be
    given as browsers send it (xn--…).
    """
    form = _FORM.fullmatch(text.strip().lower())
    if form is None:
        return None
    scheme, host, port = form[1], form[2], int(form[3] or _USUAL_PORTS[form[1]])
    if len(host) > LONGEST or not 0 < port <= HIGHEST_PORT or (scheme == "http" and host not in OWN_MACHINE):
        return None
    return f"{scheme}://{host}" if port == _USUAL_PORTS[scheme] else f"{scheme}://{host}:{port}"


def _form(scopes: Sequence[str], modules: Sequence[str], origins: Mapping[str, str | None]) -> dict[str, str]:
    faults = {}
    offered = grantable()
    unknown = sorted(set(scopes) - set(offered))
    if unknown or not scopes:
        named = f"{', '.join(unknown)} unknown; " if unknown else ""
        faults["scopes"] = f"{named}must be one or more of {', '.join(offered)}"
    if strange := [key for key in modules if not MODULE.fullmatch(key)]:
        faults["modules"] = f"{strange[0]!r} is no module's key, such as patient_engagement"
    if strange := [text for text, found in origins.items() if found is None]:
        faults["origins"] = f"{strange[0]!r}: {ORIGIN_RULE}"
    for field, words in (("modules", modules), ("origins", origins)):
        if len(words) > MOST_WORDS:
            faults[field] = f"must not be more than {MOST_WORDS}"
    return faults


def _purpose(
    kind: str, scopes: Sequence[str], modules: Sequence[str], origins: Sequence[str]
) -> dict[str, str]:
    """What the kind of the key does not allow, or asks for."""
    faults = {}
    only_evaluates = set(scopes) == {Scope.EVALUATE}
    if kind not in ApiKey.Kind.values:
        faults["kind"] = f"must be one of {', '.join(ApiKey.Kind.values)}"
    elif kind == ApiKey.Kind.BROWSER:
        if not only_evaluates:
            faults["scopes"] = "a browser key has the scope evaluate and no other"
        if not modules:
            faults["modules"] = "a browser key needs one module at least"
        if not origins:
            faults["origins"] = "a browser key needs one origin at least, such as https://app.example.org"
    else:
        if modules and not only_evaluates:
            faults["modules"] = "only a key with the scope evaluate and no other is limited to modules"
        if origins:
            faults["origins"] = "only a browser key has origins"
    return faults
