import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from config.startup import needs_servers

ROOT = Path(__file__).parent.parent.parent


def manage(*arguments, **environment):
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("DJANGO_") and name not in {"DATABASE_URL", "REDIS_URL", "PORT"}
    }
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env={**clean, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("PORT", "eighty", "PORT"),
        ("PORT", "70000", "PORT"),
        ("STEMMA_DEV", "perhaps", "STEMMA_DEV"),
        ("LOG_LEVEL", "LOUD", "LOG_LEVEL"),
        ("DATABASE_URL", "mysql://localhost/stemma", "DATABASE_URL must name a PostgreSQL"),
        ("DATABASE_URL", "postgres://localhost", "DATABASE_URL must name a PostgreSQL"),
        ("DATABASE_URL", "postgres://user:half@host:x/stemma", "DATABASE_URL is not an address"),
        ("REDIS_URL", "http://localhost", "REDIS_URL must start with"),
        ("REDIS_URL", "redis://localhost:port/0", "REDIS_URL is not an address"),
        ("SITE_URL", "stemma.example.org", "SITE_URL must be an address like https://"),
        (
            "SITE_URL",
            "https://stemma.example.org/#top",
            "SITE_URL must be an address like https://",
        ),
        (
            "SITE_URL",
            "https://stemma.example.org/> <b",
            "SITE_URL must be an address like https://",
        ),
        ("SITE_URL", "http://[", "SITE_URL is not an address"),
        ("SITE_URL", "http://a:port", "SITE_URL is not an address"),
    ],
)
def test_a_wrong_variable_stops_the_program_with_one_line(name, value, complaint, tmp_path):
    result = manage("check", **{name: value}, STEMMA_HOME=str(tmp_path))
    assert result.returncode == 1
    assert complaint in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_home_that_is_a_file_is_refused_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    result = manage("check", STEMMA_HOME=str(tmp_path / "file"))
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/stemma"),
        ("REDIS_URL", "redis://me:secret@127.0.0.1:1/0"),
    ],
)
def test_a_server_that_does_not_answer_is_named_without_its_password(name, url, tmp_path):
    result = manage("serve", **{name: url}, PORT="18931", STEMMA_HOME=str(tmp_path))
    assert result.returncode == 1
    assert name in result.stderr
    assert "secret" not in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["migrate"], True),
        (["import_list", "list.md"], True),
        (["check", "--database", "default"], True),
        (["check"], False),
        (["help"], False),
        ([], False),
        (["migrate", "--help"], False),
        (["--version"], False),
        (["collectstatic"], False),
    ],
)
def test_servers_start_for_the_commands_that_need_them(arguments, answer):
    assert needs_servers(arguments) is answer


def test_commands_and_jobs_have_no_statement_timeout(db):
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


def test_pages_have_a_statement_timeout(tmp_path):
    shown = "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS'])"
    result = subprocess.run(
        [sys.executable, "-c", f"import config.gunicorn; {shown}"],
        env={**os.environ, "PAGE_STATEMENT_TIMEOUT_MS": "1234", "STEMMA_HOME": str(tmp_path)}
        | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "statement_timeout=1234" in result.stdout


def test_the_first_key_is_kept_and_is_for_us_alone(tmp_path):
    read = "from django.conf import settings; print(settings.SECRET_KEY)"
    keys = {
        subprocess.run(
            [sys.executable, "-c", read],
            env={**os.environ, "STEMMA_HOME": str(tmp_path), "SECRET_KEY": ""}
            | {"DJANGO_SETTINGS_MODULE": "config.settings"},
            cwd=ROOT,
            capture_output=True,
            text=True,
        ).stdout
        for _ in range(2)
    }
    assert len(keys) == 1
    assert len(keys.pop()) > 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_no_migration_is_missing(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_a_server_on_the_network_needs_its_own_key_and_no_development(tmp_path):
    safe = {"STEMMA_HOME": str(tmp_path), "STEMMA_DEV": "0", "SECRET_KEY": "k3y-" * 20 + "aBc"}
    deploy = ["check", "--deploy", "--fail-level", "WARNING"]
    assert manage(*deploy, **safe).returncode == 0
    assert "stemma.E001" in manage(*deploy, **{**safe, "SECRET_KEY": ""}).stderr
    assert "stemma.E002" in manage(*deploy, **{**safe, "STEMMA_DEV": "1"}).stderr
