"""What `make run` does before it serves: on an empty machine, and again on one that has run before."""

import re
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.management import call_command

from operations.models import AuditEvent
from tests.ops_portal.processes import python


def test_preparing_twice_loses_nothing_and_shows_the_password_once(tmp_path: Path) -> None:
    first = python(tmp_path, "-m", "ops_portal.prepare")
    assert first.returncode == 0, first.stderr
    password = re.search(r"the user admin with the password (\S{16,}) \(shown this once\)", first.stdout)
    assert password
    assert (tmp_path / "static" / "unfold").is_dir()

    again = python(tmp_path, "-m", "ops_portal.prepare", OPS_ADMIN_PASSWORD="another")
    assert again.returncode == 0, again.stderr
    assert "password" not in again.stdout
    assert "created" not in again.stdout
    check = (
        "import django; django.setup(); from django.contrib.auth.models import User;"
        "from rollout.models import Plan;"
        f"print(User.objects.get().check_password({password[1]!r}), Plan.objects.count())"
    )
    assert python(tmp_path, "-c", check, DJANGO_SETTINGS_MODULE="ops_portal.settings").stdout == "True 2\n"


def test_a_database_that_cannot_be_opened_is_one_clear_line(tmp_path: Path) -> None:
    run = python(
        tmp_path, "-m", "ops_portal.prepare", DATABASE_URL=f"sqlite:///{tmp_path}/missing/portal.sqlite3"
    )
    assert run.returncode == 1
    assert run.stderr.startswith("The portal cannot start: ")
    assert run.stderr.count("\n") == 1


@pytest.mark.django_db
def test_the_administrator_gets_the_given_password_and_it_is_not_repeated(
    settings: LazySettings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.OPS_ADMIN_PASSWORD = "correct horse battery staple"
    call_command("ensure_admin")
    admin = User.objects.get(username="admin")
    assert admin.is_staff
    assert admin.is_superuser
    assert admin.check_password("correct horse battery staple")
    assert "correct horse" not in capsys.readouterr().out
    assert AuditEvent.objects.filter(action="user.administrator_made").count() == 1


@pytest.mark.django_db
def test_an_existing_administrator_is_left_alone(settings: LazySettings) -> None:
    User.objects.create_user("admin", password="own choice")
    settings.OPS_ADMIN_PASSWORD = "another"
    call_command("ensure_admin")
    admin = User.objects.get()
    assert admin.check_password("own choice")
    assert not admin.is_superuser
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db
def test_a_dry_run_makes_nobody() -> None:
    call_command("ensure_admin", dry_run=True)
    assert not User.objects.exists()
    assert not AuditEvent.objects.exists()
