"""The portal's settings with the linter of migrations, and a database that only writes PostgreSQL's SQL."""

import os

from ops_portal.settings import *  # noqa: F403
from ops_portal.settings import INSTALLED_APPS as ALL

# An app of a test, whose migrations break what runs.
INSTALLED_APPS = [*ALL, "django_migration_linter", *os.environ.get("LINTED_APPS", "").split()]
DATABASES = {"default": {"ENGINE": "tests.upgrades.postgresql_sql", "NAME": "none"}}
