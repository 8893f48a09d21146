"""`manage.py api_key`: make, list and revoke the keys of the HTTP API."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from operations import keys
from operations.doors.command import OperationCommand, Result, moment, shown, table
from operations.errors import NotFound
from operations.models import ApiKey
from operations.models.keys import grantable


class Command(OperationCommand):
    help = "Make, list and revoke API keys."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        words = self.subcommands(parser)
        create = words.add("create", "make a key and print it once", writes=True)
        create.add_argument("name", help="who or what the key is for")
        create.add_argument(
            "--scope",
            dest="scopes",
            nargs="+",
            action="extend",
            required=True,
            metavar="SCOPE",
            help=f"one or more of {', '.join(grantable())}",
        )
        create.add_argument(
            "--expires", type=moment, metavar="DATE", help="when the key ends (default: never)"
        )
        create.add_argument(
            "--kind",
            choices=ApiKey.Kind.values,
            default=ApiKey.Kind.SERVER.value,
            help="server: a secret (default); browser: only evaluates flags, for pages of its origins",
        )
        create.add_argument(
            "--module",
            dest="modules",
            nargs="+",
            action="extend",
            default=[],
            metavar="MODULE",
            help="whose flags it may evaluate (default: all; a browser key needs one at least)",
        )
        create.add_argument(
            "--origin",
            dest="origins",
            nargs="+",
            action="extend",
            default=[],
            metavar="ORIGIN",
            help="where a browser key's pages come from, such as https://app.example.org",
        )
        create.set_defaults(do=self._create)
        words.add("list", "every key, without its secret").set_defaults(do=self._list)
        revoke = words.add("revoke", "end a key at once and for good", writes=True)
        revoke.add_argument("name", help="the key's name")
        revoke.set_defaults(do=self._revoke)

    def operate(self, options: dict[str, Any]) -> Result:
        result: Result = options["do"](options)
        return result

    def _create(self, options: dict[str, Any]) -> Result:
        dry_run = options["dry_run"]
        with transaction.atomic():
            key, text = keys.create(
                options["name"],
                options["scopes"],
                actor=self.actor(),
                expires_at=options["expires"],
                kind=options["kind"],
                modules=options["modules"],
                origins=options["origins"],
            )
            transaction.set_rollback(dry_run)
        document = {**_facts(key), "key": None if dry_run else text, "dryRun": dry_run}
        if dry_run:
            return Result(
                document, [f"Dry run: the key {key.name} would be made for {', '.join(key.scopes)}."]
            )
        return Result(
            document,
            [text, f"This is the key {key.name} for {', '.join(key.scopes)}. It is not shown again."],
        )

    @staticmethod
    def _list(options: dict[str, Any]) -> Result:
        found = [_facts(key) for key in ApiKey.objects.all()]
        if not found:
            return Result({"keys": found}, ["There are no API keys."])
        rows: list[tuple[object, ...]] = [
            ("name", "kind", "prefix", "state", "scopes", "modules", "origins", "expires", "last used")
        ]
        rows += [
            (
                key["name"],
                key["kind"],
                key["prefix"],
                key["state"],
                " ".join(key["scopes"]),
                " ".join(key["modules"]) or "all",
                " ".join(key["origins"]) or "-",
                shown(key["expiresAt"]),
                shown(key["lastUsedAt"]),
            )
            for key in found
        ]
        return Result({"keys": found}, table(rows))

    def _revoke(self, options: dict[str, Any]) -> Result:
        key = ApiKey.objects.filter(name=options["name"]).first()
        if key is None:
            raise NotFound(f"There is no API key {options['name']!r}.")
        dry_run = options["dry_run"]
        with transaction.atomic():
            keys.revoke(key, actor=self.actor())
            transaction.set_rollback(dry_run)
        said = "would be" if dry_run else "is"
        return Result({**_facts(key), "dryRun": dry_run}, [f"The key {key.name} {said} revoked."])


def _facts(key: ApiKey) -> dict[str, Any]:
    return {
        "name": key.name,
        "kind": key.kind,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "modules": key.modules,
        "origins": key.origins,
        "state": "active" if key.is_active else "revoked" if key.revoked_at else "expired",
        "createdAt": key.created_at,
        "createdBy": key.created_by,
        "expiresAt": key.expires_at,
        "revokedAt": key.revoked_at,
        "lastUsedAt": key.last_used_at,
    }
