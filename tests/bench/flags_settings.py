"""The portal's settings for a server that is measured: Django's part of it is one view without middleware."""

from ops_portal.settings import *  # noqa: F403

MIDDLEWARE = []
ROOT_URLCONF = "tests.bench.flags_server"
