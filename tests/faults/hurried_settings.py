"""The portal's settings, and a watchman that is in a hurry."""

from ops_portal.settings import *  # noqa: F403
from ops_portal.settings import INSTALLED_APPS as ALL

INSTALLED_APPS = [*ALL, "tests.faults.hurried.Hurried"]
