"""`manage.py backup`: make, prove, restore and list backups of the portal's own database and files."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from operations.backups import creating, finding, folders, keeping, manifests, restoring, verifying
from operations.backups.documents import backup_document, manifest_document
from operations.backups.restoring import Restored
from operations.doors.command import ExitCode, OperationCommand, Result, shown, table
from operations.models import Backup

WHICH = "its name, or its folder's path"


class Command(OperationCommand):
    help = "Make, prove, restore and list backups of the portal's own database and uploaded files."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        words = self.subcommands(parser)
        create = words.add("create", "save the database and the uploaded files", writes=True)
        create.add_argument("--note", default="", help="what it is for")
        create.add_argument("--verify", action="store_true", help="prove it as well")
        create.set_defaults(do=self._create)
        verify = words.add("verify", "prove a backup: restore it beside the database, compare", writes=True)
        verify.add_argument("backup", nargs="?", default="", help=f"{WHICH} (default: the newest)")
        verify.set_defaults(do=self._verify)
        restore = words.add("restore", "put a backup back", writes=True)
        restore.add_argument("backup", help=WHICH)
        restore.add_argument(
            "--into",
            default="",
            metavar="URL|PATH",
            help="another database, which is empty; without it the portal's own, with --yes",
        )
        restore.add_argument("--media", type=Path, metavar="FOLDER", help="where the uploaded files go")
        restore.add_argument("--force", action="store_true", help="replace what --into holds")
        restore.add_argument("--yes", action="store_true", help="replace the portal's own database")
        restore.set_defaults(do=self._restore)
        listed = words.add("list", "the backups there are, newest first")
        listed.add_argument("--all", action="store_true", help="those that were removed, too")
        listed.set_defaults(do=self._list)

    def operate(self, options: dict[str, Any]) -> Result:
        result: Result = options["do"](options)
        return result

    def _create(self, options: dict[str, Any]) -> Result:
        actor, note = self.actor(), options["note"]
        if options["dry_run"]:
            return _outlook(creating.outlook(actor=actor, note=note))
        with self.progress(total=creating.bytes_to_save(), unit="B") as bar:
            backup = creating.create(actor=actor, note=note, progress=bar.update)
        if options["verify"]:
            backup = verifying.verify(backup, actor=actor)
        backup.refresh_from_db()
        return Result(
            {"backup": backup_document(backup), "folder": str(folders.root() / backup.name), "dryRun": False},
            [_line(backup), f"It lies in {folders.root() / backup.name}", *_next(backup)],
        )

    def _verify(self, options: dict[str, Any]) -> Result:
        actor, which = self.actor(), options["backup"]
        if options["dry_run"]:
            return _looked_at(finding.find(which))
        with self.progress(total=None, unit="B") as bar:
            backup = verifying.verify(which, actor=actor, progress=bar.update)
        found = backup.verification
        said = (
            f"{backup} restores: {found['rows']:,} rows in {found['tables']} tables, "
            f"{found['events']:,} audit events, {found['files']:,} files."
        )
        absent = (
            [f"{found['absent']} files that rows name were not there to be saved."] if found["absent"] else []
        )
        return Result({"backup": backup_document(backup), "dryRun": False}, [said, *absent])

    def _restore(self, options: dict[str, Any]) -> Result:
        with self.progress(total=None, unit="B") as bar:
            restored = restoring.restore(
                options["backup"],
                actor=self.actor(),
                into=options["into"],
                media_into=options["media"],
                force=options["force"],
                yes=options["yes"],
                dry_run=options["dry_run"],
                progress=bar.update,
            )
        return _restored(restored)

    @staticmethod
    def _list(options: dict[str, Any]) -> Result:
        rows = list(Backup.objects.all() if options["all"] else Backup.objects.kept())
        unknown = finding.unknown()
        found = [
            *map(backup_document, rows),
            *(manifest_document(each.manifest) for each in unknown),
        ]
        lines = table([_cells(document) for document in found]) if found else ["There is no backup."]
        return Result({"folder": str(folders.root()), "backups": found}, lines)


def _outlook(found: creating.Outlook) -> Result:
    going = [each.name for each in keeping.surplus()]
    document = {
        "engine": found.engine,
        "folder": str(found.folder),
        "databaseBytes": found.database_bytes,
        "mediaBytes": found.media_bytes,
        "freeBytes": found.free_bytes,
        "tables": found.tables,
        "rows": found.rows,
        "removed": going,
        "dryRun": True,
    }
    size = (found.database_bytes + found.media_bytes) / 1e6
    lines = [
        f"Dry run, nothing was written: {found.rows:,} rows in {found.tables} tables would be saved.",
        f"They take {size:,.1f} MB at most of {found.free_bytes / 1e6:,.0f} MB free in {found.folder}.",
        *(f"The backup {name} would be removed." for name in going),
    ]
    return Result(document, lines)


def _looked_at(found: finding.Found) -> Result:
    """The digests alone: nothing is restored."""
    faults = manifests.faults(found.folder, found.manifest, digest=found.digest)
    document = {"backup": manifest_document(found.manifest), "faults": faults, "dryRun": True}
    if faults:
        return Result(document, faults, ExitCode.REFUSED, f"The backup {found.manifest.name} is damaged.")
    said = f"Dry run, nothing was restored: the files of the backup {found.manifest.name} are as written."
    return Result(document, [said])


def _restored(found: Restored) -> Result:
    document = {
        "backup": found.backup,
        "into": found.into,
        "tables": found.tables,
        "rows": found.rows,
        "files": found.files,
        "replacedTables": found.replaced_tables,
        "lost": found.lost,
        "toDo": found.to_do,
        "refused": found.refused,
        "dryRun": found.dry_run,
    }
    said = "Dry run, nothing was written: would restore" if found.dry_run else "Restored"
    lines = [
        f"{said} {found.backup} into {found.into}.",
        f"{found.rows:,} rows in {found.tables} tables, and {found.files:,} files.",
        *found.to_do,
    ]
    code = ExitCode.REFUSED if found.refused else ExitCode.DONE
    return Result(document, lines, code, complaint=found.refused)


def _line(backup: Backup) -> str:
    return f"{backup} of {backup.rows:,} rows and {backup.size / 1e6:,.1f} MB is {backup.state}."


def _next(backup: Backup) -> list[str]:
    return [] if backup.verified_at else [f"Prove that it restores: manage.py backup verify {backup.name}"]


def _cells(document: dict[str, Any]) -> list[object]:
    size = f"{document['size'] / 1e6:,.1f} MB"
    return [
        document["name"],
        document["state"],
        document["engine"],
        shown(document["createdAt"]),
        f"{document['rows']:,} rows",
        size,
        document["note"],
    ]
