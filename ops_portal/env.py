"""Loud readers over django-environ: a bad value stops the start with the variable's name and its rule.

Every reader treats an empty value as unset and raises `ImproperlyConfigured` for one that breaks its rule.
The value itself is never part of the message: it may hold a password.
"""

import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"true", "1", "yes", "on"})
FALSE = frozenset({"false", "0", "no", "off"})
RATE = re.compile(r"[1-9]\d*/(s|sec|m|min|h|hour|d|day)")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?")
DATABASE_SCHEMES = frozenset({"sqlite", "postgres", "postgresql", "psql", "pgsql"})


def read_file(path: Path) -> None:
    """Add the `NAME=value` lines of a file to the environment; what the environment already says wins."""
    if path.is_file():
        environ.Env.read_env(path)


def text(name: str, default: str = "") -> str:
    """A text as it stands, without surrounding blanks."""
    return os.environ.get(name, "").strip() or default


def boolean(name: str, default: bool) -> bool:
    """true, 1, yes, on or false, 0, no, off, in any case."""
    value = text(name).lower()
    if not value:
        return default
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} must be true or false")
    return value in TRUE


def listing(name: str, default: list[str] | None = None) -> list[str]:
    """Words between commas; blanks around them and empty words are dropped."""
    return [word for part in text(name).split(",") if (word := part.strip())] or list(default or [])


def percentage(name: str) -> int | None:
    """A whole number from 0 to 100, or None when unset."""
    value = text(name)
    if not value:
        return None
    if not re.fullmatch(r"[0-9]{1,3}", value) or int(value) > 100:
        raise ImproperlyConfigured(f"{name} must be a whole number from 0 to 100")
    return int(value)


def count(name: str, default: int) -> int:
    """A whole number of at least 1."""
    value = text(name, str(default))
    if not re.fullmatch(r"[1-9][0-9]{0,8}", value):
        raise ImproperlyConfigured(f"{name} must be a whole number from 1 to 999999999")
    return int(value)


def secret(name: str, least: int) -> str:
    """A secret of at least `least` characters, or empty when unset."""
    value = text(name)
    if value and len(value) < least:
        raise ImproperlyConfigured(f"{name} must have at least {least} characters")
    return value


def time_zone(name: str, default: str) -> str:
    """A name of the IANA time zone database."""
    value = text(name, default)
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        # Folders of the database ("Europe") and paths outside it fail in ways of their own.
        raise ImproperlyConfigured(f"{name} must be an IANA time zone such as Europe/London") from None
    return value


def rate(name: str, default: str) -> str:
    """Requests in a time, as `60/min`."""
    value = text(name, default)
    if not RATE.fullmatch(value):
        raise ImproperlyConfigured(f"{name} must be a count and a time (s, min, hour or day), such as 60/min")
    return value


def url(name: str, schemes: frozenset[str], *, default: str = "") -> str:
    """A URL with one of these schemes and a host, or empty when unset."""
    value = text(name, default)
    if not value:
        return ""
    with suppress(ValueError):
        parts = urlsplit(value)
        if parts.scheme in schemes and parts.hostname and (parts.port is None or parts.port > 0):
            return value
    raise ImproperlyConfigured(f"{name} must be a URL that begins with {_any_of(schemes)} and names a host")


def origins(name: str) -> list[str]:
    """Origins between commas: scheme and host, such as https://portal.example.org."""
    values = listing(name)
    if not all(map(_is_origin, values)):
        raise ImproperlyConfigured(f"{name} must list origins such as https://portal.example.org")
    return values


def origin(name: str, default: str) -> str:
    """Scheme and host, such as https://portal.example.org; a slash after it is dropped."""
    value = text(name, default).removesuffix("/")
    url(name, frozenset({"http", "https"}), default=default)
    if not _is_origin(value):
        raise ImproperlyConfigured(f"{name} must be an origin such as https://portal.example.org")
    return value


