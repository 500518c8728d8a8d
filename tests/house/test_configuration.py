"""docs/configuration.md and the code name the same settings, checks and examples."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "configuration.md").read_text()
READ = set(re.findall(r"\benv\.\w+\(\s*\"([A-Z_]+)\"", (ROOT / "roaming" / "settings.py").read_text()))


def told(pattern: str) -> set[str]:
    """What stands in the first column of the page's tables."""
    return set(re.findall(rf"^\| `({pattern})` \|", PAGE, re.MULTILINE))


def test_every_setting_is_documented_and_nothing_else() -> None:
    assert told("[A-Z_]+") == READ


def test_the_example_file_names_only_settings() -> None:
    named = set(re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named - READ == {"POSTGRES_PASSWORD"}


def test_no_module_but_the_settings_reads_configuration_from_the_environment() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for app in ("partners", "roaming", "billing")
        for path in (ROOT / app).rglob("*.py")
        if re.search(r"os\.(environ\[|environ\.get|getenv)", path.read_text())
    }
    assert readers <= {
        "roaming/management/commands/run.py",  # which asks Django's reloader who it is
        "partners/management/commands/createsuperuser.py",  # whose password Django takes from there
    }


def test_every_system_check_is_documented() -> None:
    raised = set(re.findall(r'id="(roaming\.[EW]\d{3})"', (ROOT / "roaming" / "checks.py").read_text()))
    assert told(r"roaming\.[EW]\d{3}") == raised


GOOD = {"DEBUG": False, "EMBEDDED": False, "REDIS_URL": "redis://h", "PORTAL_URL": "https://roaming.example.com"}


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ({}, set()),
        ({"FIELD_KEYS": []}, {"roaming.E001"}),
        ({"FIELD_KEYS": ["secret"]}, {"roaming.E001"}),
        ({"PORTAL_URL": "roaming.example.com"}, {"roaming.E002"}),
        ({"PORTAL_URL": "http://roaming.example.com"}, {"roaming.W002"}),
        ({"SECRET_KEY": "a" * 50}, {"roaming.W003"}),
        ({"SECRET_KEY": "a" * 50, "DEBUG": True}, set()),
        ({"REDIS_URL": ""}, {"roaming.W001"}),
    ],
)
def test_a_setting_that_cannot_be_right_is_found(settings: Settings, wrong: dict[str, object], found: set[str]) -> None:
    for name, value in {**GOOD, **wrong}.items():
        setattr(settings, name, value)
    assert {str(message.id) for message in run_checks(tags=["security"])} & told(r"roaming\.\w+") == found


def test_a_database_other_than_postgresql_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    assert "roaming.E004" in {message.id for message in run_checks(tags=["security"])}


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"PAGE_LIMIT": "0"}, 'Environment variable "PAGE_LIMIT" invalid'),
        ({"DATABASE_URL": "nonsense"}, 'Environment variable "DATABASE_URL" invalid: Not a valid database URL'),
        ({"DATABASE_URL": "postgres://h/x", "SECRET_KEY": None}, 'Environment variable "SECRET_KEY" not set'),
        ({"VAR_DIR": "/dev/null/var"}, "VAR_DIR cannot be used"),
    ],
)
def test_a_setting_that_cannot_be_read_is_a_sentence(environment: dict[str, str | None], sentence: str) -> None:
    process = manage({"DATABASE_URL": None, **environment}, "check")
    assert process.returncode == 2
    assert sentence in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize("database", [None, "postgres://h/x"])
def test_private_addresses_are_called_only_when_somebody_says_so(database: str | None) -> None:
    """T109."""
    environment = {"DATABASE_URL": database, "REDIS_URL": "redis://h/0"}
    for said, allowed in ((None, "False"), ("0", "False"), ("1", "True")):
        process = manage({**environment, "ALLOW_PRIVATE_PARTNERS": said}, "diffsettings", "--all")
        assert f"ALLOW_PRIVATE_PARTNERS = {allowed}" in process.stdout


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_not_there_or_not_up_to_date_is_a_sentence(database_url: str) -> None:
    not_there = manage({"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}, "settle", "--period=2026-01")
    not_ours = manage({"DATABASE_URL": f"{database_url.rpartition('/')[0]}/postgres"}, "settle", "--period=2026-01")
    for process, sentence in ((not_there, "cannot be used: connection failed"), (not_ours, "manage.py migrate")):
        assert process.returncode == 1
        assert sentence in process.stderr
        assert "Traceback" not in process.stderr


def manage(environment: dict[str, str | None], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run manage.py in a process of its own; None takes a variable out of the environment."""
    wanted = {**os.environ, **environment}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={name: value for name, value in wanted.items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
    )
