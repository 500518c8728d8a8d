"""The portal behind the server that the README names, as its processes run for real."""

import shlex
from pathlib import Path

from roaming.simulator.platform import Platform
from tests import wire
from tests.journeys.house import VLT, good
from tests.journeys.portals import ROOT, Portal, database

SERVER = "gunicorn "


def command() -> list[str]:
    """Its line in the README, without the name of the program."""
    line = next(line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith(SERVER))
    return shlex.split(line.removeprefix(SERVER))


def test_a_platform_registers_and_ids_with_a_slash_are_what_they_were_sent_as(
    database_url: str, tmp_path: Path
) -> None:
    """T75: not every server hands on the address as it was sent. Registration calls the platform back meanwhile."""
    with database(database_url) as url:
        portal = Portal("Volta", "NL*RBO", url, tmp_path / "server.log")
        backend = Platform("Volta", [VLT]).start()
        try:
            with portal.running("-m", "gunicorn", *command()):
                added = portal.told("add_connection", "--name", "Volta", "--own", "--role", "CPO", "--party", VLT.code)
                backend.register_at(added["versions_url"], added["token"])
                location = wire.load("location_zuidplein") | {"id": "ZUID/PLEIN"}
                location["evses"][0]["uid"] = "ZP/1"
                tail = "/NL/VLT/ZUID%2FPLEIN"
                good(backend.send("PUT", "locations", "RECEIVER", tail, body=location))
                change = {"status": "BLOCKED", "last_updated": "2026-11-20T10:00:00Z"}
                good(backend.send("PATCH", "locations", "RECEIVER", f"{tail}/ZP%2F1", body=change))
                stored = good(backend.send("GET", "locations", "RECEIVER", tail)).data
        finally:
            backend.stop()
    assert (stored["id"], stored["evses"][0]["uid"], stored["evses"][0]["status"]) == ("ZUID/PLEIN", "ZP/1", "BLOCKED")
