"""What each group may do with issues and releases, the roles that sign, and what each kind of change asks for."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from operations import groups

VIEW = [
    f"view_{model}"
    for model in (
        "issue",
        "release",
        "changepolicy",
        "environment",
        "template",
        "deployment",
        "step",
        "checklistitem",
        "signoff",
    )
]
WORK = [*VIEW, "add_issue", "change_issue"]
SIGN = [*VIEW, "sign_off", "tick_item", "report_step"]
RELEASE = [
    *WORK,
    "add_release",
    "change_release",
    "deploy_release",
    "roll_back_release",
    "report_step",
    "tick_item",
    "sign_off",
    "change_deployment",
]
GRANTED = {
    groups.VIEWER: VIEW,
    groups.SUPPORT: WORK,
    groups.PRODUCT_MANAGER: [*WORK, "roll_back_release", "tick_item", "sign_off", "report_step"],
    groups.RELEASE_MANAGER: RELEASE,
    groups.ADMINISTRATOR: [*RELEASE, "change_template", "change_changepolicy", "change_environment"],
    "Development lead": [*SIGN, "add_issue", "change_issue"],
    "DevOps": SIGN,
    "Database administrator": SIGN,
    "Security engineer": SIGN,
    "QA lead": SIGN,
    "Customer success": SIGN,
    "CTO": SIGN,
}
POLICIES = (
    {
        "category": "low",
        "examples": "Interface, reports, configuration, reference data",
        "methods": ["rolling", "blue_green", "maintenance_window"],
        "people": 1,
        "roles": [],
    },
    {
        "category": "medium",
        "examples": "Features without schema change, workflows, compatible API, permissions",
        "methods": ["rolling", "blue_green", "maintenance_window"],
        "people": 1,
        "roles": [],
        "not_the_author": True,
    },
    {
        "category": "high",
        "examples": "Schema, breaking API, architecture, security",
        "methods": ["blue_green", "maintenance_window"],
        "people": 2,
        "roles": ["devops", "product_manager", "cto"],
        "last": "cto",
        "announcement": True,
    },
)


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    groups.grant(apps, schema_editor, "releases", GRANTED)


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    policies = apps.get_model("releases", "ChangePolicy").objects
    for policy in POLICIES:
        policies.get_or_create(category=policy["category"], defaults=policy)
    environments = apps.get_model("releases", "Environment").objects
    for key in ("staging", "production"):
        environments.get_or_create(key=key, defaults={"name": key.capitalize()})


class Migration(migrations.Migration):
    dependencies = [("releases", "0001_initial"), ("operations", "0008_groups_of_channels")]

    operations = [
        migrations.RunPython(grant, migrations.RunPython.noop),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
