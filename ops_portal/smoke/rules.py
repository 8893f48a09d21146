"""What is wrong with an answer, in words; nothing when it is as it should be."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from ops_portal.smoke.asking import Answer
from ops_portal.smoke.calls import HTML, JSON, Call

# What a page loads, where it names a host: `src="…"` of anything, `href="…"` of a link to a style or an icon.
LOADED = re.compile(rb"""(?:<link\b[^>]*?\bhref|\bsrc)\s*=\s*["']((?:https?:)?//[^"']+)["']""", re.I)
# Routes whose answers nobody may keep, not even for a moment.
NEVER_STORED = ("/api/health/status", "/admin/login/")


def faults(call: Call, answer: Answer, *, origin: str, slowest: float) -> Iterator[str]:
    """Everything about the answer to a call that is asked as it is meant; `slowest` in milliseconds."""
    if answer.status != 200:
        yield f"answered {answer.status}"
        return
    if call.types and answer.content_type not in call.types:
        yield f"is {answer.content_type or 'of no type'}, not {' or '.join(call.types)}"
    if answer.content_type == JSON and not _is_json(answer):
        yield "is no JSON"
    yield from headers(call, answer, origin=origin)
    if answer.content_type == HTML:
        yield from _page(answer, origin)
    if answer.milliseconds > slowest:
        yield f"took {answer.milliseconds:,.0f} ms"


def headers(call: Call, answer: Answer, *, origin: str) -> Iterator[str]:
    """What every answer says to browsers and to what stands between."""
    kept = answer.headers.get("cache-control", "")
    if answer.headers.get("x-content-type-options") != "nosniff":
        yield "has no X-Content-Type-Options: nosniff"
    if origin.startswith("https:"):
        if answer.content_type == HTML and "strict-transport-security" not in answer.headers:
            yield "has no Strict-Transport-Security"
        if any("secure" not in cookie.lower() for cookie in answer.cookies):
            yield "sets a cookie that may travel without HTTPS"
    if any("samesite" not in cookie.lower() for cookie in answer.cookies):
        yield "sets a cookie without SameSite"
    if call.route in NEVER_STORED and "no-store" not in kept:
        yield "may be stored: it has no Cache-Control: no-store"
    if call.keyed and "public" in kept:
        yield "is for whoever has the key, and may be stored by anybody (Cache-Control: public)"


def static_faults(answer: Answer, *, slowest: float) -> Iterator[str]:
    """Of a style, script or icon that a page loads."""
    if answer.status != 200:
        yield f"answered {answer.status}"
        return
    if answer.headers.get("x-content-type-options") != "nosniff":
        yield "has no X-Content-Type-Options: nosniff"
    if "immutable" not in answer.headers.get("cache-control", ""):
        yield "is not kept by browsers: its name has no digest (manage.py collectstatic)"
    if answer.milliseconds > slowest:
        yield f"took {answer.milliseconds:,.0f} ms"


def guarded_page_faults(answer: Answer) -> Iterator[str]:
    """Of a page that strangers are sent away from; parts of pages, which scripts load, refuse them."""
    place = urlsplit(answer.headers.get("location", ""))
    if answer.status not in {401, 403} and (answer.status != 302 or place.path != "/admin/login/"):
        yield f"answered {answer.status} to somebody who is not signed in"


def refusal_faults(call: Call, answer: Answer, *, origin: str) -> Iterator[str]:
    """Of a call that asks for a key, asked without one."""
    if answer.status != 401:
        yield f"answered {answer.status} to somebody without a key, not 401"
    elif answer.content_type != JSON or not _is_json(answer):
        yield "refuses without the API's form of an error"
    else:
        yield from headers(call, answer, origin=origin)


def _page(answer: Answer, origin: str) -> Iterator[str]:
    policy = answer.headers.get("content-security-policy", "")
    scripts = next((part for part in policy.split(";") if part.strip().startswith("script-src")), "")
    if not policy:
        yield "has no Content-Security-Policy"
    elif "'unsafe-inline'" in scripts or not scripts:
        yield "lets scripts of a page run that stand in it (Content-Security-Policy)"
    if answer.headers.get("x-frame-options") != "DENY":
        yield "has no X-Frame-Options: DENY"
    own = urlsplit(origin).netloc
    for found in LOADED.findall(answer.body):
        if urlsplit(found.decode("ascii", "replace")).netloc != own:
            yield f"loads {found.decode('ascii', 'replace')} from elsewhere"


def _is_json(answer: Answer) -> bool:
    try:
        answer.json()
    except ValueError:
        return False
    return True
