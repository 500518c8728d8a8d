"""Version details list exactly what is served to that connection in its version and role: no more, and no less (V2)."""

import re

import pytest

from partners.connections.models import Connection
from roaming.ocpi.openapi import operations
from roaming.ocpi.versions import OFFERED
from tests import cast
from tests.roaming.calls import Caller

IDS = {"country_code": "NL", "party_id": "VLT", "key": "00000000-0000-4000-8000-000000000000"}


@pytest.mark.parametrize("version", OFFERED)
@pytest.mark.parametrize(
    "parties",
    [
        ["EMSP DE*NMD"],
        ["CPO NL*PLD"],
        ["CPO BE*CLO", "EMSP BE*CLO"],
        ["SCSP DE*SMA"],
        ["NAP FR*NAP"],
        ["OTHER NL*PAY", "EMSP NL*PAY"],
        ["HUB DE*HUB"],
    ],
    ids=" ".join,
)
def test_every_door_is_open_to_those_whom_it_is_listed_to(db: None, parties: list[str], version: str) -> None:
    """V2: all others get 404, whatever they ask there."""
    cast.connection("They", *parties, version=version)
    they = Caller("They", version)
    listed = {
        entry["url"].rpartition(f"/ocpi/{version}/")[2]
        for entry in they.get("").data["endpoints"]
        if entry["identifier"] != "credentials"
    }
    doors = [path for path in operations.of(version) if "/" in path]
    assert {path for path in doors if is_open(they, path)} == {path for path in doors if interface(path) in listed}
    assert listed <= {interface(path) for path in doors}


def interface(path: str) -> str:
    """`sender/locations` of `sender/locations/{location_id}`."""
    return "/".join(path.split("/")[:2])


def is_open(they: Caller, path: str) -> bool:
    """Whether an address is there for them, whatever it answers."""
    address = "/" + re.sub(r"{(\w+)}", lambda found: IDS.get(found[1], "X1"), path)
    reply = they.put(address, {})
    closed = "is not offered to your platform" in reply.message
    assert not closed or reply.http == 404
    return not closed


def test_whose_last_party_of_a_role_left_is_served_what_the_others_have(db: None) -> None:
    """V2, C8."""
    both: Connection = cast.connection("Both", "CPO BE*CLO", "EMSP BE*CLO")
    assert Caller("Both").get("/sender/locations").status == 1000
    both.parties.filter(role="EMSP").update(left_at=cast.NOW)
    assert Caller("Both").get("/sender/locations").http == 404
    assert Caller("Both").get("/sender/tokens").status == 1000
