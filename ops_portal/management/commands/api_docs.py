"""`manage.py api_docs`: the reference of the HTTP API as Markdown, made of the code."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ops_portal.api_docs.document import document


class Command(BaseCommand):
    help = "Print the reference of the HTTP API as Markdown, or write it to a file (docs/api.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, metavar="FILE", help="write to a file instead of stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        output: Path | None = options["output"]
        if output is None:
            self.stdout.write(document(), ending="")
        else:
            output.write_text(document(), encoding="utf-8")
