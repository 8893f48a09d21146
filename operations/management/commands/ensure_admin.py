"""`manage.py ensure_admin`: makes the user `admin` on a fresh portal."""

from typing import Any

from django.conf import settings

from operations import administrators
from operations.doors.command import OperationCommand, Result


class Command(OperationCommand):
    help = (
        "Make the superuser `admin` where there is none. Its password is OPS_ADMIN_PASSWORD or a random one, "
        "which is shown this once; an existing user is left as it is."
    )
    writes = True

    def operate(self, options: dict[str, Any]) -> Result:
        given: str = settings.OPS_ADMIN_PASSWORD
        password = administrators.ensure(actor=self.actor(), password=given, dry_run=options["dry_run"])
        document: dict[str, Any] = {
            "username": administrators.USERNAME,
            "created": password is not None,
            "dryRun": options["dry_run"],
        }
        if password is None:
            return Result(document, [f"The user {administrators.USERNAME} exists."])
        if options["dry_run"]:
            return Result(document, [f"The user {administrators.USERNAME} would be made."])
        if given:
            return Result(document, [f"Made the user {administrators.USERNAME} with OPS_ADMIN_PASSWORD."])
        shown = f"Made the user {administrators.USERNAME} with the password {password} (shown this once)."
        return Result({**document, "password": password}, [shown])
