"""How the portal itself is kept safe, read from the settings it runs with."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import checks

from monitoring.alerts.signals import Signal
from monitoring.models import Alert
from operations import schedule
from releases.checklists.facts.scene import Fact, Scene, ago

HEADERS = (
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
)
HTTPS = ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS")
VERIFIED_WITHIN = timedelta(hours=26)
AUDIT_JOB = "verify-audit"
# The alert that is open while the trail is broken (`monitoring.watching.trail`).
BROKEN = Signal(source=Alert.Source.PORTAL, cause="audit-trail", firing=True).fingerprint


def https(scene: Scene) -> Fact:
    off = [name for name in HTTPS if not getattr(settings, name)]
    if off:
        return Fact(False, f"HTTPS is not enforced by the portal: {', '.join(off)}.")
    return Fact(True, "The portal enforces HTTPS: redirect, secure cookies, HSTS.")


def debug_off(scene: Scene) -> Fact:
    return Fact(not settings.DEBUG, f"DEBUG is {'on' if settings.DEBUG else 'off'}.")


def deploy_checks(scene: Scene) -> Fact:
    """Django's and the portal's checks of security, as `manage.py check --deploy` runs them."""
    found = checks.run_checks(tags=[checks.Tags.security], include_deployment_checks=True)
    heard = [each for each in found if each.level >= checks.WARNING and not each.is_silenced()]
    faults = [each.id or each.msg for each in heard]
    if faults:
        return Fact(False, f"The security checks of a deployment find {', '.join(faults[:5])}.")
    return Fact(True, "The security checks of a deployment find nothing.")


def headers(scene: Scene) -> Fact:
    missing = [name.rpartition(".")[2] for name in HEADERS if name not in settings.MIDDLEWARE]
    if missing or not settings.SECURE_CONTENT_TYPE_NOSNIFF:
        return Fact(False, f"Security headers are missing: {', '.join(missing) or 'nosniff'}.")
    return Fact(True, "The portal's pages carry the security headers.")


def other_sites(scene: Scene) -> Fact:
    """No answer carries a CORS header unless a middleware adds it."""
    open_to = [name for name in settings.MIDDLEWARE if "cors" in name.lower()]
    if open_to:
        return Fact(None, "The portal answers pages of other sites: only a person can tell which may ask.")
    return Fact(True, "Pages of other sites get no answers.")


def rates(scene: Scene) -> Fact:
    throttled: dict[str, Any] = settings.REST_FRAMEWORK
    given: dict[str, str] = throttled.get("DEFAULT_THROTTLE_RATES", {})
    if not (given and all(given.values()) and throttled.get("DEFAULT_THROTTLE_CLASSES")):
        return Fact(False, "The portal's API has no rate limits.")
    return Fact(True, f"Requests are limited: {', '.join(f'{name} {rate}' for name, rate in given.items())}.")


def sessions(scene: Scene) -> Fact:
    if not (settings.SESSION_COOKIE_HTTPONLY and settings.SESSION_COOKIE_SECURE):
        return Fact(False, "The cookie of a session is not kept to HTTPS and away from scripts.")
    hours = settings.SESSION_COOKIE_AGE // 3600
    return Fact(True, f"Sessions end after {hours} h; their cookie is kept to HTTPS and away from scripts.")


def passwords(scene: Scene) -> Fact:
    rules, locked = len(settings.AUTH_PASSWORD_VALIDATORS), settings.AXES_FAILURE_LIMIT
    if not rules or not any("axes" in name for name in settings.AUTHENTICATION_BACKENDS):
        return Fact(False, "Passwords have no rules, or may be guessed without end.")
    return Fact(True, f"Passwords follow {rules} rules; {locked} wrong ones lock a person out.")


def trail(scene: Scene) -> Fact:
    """What the daily verification found; verifying it anew reads the whole trail."""
    last = schedule.last_done(AUDIT_JOB).get(AUDIT_JOB)
    if last is None or scene.now - last > VERIFIED_WITHIN:
        return Fact(False, "The audit trail was not verified within the last day.")
    if Alert.objects.open().filter(fingerprint=BROKEN).exists():
        return Fact(False, "The audit trail is broken: an alert about it is open.")
    return Fact(True, f"The audit trail was verified {ago(scene.now - last)} and is intact.")
