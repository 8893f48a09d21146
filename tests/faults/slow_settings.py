"""The portal's settings, and jobs that are slow enough to be killed in the middle."""

from ops_portal.settings import *  # noqa: F403
from ops_portal.settings import INSTALLED_APPS as ALL

INSTALLED_APPS = [*ALL, "tests.faults.slow.Slow"]
