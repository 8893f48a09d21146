"""The portal's settings, and jobs that are slow enough to be killed in the middle."""

from ops_portal.settings import *  # noqa: F403
from ops_portal.settings import INSTALLED_APPS as ALL
from ops_portal.settings import STORAGES as STORED

INSTALLED_APPS = [*ALL, "tests.faults.slow.Slow"]
# Nothing was collected: names without digests.
STORAGES = {**STORED, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
