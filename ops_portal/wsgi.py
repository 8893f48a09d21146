"""The server's entry: Django, and the flag answers beside it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ops_portal.settings")

# Loads the apps, which the door needs.
django = get_wsgi_application()

from rollout.ofrep.door import mount  # noqa: E402

application = mount(beside=django)
