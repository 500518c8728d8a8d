"""Requests that are odd, and yet what some platform sends: understood where it can be, and never a way around."""

import base64
import io
import json
import logging
import re
from typing import Any

import pytest
from django.test import Client

from partners.connections.models import Connection
from roaming.commands.models import Command
from roaming.exchange.models import Exchange
from roaming.ocpi.schema.wire import encode
from roaming.tariffs.models import Tariff
from tests import cast, wire

TARIFF = "/ocpi/2.2.1/receiver/tariffs/NL/VLT/AC22"
TOKEN = cast.token("Volta")


def ask(method: str, path: str, body: Any = None, name: str = "Volta", /, **headers: str) -> tuple[Any, dict[str, Any]]:
    """The response, and its envelope."""
    shown = {"Authorization": f"Token {cast.token(name)}"}
    given = {header.replace("_", "-"): value for header, value in headers.items()}
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    response = Client().generic(method, path, content, content_type="application/json", headers=shown | given)
    return response, json.loads(response.content)


@pytest.mark.parametrize("value", [base64.b64encode(TOKEN.encode()).decode().rstrip("="), TOKEN])
@pytest.mark.parametrize("blank", [" ", "\t", "  "])
def test_a_token_may_lack_its_padding_and_stand_behind_any_blank(volta: Connection, value: str, blank: str) -> None:
    """T3: tolerant in what is read."""
    assert Client().get("/ocpi/versions", headers={"Authorization": f"Token{blank}{value}"}).status_code == 200


def test_all_that_is_wrong_is_said_at_once_also_what_contradicts_the_url(volta: Connection) -> None:
    """T71, T72: nothing is stored."""
    tariff = wire.load("tariff_ac22") | {"id": "OTHER", "party_id": "XYZ", "currency": "euro", "elements": []}
    response, envelope = ask("PUT", TARIFF, json.loads(encode(tariff)))
    assert (response.status_code, envelope["status_code"]) == (200, 2001)
    assert {violation.split()[0] for violation in envelope["data"]} == {
        "$.currency",
        "$.elements",
        "$.country_code",
        "$.id",
    }
    assert "NL*VLT in the URL, NL*XYZ in the body" in " ".join(envelope["data"])
    patch = {"id": "OTHER", "last_updated": "yesterday"}
    response, envelope = ask("PATCH", "/ocpi/2.2.1/receiver/sessions/NL/VLT/S1", patch)
    assert re.findall(r"\$\.\w+", envelope["status_message"]) == ["$.last_updated", "$.id"]
    assert Tariff.objects.count() == 0


@pytest.mark.parametrize(("wrong", "least"), [("limit=0", 1), ("limit=-1", 1), ("offset=-1", 0), ("limit=1.5", 1)])
def test_what_a_number_must_be_is_said_in_one_way(volta: Connection, wrong: str, least: int) -> None:
    """T47."""
    _, envelope = ask("GET", f"/ocpi/2.2.1/sender/locations?{wrong}")
    name, value = wrong.split("=")
    assert (envelope["status_code"], envelope["status_message"]) == (
        2001,
        f"{name} must be a whole number of {least} or more, not '{value}'.",
    )


@pytest.mark.parametrize(
    ("accepted", "packed"), [("*;q=0, gzip", True), ("gzip;q=0, *", False), ("*", True), ("br", False)]
)
def test_what_is_said_of_gzip_by_name_counts_more_than_what_is_said_of_all(
    nomad: Connection, accepted: str, packed: bool
) -> None:
    for number in range(4):
        tariff = wire.load("tariff_ac22") | {"id": f"T{number}"}
        ask("PUT", f"/ocpi/2.2.1/receiver/tariffs/NL/VLT/T{number}", encode(tariff))
    response = Client().get(
        "/ocpi/2.2.1/sender/tariffs",
        headers={"Authorization": f"Token {cast.token('Nomad')}", "Accept-Encoding": accepted},
    )
    assert ("Content-Encoding" in response) is packed


def test_routing_headers_that_are_none_are_refused_and_not_repeated(volta: Connection) -> None:
    """T100."""
    odd = {"OCPI_from_country_code": "DE, FR", "OCPI_from_party_id": "NMD"}
    response, envelope = ask("GET", "/ocpi/2.2.1/sender/locations", None, **odd)
    assert envelope["status_code"] == 2001 and "OCPI-from-country-code" in envelope["status_message"]
    assert response["OCPI-to-party-id"] == "NMD" and "OCPI-to-country-code" not in response


def test_a_body_that_ends_before_its_length_is_refused(volta: Connection) -> None:
    """Not every server looks."""
    body = wire.raw("tariff_ac22")
    sent: dict[str, Any] = {
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body) + 1),
        "wsgi.input": io.BytesIO(body),
    }
    response = Client().generic("PUT", TARIFF, headers={"Authorization": f"Token {TOKEN}"}, **sent)
    assert (response.status_code, json.loads(response.content)["status_code"]) == (400, 2001)
    assert Tariff.objects.count() == 0


