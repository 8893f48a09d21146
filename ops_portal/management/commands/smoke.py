"""`manage.py smoke`: the guides' smoke test and `deploy:check`. Asks a running portal, changes nothing."""

import argparse
import os
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import CommandParser

from operations.doors.command import ExitCode, OperationCommand, Result
from ops_portal.smoke import deploy, printing
from ops_portal.smoke.asking import Asker
from ops_portal.smoke.walk import Walk


class Command(OperationCommand):
    help = (
        "Ask a running portal for everything it serves, and say what is not as it should be. Reads only. "
        "Exit code 0 when all is well, 1 when anything is not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--url", type=_origin, help="where the portal is (default: PORTAL_URL)")
        parser.add_argument(
            "--as",
            dest="seen_as",
            type=_origin,
            help="ask as the proxy does: the origin that people reach the portal by, where --url is another",
        )
        parser.add_argument(
            "--key",
            default="",
            help="an API key with the scopes read and evaluate; better in OPS_PORTAL_KEY, where no list of "
            "processes shows it. Without one, calls that ask for a key are asked to refuse",
        )
        parser.add_argument(
            "--slowest",
            type=_seconds,
            default=3.0,
            metavar="SECONDS",
            help="slower answers fail (default: 3)",
        )
        parser.add_argument(
            "--deploy",
            action="store_true",
            help="also check what a deployment needs: settings, migrations, backups, scheduled work, mail",
        )
        parser.add_argument("--all", action="store_true", help="show every line, not only one for each group")

    def operate(self, options: dict[str, Any]) -> Result:
        asker = Asker(options["url"] or settings.PORTAL_URL, options["seen_as"] or "")
        key = options["key"] or os.environ.get("OPS_PORTAL_KEY", "")
        walk = Walk(asker, key=key, slowest=options["slowest"] * 1000)
        rows = []
        with self.progress(total=None, unit=" calls") as bar:
            for row in walk.rows():
                rows.append(row)
                bar.update()
        asker.close()
        findings = deploy.findings() if options["deploy"] else []
        failed = any(row.faults for row in rows) or any(found.ok is False for found in findings)
        return Result(
            printing.document(asker, rows, findings, keyed=bool(key)),
            printing.lines(asker, rows, findings, keyed=bool(key), everything=options["all"]),
            ExitCode.REFUSED if failed else ExitCode.DONE,
        )


def _origin(text: str) -> str:
    try:
        parts = urlsplit(text.removesuffix("/"))
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise argparse.ArgumentTypeError(f"{text!r} is no origin such as https://portal.example.org")
    return f"{parts.scheme}://{parts.netloc}"


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found <= 600:
        raise argparse.ArgumentTypeError(f"{text!r} is no time from 0 to 600 seconds")
    return found
