"""Makes the portal ready to run: `python -m ops_portal.prepare`. Again changes nothing that is there."""

import sys

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import Error


def main() -> int:
    """Migrate, set up what is missing, collect the static files, make the first administrator. 0 or 1."""
    try:
        django.setup()
        call_command("migrate", interactive=False, verbosity=0)
        call_command("rollout", "setup")
        call_command("collectstatic", interactive=False, verbosity=0)
        call_command("ensure_admin")
    except (CommandError, ImproperlyConfigured, Error, OSError) as error:
        fault = " ".join(str(error).split()) or type(error).__name__
        sys.stderr.write(f"The portal cannot start: {fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