def test_an_envelope_has_whole_seconds_for_2_1_1_knows_no_others(volta: Connection) -> None:
    """T82."""
    assert len(ask("GET", "/ocpi/versions")[1]["timestamp"]) == len("2026-11-20T09:42:00Z")


class TestIds:
    """X-Correlation-ID goes on to whoever is asked because of the request (T12)."""

    def test_one_that_cannot_be_sent_on_is_answered_and_replaced_where_it_goes_on(self, nomad: Connection) -> None:
        """T11."""
        odd = {"X_Correlation_ID": "\xe9\xff", "OCPI_to_country_code": "NL", "OCPI_to_party_id": "VLT"}
        ask("PUT", "/ocpi/2.2.1/receiver/locations/NL/VLT/ZUIDPLEIN", wire.raw("location_zuidplein"))
        unlock = {"response_url": "http://nomad.invalid/x", "location_id": "ZUIDPLEIN", "evse_uid": "ZP-1"}
        body = unlock | {"connector_id": "1"}
        response, envelope = ask("POST", "/ocpi/2.2.1/receiver/commands/UNLOCK_CONNECTOR", body, "Nomad", **odd)
        assert response.status_code == 200 and envelope["data"]["result"] == "NOT_SUPPORTED"
        assert response["X-Correlation-ID"] == "\xe9\xff"
        assert Command.objects.get().correlation_id.isascii()

    def test_one_that_was_made_up_is_the_same_all_along(self, volta: Connection) -> None:
        """T14."""
        nomad = cast.nomad(url="http://nomad.invalid", version="2.2.1")
        cast.agreement("NL*VLT", "DE*NMD")
        response, _ = ask(
            "POST",
            "/ocpi/2.2.1/sender/tokens/A1/authorize",
            None,
            "Volta",
            OCPI_to_country_code="DE",
            OCPI_to_party_id="NMD",
        )
        ids = Exchange.objects.filter(connection__in=[volta, nomad]).values_list("correlation_id", flat=True)
        assert set(ids) == {response["X-Correlation-ID"]}


class TestJournal:
    def test_it_has_the_address_as_it_was_sent(self, volta: Connection) -> None:
        """T75: an encoded slash is not a slash."""
        headers = {"Authorization": f"Token {TOKEN}"}
        for path in ("/ocpi/2.2.1/receiver/tariffs/NL/VLT/A%2F1?x=%20", "/ocpi/2.2.1/receiver/tariffs/NL/VLT/A/1"):
            Client().get(path, headers=headers, RAW_URI=path)
            assert Exchange.objects.latest("id").url == path

    def test_a_token_is_kept_nowhere_wherever_a_platform_writes_it(
        self, volta: Connection, caplog: pytest.LogCaptureFixture
    ) -> None:
        """C12: neither the one that it shows, nor one on its way to a wrong address."""
        caplog.set_level(logging.DEBUG)
        new = "a-new-token-on-its-way"
        credentials = {"token": new, "Token": [new], "url": f"http://x.invalid/versions?t={new}", "roles": []}
        for method, path, body, headers in (
            ("GET", f"/ocpi/2.2.1/sender/locations?token={TOKEN}", None, {}),
            ("GET", f"/ocpi/2.2.1/sender/locations/{TOKEN}", None, {}),
            ("GET", "/ocpi/2.2.1/sender/locations", None, {"X_Request_ID": TOKEN, "X_Correlation_ID": TOKEN}),
            ("POST", "/ocpi/2.2.1/receiver/credentials", credentials, {}),
            ("POST", "/ocpi/2.2.1/sender/locations", credentials, {}),
            ("PUT", "/ocpi/2.2.1/credentials", credentials, {}),
        ):
            ask(method, path, body, **headers)
        rows = Exchange.objects.filter(direction="in").values()
        assert len(rows) == 6
        everything = str(list(rows)) + caplog.text
        assert TOKEN not in everything and new not in everything


class TestPagesAboutTheDoors:
    """/ocpi/docs is for people to read; all else below /ocpi/ is for platforms."""

    @pytest.mark.parametrize(
        ("method", "path"), [("DELETE", "/ocpi/docs/"), ("POST", "/ocpi/docs/2.3.0.json"), ("GET", "/ocpi/docs/nope")]
    )
    def test_what_is_no_page_is_answered_in_an_envelope(self, volta: Connection, method: str, path: str) -> None:
        """T11, T22."""
        response, envelope = ask(method, path)
        assert response.status_code in (404, 405) and envelope["status_code"] == 2000
        assert response["X-Request-ID"] and response["X-Correlation-ID"]
        assert Exchange.objects.filter(url=path).count() == 1
