"""Days of roaming of partners that fail on demand: what the portal found is what they injected."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
SENT = (
    "energy_overpriced",
    "grace_ignored",
    "missing",
    "late",
    "sent_twice",
    "out_of_order",
    "unknown_token",
    "credited",
)


@pytest.fixture
def empty_database(database_url: str) -> Iterator[str]:
    """A database of its own beside the tests'."""
    name = f"trial_{os.getpid()}"
    with psycopg.connect(database_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield f"{database_url.rpartition('/')[0]}/{name}"
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_two_days_of_three_partners_agree_in_every_line(empty_database: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "simulate", "--partners=3", "--days=2", "--faults=default", "--seed=7", "--json"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": empty_database},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert [line for line in found["compared"] if not line["agrees"]] == []
    assert (found["agrees"], done.returncode) == (True, 0)
    partners = found["injected"]["partners"]
    assert [partner["version"] for partner in partners] == ["2.2.1", "2.3.0", "2.2.1"]
    assert [partner["parties"][0] for partner in partners] == ["NL*C01 CPO", "DE*E02 EMSP", "BE*H03 HUB"]
    happened = {name for partner in partners for name, one in partner["sent"].items() if one["count"]}
    assert happened == set(SENT)
    assert sum(one["count"] for faults in found["answered"].values() for one in faults.values()) > 0
