"""The documents name what there is: headings, commands, options, addresses, pages, buttons, settings."""

import argparse
import re
import shlex
from contextlib import suppress

import pytest
from django.contrib import admin
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand, CommandError
from django.urls import Resolver404, resolve

from ops_portal import navigation
from ops_portal.api_docs import examples
from tests.documents import (
    NAMES,
    ROOT,
    addresses_of,
    anchors_of,
    clicks_of,
    commands_of,
    links_of,
    mentions_of,
    prose_of,
    text_of,
)

# Not the portal's: of PostgreSQL, Python, the shell or the product.
FOREIGN = {
    "CONN_MAX_AGE",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "HEALTH_REMINDER_CRON_SECRET",
    "HEALTH_DATABASE_URL",
    "HEALTH_NOTIFICATION_SERVICE_URL",
    "HEALTH_ANALYTICS_CACHE_TTL",
    "TARGETING_MATCH",
    # What `manage.py smoke` asks with; no process of the portal reads it.
    "OPS_PORTAL_KEY",
}
# Answered beside Django.
DOOR = ("/ofrep/v1/evaluate/flags", "/api/feature-flags/")


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_to_a_file_and_a_heading(name: str) -> None:
    dead = []
    for link in links_of(name):
        target, _, anchor = link.partition("#")
        path = ((ROOT / name).parent / target).resolve() if target else ROOT / name
        if not path.exists() or (anchor and anchor not in anchors_of(str(path.relative_to(ROOT)))):
            dead.append(link)
    assert sorted(dead) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_there_with_its_options(name: str) -> None:
    assert [fault for text in commands_of(name) if (fault := fault_of(text))] == []
    # A sentence may leave out what a word needs.
    faults = [fault for text in mentions_of(name) if (fault := fault_of(text))]
    assert [fault for fault in faults if "arguments are required" not in fault] == []


def fault_of(text: str) -> str:
    """Why `manage.py TEXT` is no command, or nothing. With placeholders, its words and options count."""
    word, _, rest = text.partition(" ")
    if word in ("…", "WORD"):
        return ""
    if word not in get_commands():
        return f"{text}: there is no command {word}"
    app = get_commands()[word]
    command = app if isinstance(app, BaseCommand) else load_command_class(app, word)
    parser = command.create_parser("manage.py", word)
    if re.search(r"[…\[|]|\b[A-Z][A-Z0-9_]*\b(?!-\d)", re.sub(r"\"[^\"]*\"|BUG-\d+|FB-\d+", "x", rest)):
        return _unknown(parser, text, rest)
    try:
        parser.parse_args(shlex.split(rest))
    except (CommandError, SystemExit, ValueError) as error:
        return f"{text}: {error}"
    return ""


def _unknown(parser: argparse.ArgumentParser, text: str, rest: str) -> str:
    options = set(parser._option_string_actions)
    words = re.sub(r"\"[^\"]*\"", "", rest).replace("[", " ").replace("]", " ").split()
    choices = next((a.choices for a in parser._actions if isinstance(a, argparse._SubParsersAction)), None)
    if choices and words and not words[0].startswith("-"):
        for one in words[0].split("|"):
            if one == "…" or one.isupper():
                continue
            if one not in choices:
                return f"{text}: there is no word {one}"
            options |= set(choices[one]._option_string_actions)
    unknown = [
        word for word in words if word.startswith("--") and word.split("=")[0].rstrip(",.") not in options
    ]
    return f"{text}: there is no option {unknown}" if unknown else ""


@pytest.mark.parametrize("name", NAMES)
def test_every_address_is_one_of_the_routes(name: str) -> None:
    assert sorted(path for path in addresses_of(name) if not is_route(path)) == []


def is_route(path: str) -> bool:
    """Whether it leads somewhere, or what is below it does."""
    path = examples.path(path)
    if path.startswith(DOOR):
        return True
    for each in (path, f"{path}/1"):
        with suppress(Resolver404):
            resolve(each)
            return True
    return False


@pytest.mark.parametrize("name", NAMES)
def test_every_click_leads_to_a_page_and_its_button(name: str) -> None:
    assert sorted(click for click in clicks_of(name) if not is_place(*click)) == []


def is_place(group: str, entry: str, button: str) -> bool:
    entries = {title: {line[0]: line[2] for line in lines} for title, lines in navigation.GROUPS}
    if group not in entries:
        # An arrow between other things.
        return True
    model = next((m for title, m in entries[group].items() if entry.startswith(title)), None)
    if model is None or not button:
        return model is not None
    page = next(page for found, page in admin.site._registry.items() if found._meta.label_lower == model)
    return button in {each.title for each in getattr(page, "operations", ())}


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_named_is_one(name: str) -> None:
    named = set(re.findall(r"`([A-Z][A-Z]*_[A-Z_]+)(?:=[^`]*)?`", prose_of(name)))
    assert sorted(named - settings() - of_compose() - FOREIGN) == []


def settings() -> set[str]:
    return set(re.findall(r"^#?([A-Z][A-Z_]+)=", text_of(".env.example"), re.MULTILINE))


def of_compose() -> set[str]:
    """What `docker compose` alone reads."""
    return set(re.findall(r"\$\{([A-Z_]+)", text_of("compose.yaml")))


def test_the_settings_are_all_described_and_no_others() -> None:
    described = set(
        re.findall(
            r"`([A-Z][A-Z_]+)`", "".join(re.findall(r"^\|([^|]+)\|", text_of("docs/settings.md"), re.M))
        )
    )
    assert described == settings()


@pytest.mark.parametrize("name", ["docs/architecture.md", "README.md"])
def test_every_file_and_folder_named_is_there(name: str) -> None:
    named = set(re.findall(r"`([a-z_]+/[\w./]*)`", prose_of(name)))
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_every_document_stands_in_the_index() -> None:
    listed = {link.partition("#")[0] for link in links_of("docs/README.md")}
    assert {name.removeprefix("docs/") for name in NAMES} - listed - {"README.md"} == set()


def test_every_picture_is_shown_somewhere() -> None:
    shown = {link.rpartition("/")[2] for name in NAMES for link in links_of(name) if "images/" in link}
    assert {path.name for path in (ROOT / "docs" / "images").iterdir()} - shown == set()


def test_the_procedures_are_read_as_commands_addresses_and_clicks() -> None:
    name = "docs/operations.md"
    assert len([*commands_of(name), *mentions_of(name)]) > 100
    assert len(addresses_of(name)) > 8
    assert sum(bool(button) for _, _, button in clicks_of(name)) > 20
