"""What each group may do with rollouts."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from operations import groups

MODELS = (
    "workspace",
    "member",
    "module",
    "flag",
    "override",
    "selection",
    "plan",
    "phase",
    "phaserun",
    "verdict",
)
VIEW = [f"view_{model}" for model in MODELS] + ["view_enrolment", "view_approval", "view_internalunit"]
MANAGE = [
    *VIEW,
    "add_workspace",
    "change_workspace",
    "change_module",
    "edit_eligibility",
    "change_flag",
    "kill_flag",
    "override_flag",
    "hold_flag",
    "select_units",
    "change_plan",
    "run_phase",
    "halt_plan",
    "raise_percentage",
    "override_gate",
    "approve_phase",
]
GRANTED = {
    groups.VIEWER: VIEW,
    groups.SUPPORT: VIEW,
    groups.PRODUCT_MANAGER: MANAGE,
    # Stops and takes back, but does not decide how far a module goes.
    groups.RELEASE_MANAGER: [*VIEW, "halt_plan", "kill_flag", "approve_phase"],
    groups.ADMINISTRATOR: [*MANAGE, "add_module", "archive_plan"],
}


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    groups.grant(apps, schema_editor, "rollout", GRANTED)


class Migration(migrations.Migration):
    dependencies = [("rollout", "0001_initial"), ("operations", "0003_groups")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