def port(name: str, default: int) -> int:
    """A TCP port to listen on."""
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= 65535:
        raise ImproperlyConfigured(f"{name} must be a whole number from 1 to 65535")
    return int(value)


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """IP networks between commas, such as 10.1.0.0/16, or single addresses."""
    try:
        return [ip_network(value) for value in listing(name)]
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must list IP networks such as 10.1.0.0/16, with no bit set behind the prefix"
        ) from None


def hosts(name: str) -> list[str]:
    """Host names or IPv4 addresses between commas, in lower case, each with its port or without."""
    values = [value.lower() for value in listing(name)]
    if not all(HOST.fullmatch(value) for value in values):
        raise ImproperlyConfigured(
            f"{name} must list hosts such as chat.example.org or chat.example.org:8065"
        )
    return values


def email_address(name: str, default: str = "") -> str:
    """One mail address, bare or with a name before it, or empty when unset."""
    value = text(name, default)
    if value and not re.fullmatch(r"([^<>@]*<)?[^\s<>@]+@[^\s<>@]+>?", value):
        raise ImproperlyConfigured(f"{name} must be a mail address")
    return value


def database(name: str, default: str) -> dict[str, Any]:
    """Django's settings of one database from a `sqlite` or `postgres` URL."""
    value = text(name, default)
    rule = "must be a URL such as sqlite:////path/file.sqlite3 or postgres://user:password@host/name"
    if value.partition(":")[0] not in DATABASE_SCHEMES:
        raise ImproperlyConfigured(f"{name} {rule}")
    config = _parsed(name, rule, environ.Env.db_url_config, value)
    if config.get("NAME") in {None, "", ":memory:"}:
        # A database in memory would be another one in each process.
        raise ImproperlyConfigured(f"{name} {rule}: the database's name is missing")
    return config


def email(name: str, default: str) -> dict[str, Any]:
    """Django's `EMAIL_*` settings from a URL such as smtp+tls://user:password@host:587."""
    rule = "must be a URL such as smtp+tls://user:password@host:587 or consolemail://"
    config = _parsed(name, rule, environ.Env.email_url_config, text(name, default))
    if config["EMAIL_BACKEND"].endswith("smtp.EmailBackend") and not config["EMAIL_HOST"]:
        raise ImproperlyConfigured(f"{name} {rule}: the host is missing")
    return {key: value for key, value in config.items() if key.startswith("EMAIL_") and value is not None}


def secret_key(name: str, file: Path) -> str:
    """Django's secret key: the variable, else the file's content, made once and for its owner's eyes only."""
    if value := secret(name, 32):
        return value
    if not file.exists():
        draft = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_urlsafe(64))
        # A link appears whole or not at all, so of several first starts one wins and nobody reads half a key.
        with suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    value = file.read_text().strip()
    if len(value) < 32:
        raise ImproperlyConfigured(f"{name} is unset and {file} holds no key: delete that file or set {name}")
    return value


def health_management() -> dict[str, Any]:
    """The health module's live overrides; None where a variable is unset or, for the switch, not true."""
    return {
        "enabled": boolean("ENABLE_HEALTH_MGMT", default=False) or None,
        "internal": listing("HEALTH_MGMT_INTERNAL_USERS"),
        "beta_percentage": percentage("HEALTH_MGMT_BETA_PERCENTAGE"),
        "rollout_percentage": percentage("HEALTH_MGMT_ROLLOUT_PERCENTAGE"),
    }


def _parsed(name: str, rule: str, parse: Callable[[str], Any], value: str) -> dict[str, Any]:
    try:
        return dict(parse(value))
    except (ImproperlyConfigured, ValueError, KeyError, TypeError):
        # The parser's own message repeats the URL, password included.
        raise ImproperlyConfigured(f"{name} {rule}") from None


def _is_origin(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    rest = parts.path or parts.query or parts.fragment or parts.username
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not rest


def _any_of(words: frozenset[str]) -> str:
    return " or ".join(f"{word}://" for word in sorted(words))
