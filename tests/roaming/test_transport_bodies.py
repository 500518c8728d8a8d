"""Bodies on the wire: gzip in and out, a mark in front, and what our own client asks for and reads."""

import gzip
import json
import zlib
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from partners.connections.models import Connection
from roaming.exchange.models import Exchange
from roaming.kernel import clock, http
from roaming.kernel.http import Unreachable
from roaming.ocpi.client import OcpiClient, Refused
from roaming.tariffs.models import Tariff
from tests import cast, wire
from tests.roaming.calls import Caller
from tests.roaming.platform import Asked, Platform, Said

TARIFF = "/ocpi/2.2.1/receiver/tariffs/NL/VLT/AC22"
BODY = wire.raw("tariff_ac22")
pytestmark = pytest.mark.django_db


def put(body: bytes, **headers: str) -> tuple[int, dict[str, Any], Any]:
    """HTTP status, envelope and response of a tariff sent by Volta."""
    sent = {"Authorization": f"Token {cast.token('Volta')}", **{n.replace("_", "-"): v for n, v in headers.items()}}
    response = Client().generic("PUT", TARIFF, body, content_type="application/json", headers=sent)
    return response.status_code, json.loads(response.content), response


def get(path: str, **headers: str) -> Any:
    sent = {"Authorization": f"Token {cast.token('Volta')}", **{n.replace("_", "-"): v for n, v in headers.items()}}
    return Client().get(path, headers=sent)


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", "identity", ""])
def test_a_body_may_come_as_gzip(volta: Connection, coding: str) -> None:
    packed = gzip.compress(BODY) if "gzip" in coding.lower() else BODY
    status, envelope, _ = put(packed, Content_Encoding=coding)
    assert (status, envelope["status_code"]) == (201, 1000)
    assert Exchange.objects.get().request_body == BODY.decode()  # the journal is for people


@pytest.mark.parametrize("body", [BODY, gzip.compress(BODY)[:-10], gzip.compress(BODY) + b"x", zlib.compress(BODY)])
def test_what_is_no_gzip_although_it_says_so_is_400(volta: Connection, body: bytes) -> None:
    status, envelope, _ = put(body, Content_Encoding="gzip")
    assert (status, envelope["status_code"]) == (400, 2001)
    assert "Content-Encoding" in envelope["status_message"]
    assert (Tariff.objects.count(), Exchange.objects.count()) == (0, 1)


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_another_coding_is_refused_with_what_is_taken(volta: Connection, coding: str) -> None:
    status, envelope, response = put(BODY, Content_Encoding=coding)
    assert (status, envelope["status_code"], response["Accept-Encoding"]) == (415, 2001, "gzip")
    assert coding in envelope["status_message"]


def test_a_body_that_unfolds_beyond_the_limit_is_413(volta: Connection, settings: Settings) -> None:
    settings.BODY_LIMIT_BYTES = 100_000
    status, envelope, _ = put(gzip.compress(b'"' + b"x" * 50_000_000 + b'"'), Content_Encoding="gzip")
    assert (status, envelope["status_code"]) == (413, 2001)
    assert "100000 bytes" in envelope["status_message"]


def test_an_empty_body_is_empty_whatever_its_coding(volta: Connection) -> None:
    status, envelope, _ = put(b"", Content_Encoding="gzip")
    assert (status, envelope["status_message"]) == (400, "The body is empty; a JSON object is expected.")


def test_a_byte_order_mark_is_skipped(volta: Connection) -> None:
    assert put(b"\xef\xbb\xbf" + BODY)[0] == 201


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("deflate, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("br", False),
        ("", False),
    ],
)
def test_a_long_answer_comes_as_gzip_to_who_takes_it(nomad: Connection, accepted: str, packed: bool) -> None:
    for number in range(5):
        tariff = {**wire.load("tariff_ac22"), "id": f"T{number}"}
        assert Caller("Volta").put(f"/receiver/tariffs/NL/VLT/T{number}", tariff).http == 201
    headers = {"Authorization": f"Token {cast.token('Nomad')}", "Accept-Encoding": accepted}
    response = Client().get("/ocpi/2.2.1/sender/tariffs", headers=headers)
    assert (response.get("Content-Encoding") == "gzip") is packed
    assert "Accept-Encoding" in response["Vary"]
    assert response["Content-Length"] == str(len(response.content))
    plain = gzip.decompress(response.content) if packed else response.content
    assert [tariff["id"] for tariff in json.loads(plain)["data"]] == ["T0", "T1", "T2", "T3", "T4"]
    kept = Exchange.objects.first()
    assert kept is not None and kept.response_body == plain.decode()


