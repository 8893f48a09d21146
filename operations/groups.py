"""The groups with least privilege, and how a migration grants them what their app has."""

import sys
from collections.abc import Iterable, Mapping

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

VIEWER = "Viewer"
SUPPORT = "Support"
PRODUCT_MANAGER = "Product manager"
RELEASE_MANAGER = "Release manager"
ADMINISTRATOR = "Administrator"
ALL = (VIEWER, SUPPORT, PRODUCT_MANAGER, RELEASE_MANAGER, ADMINISTRATOR)


def grant(
    apps: Apps, schema_editor: BaseDatabaseSchemaEditor, app_label: str, granted: Mapping[str, Iterable[str]]
) -> None:
    """Give each group its permissions of one app, which the migration's state knows by their codenames.

    Django makes permissions after all migrations have run, so this makes those of the app first. Raises
    LookupError for a codename that the app does not have.
    """
    database = schema_editor.connection.alias
    config = apps.get_app_config(app_label)
    # create_permissions skips an app whose models it cannot see, and a migration's app has no module.
    config.models_module = sys.modules[__name__]
    create_permissions(config, apps=apps, using=database, verbosity=0)
    permissions = {
        permission.codename: permission
        for permission in apps.get_model("auth", "Permission").objects.filter(
            content_type__app_label=app_label
        )
    }
    for name, codenames in granted.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        missing = set(codenames) - set(permissions)
        if missing:
            raise LookupError(f"{app_label} has no permission {', '.join(sorted(missing))}")
        group.permissions.add(*(permissions[codename] for codename in codenames))
