"""Ids with a slash in them, as servers hand them on: decoded, and sometimes as they were sent too."""

import io
import json
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import pytest
from django.test import Client

from partners.connections.models import Connection
from roaming.locations.models import Location
from roaming.ocpi.schema import wire as json_wire
from roaming.tariffs.models import Tariff
from tests import cast, wire

pytestmark = pytest.mark.usefixtures("nomad")
BASE = "/ocpi/2.2.1/receiver/locations/NL/VLT"


def send(method: str, path: str, body: Any = None, name: str = "Volta", raw: str = "REQUEST_URI") -> Any:
    """The envelope of the answer to a request for `path`, percent-encoded, from a server that tells it under `raw`."""
    headers = {"Authorization": f"Token {cast.token(name)}"}
    content = b"" if body is None else json_wire.encode(body)
    told: dict[str, Any] = {raw: path} if raw else {}
    response = Client().generic(method, path, content, content_type="application/json", headers=headers, **told)
    return json.loads(response.content)


@pytest.fixture
def location() -> dict[str, Any]:
    return wire.load("location_zuidplein") | {"id": "ZUID/PLEIN"}


@pytest.mark.parametrize("raw", ["REQUEST_URI", "RAW_URI"])
@pytest.mark.parametrize("slash", ["%2F", "%2f"])
def test_a_location_id_with_a_slash_is_no_evse(location: dict[str, Any], slash: str, raw: str) -> None:
    """T75: told apart by the address as it was sent."""
    path = f"{BASE}/ZUID{slash}PLEIN"
    assert send("PUT", path, location, raw=raw)["status_code"] == 1000
    assert Location.objects.get().ocpi_id == "ZUID/PLEIN"
    assert send("GET", path, raw=raw)["data"]["id"] == "ZUID/PLEIN"
    assert send("GET", f"{path}/ZP-1", raw=raw)["data"]["uid"] == "ZP-1"
    assert send("GET", f"{path}/ZP-1/1/", raw=raw)["data"]["id"] == "1"
    shown = send("GET", f"/ocpi/2.2.1/sender/locations/ZUID{slash}PLEIN/ZP-1?x=%2F", name="Nomad", raw=raw)
    assert shown["data"]["uid"] == "ZP-1"
    assert send("GET", f"{BASE}/ZUID/PLEIN", raw=raw)["status_code"] == 2003


def test_parts_with_a_slash_in_their_ids(location: dict[str, Any]) -> None:
    """T75."""
    location["evses"][0]["uid"] = "ZP/1"
    location["evses"][0]["connectors"][0]["id"] = "1/A"
    path = f"{BASE}/ZUID%2FPLEIN"
    assert send("PUT", path, location)["status_code"] == 1000
    assert send("GET", f"{path}/ZP%2F1")["data"]["uid"] == "ZP/1"
    assert send("GET", f"{path}/ZP%2F1/1%2FA")["data"]["id"] == "1/A"


def test_without_the_address_as_it_was_sent_the_last_id_may_have_one(location: dict[str, Any]) -> None:
    """T75: what servers decode cannot be told apart any more, but where an id comes last it is one id."""
    tariff = {**wire.load("tariff_ac22"), "id": "AC/22 *"}
    assert send("PUT", "/ocpi/2.2.1/receiver/tariffs/NL/VLT/AC%2F22%20*", tariff, raw="")["status_code"] == 1000
    assert Tariff.objects.get().ocpi_id == "AC/22 *"
    assert send("GET", f"{BASE}/ZUID%2FPLEIN", raw="")["status_code"] == 2003


@pytest.mark.parametrize(
    "told",
    [
        "/ocpi/2.2.1/receiver/tariffs/NL%2FVLT/AC22",
        "/elsewhere%2F",
        "http://[/%2F",
        "%2F%FF",
        "",
    ],
)
def test_an_address_that_is_not_the_path_is_not_believed(volta: Connection, told: str) -> None:
    path = "/ocpi/2.2.1/receiver/tariffs/NL/VLT/AC22"
    headers = {"Authorization": f"Token {cast.token('Volta')}"}
    answer = Client().generic(
        "PUT", path, wire.raw("tariff_ac22"), content_type="application/json", headers=headers, REQUEST_URI=told
    )
    same = unquote_to_bytes(told) == path.encode()
    assert answer.status_code == (404 if same else 201)


def test_a_character_that_we_use_ourselves_is_no_way_around(location: dict[str, Any]) -> None:
    """What a sender writes for it is at best the slash that it stands for; owner and id are looked at afterwards."""
    marked = quote("ZUID\ue02fPLEIN")
    answer = send("PUT", f"{BASE}/{marked}", location | {"id": "OTHER"})
    assert answer["status_code"] == 2001 and Location.objects.count() == 0
    assert send("PUT", f"{BASE.replace('VLT', quote('VLT' + chr(0xE02F)))}/X", location)["status_code"] == 2000


def test_a_body_in_chunks_is_read_where_the_server_tells_no_length(volta: Connection) -> None:
    """Some hand on only that the stream ends."""
    for body, expected in ((wire.raw("tariff_ac22"), 1000), (b'"' + b"x" * 5_100_000 + b'"', 2001)):
        sent: dict[str, Any] = {
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": "",
            "wsgi.input": io.BytesIO(body),
            "wsgi.input_terminated": True,
        }
        headers = {"Authorization": f"Token {cast.token('Volta')}", "Transfer-Encoding": "chunked"}
        path = "/ocpi/2.2.1/receiver/tariffs/NL/VLT/AC22"
        answer = Client().generic("PUT", path, headers=headers, **sent)
        assert json.loads(answer.content)["status_code"] == expected
    assert answer.status_code == 413
