"""The server's entry: Django, the flag answers beside it, and the watchman behind them."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ops_portal.settings")

# Loads the apps, which the door needs.
django = get_wsgi_application()

from ops_portal import watchman  # noqa: E402
from ops_portal.exposition.answers import ANSWERS  # noqa: E402
from ops_portal.proxy import BehindProxy  # noqa: E402
from rollout.ofrep.door import mount  # noqa: E402

door = mount(beside=django, note=ANSWERS.note)
application = BehindProxy(door) if settings.HTTPS else door
ANSWERS.start()
watchman.start()