def test_short_answers_and_credentials_are_sent_as_they_are(volta: Connection) -> None:
    """Credentials hold a secret, of which the length of a packed answer would tell."""
    Connection.objects.filter(name="Volta").update(versions_url="https://volta.example/" + "v" * 200)
    for path in ("/ocpi/versions", "/ocpi/2.2.1", "/ocpi/2.2.1/credentials", "/ocpi/2.2.1/sender/cdrs"):
        assert "Content-Encoding" not in get(path, Accept_Encoding="gzip")


def said(raw: bytes, **headers: str) -> Any:
    def answering(asked: Asked) -> Said:
        return Said(raw=raw, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return answering


ENVELOPE = b'{"status_code": 1000, "timestamp": "2026-11-20T09:42:00Z", "data": ["x"]}'


def ask(nomad: Connection, platform: Platform) -> Any:
    return OcpiClient(nomad, clock.now()).get(f"{platform.url}/anything").data


def test_our_client_asks_for_gzip_and_reads_it(nomad: Connection, nomad_platform: Platform) -> None:
    for answer in (
        said(ENVELOPE),
        said(gzip.compress(ENVELOPE), Content_Encoding="gzip"),
        said(b"\xef\xbb\xbf" + ENVELOPE),
    ):
        nomad_platform.answering = answer
        assert ask(nomad, nomad_platform) == ["x"]
    assert nomad_platform.asked[-1].headers["accept-encoding"] == "gzip"
    bodies = list(Exchange.objects.order_by("id").values_list("response_body", flat=True))
    assert bodies[:2] == [ENVELOPE.decode(), ENVELOPE.decode()]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (said(ENVELOPE, Content_Encoding="gzip"), "is no gzip"),
        (said(gzip.compress(ENVELOPE)[:-1], Content_Encoding="gzip"), "is no gzip"),
        (said(ENVELOPE, Content_Encoding="br"), "“br”, which was not asked for"),
    ],
)
def test_our_client_says_what_it_cannot_read(
    nomad: Connection, nomad_platform: Platform, answer: Any, why: str
) -> None:
    nomad_platform.answering = answer
    with pytest.raises(Unreachable, match=why):
        ask(nomad, nomad_platform)
    assert why in Exchange.objects.get().error


def test_our_client_is_not_blown_up(
    nomad: Connection, nomad_platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T109: an answer is read up to a limit, packed or not."""
    monkeypatch.setattr(http, "RESPONSE_LIMIT_BYTES", 1_000_000)
    for body, headers in ((b"x" * 1_000_001, {}), (gzip.compress(b"x" * 100_000_000), {"Content_Encoding": "gzip"})):
        nomad_platform.answering = said(body, **headers)
        with pytest.raises(Unreachable, match="larger than 1 MB"):
            ask(nomad, nomad_platform)


@pytest.mark.parametrize(
    ("code", "accepted", "theirs"),
    [(1000, True, False), (1999, True, False), (2999, False, False), (3999, False, True)],
)
def test_codes_that_we_do_not_know_are_read_by_their_thousand(
    nomad: Connection, nomad_platform: Platform, code: int, accepted: bool, theirs: bool
) -> None:
    """T31, T32."""
    nomad_platform.answering = said(ENVELOPE.replace(b"1000", str(code).encode()))
    if accepted:
        assert ask(nomad, nomad_platform) == ["x"]
        return
    with pytest.raises(Refused) as refusal:
        ask(nomad, nomad_platform)
    assert (refusal.value.status_code, refusal.value.troubled) == (code, theirs)
