"""The demo refuses in a sentence, and touches nothing that is not its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from partners.people.models import User
from roaming import server
from tests import cast

ROOT = Path(__file__).resolve().parents[2]


def demo(database_url: str, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", "demo", "--once", *options],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.fixture
def of_somebody(database_url: str) -> Iterator[str]:
    """A database with a person in it, and nobody connected."""
    cast.person("Ben")
    connection.close()
    yield database_url


def test_a_port_in_use_is_said_before_anything_is_done(of_somebody: str) -> None:
    with server.listen("127.0.0.1", 0) as taken:
        done = demo(of_somebody, "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "in use already" in done.stderr
    assert "Traceback" not in done.stderr
    assert User.objects.count() == 1


def test_somebody_elses_data_is_never_cleared(of_somebody: str) -> None:
    done = demo(of_somebody)
    assert done.returncode == 1
    assert "holds data that no demo made" in done.stderr
    assert done.stdout == ""
    assert User.objects.count() == 1


def test_a_database_that_is_in_use_is_left_alone(of_somebody: str) -> None:
    with psycopg.connect(of_somebody):
        done = demo(of_somebody)
    assert done.returncode == 1
    assert "Another process uses this database" in done.stderr


def test_a_port_is_a_number_that_ports_can_have(of_somebody: str) -> None:
    assert "not a port" in demo(of_somebody, "--port", "99999").stderr
