"""Requests no client library would send, byte for byte to a real server: the answer is an envelope all the same."""

import base64
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django import Settings

from roaming.exchange.models import Exchange
from roaming.server import running
from roaming.tariffs.models import Tariff
from tests import cast, wire

pytestmark = pytest.mark.django_db(transaction=True)

TARIFF = b"/ocpi/2.2.1/receiver/tariffs/NL/VLT/AC22"


@pytest.fixture
def portal(settings: Settings) -> Iterator[str]:
    cast.volta()
    settings.ALLOWED_HOSTS = ["portal"]
    with running(worker=False, beat=False) as url:
        settings.PORTAL_URL = url
        yield url


def send(portal: str, start: bytes, body: bytes = b"", *headers: bytes) -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body of the answer to exactly these bytes, sent by Volta's back-end."""
    token = base64.b64encode(cast.token("Volta").encode())
    lines = [start + b" HTTP/1.1", b"Host: portal", b"Connection: close", b"Authorization: Token " + token, *headers]
    with socket.create_connection(("127.0.0.1", urlsplit(portal).port), timeout=10) as peer:
        peer.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        received = b""
        while part := peer.recv(65536):
            received += part
    head, _, content = received.partition(b"\r\n\r\n")
    status, *rest = head.split(b"\r\n")
    names = dict(line.lower().split(b": ", 1) for line in rest)
    return int(status.split()[1]), names, content


def envelope(content: bytes) -> Any:
    return json.loads(content)


def length(body: bytes) -> bytes:
    return b"Content-Length: %d" % len(body)


@pytest.mark.parametrize(
    "path",
    [
        b"/ocpi/2.2.1/sender/locations/a%00b",
        b"/ocpi/2.2.1/sender/locations/%FF%FE",
        b"/ocpi/2.2.1/sender/locations/%ZZ",
        b"/ocpi/2.2.1/sender/locations/%",
        b"/ocpi/2.2.1/sender/locations/" + b"x" * 8000,
        b"/ocpi/../admin/",
        b"/ocpi//versions",
        b"/ocpi/%76ersion",
    ],
)
def test_an_address_that_cannot_be_is_a_404_envelope(portal: str, path: bytes) -> None:
    status, headers, content = send(portal, b"GET " + path)
    assert (status, headers[b"content-type"]) == (404, b"application/json")
    assert envelope(content)["status_code"] in (2000, 2003) and headers[b"x-request-id"]


def test_a_put_works_with_a_length_and_in_chunks(portal: str) -> None:
    body = wire.raw("tariff_ac22")
    kind = b"Content-Type: application/json"
    assert send(portal, b"PUT " + TARIFF, body, kind, length(body))[0] == 201
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:100], body[100:])) + b"0\r\n\r\n"
    assert send(portal, b"PUT " + TARIFF, chunked, kind, b"Transfer-Encoding: chunked")[0] == 200


def test_a_put_without_a_body_is_400(portal: str) -> None:
    for headers in ([b"Content-Type: application/json"], [b"Content-Length: 0"], []):
        status, _, content = send(portal, b"PUT " + TARIFF, b"", *headers)
        assert (status, envelope(content)["status_code"]) == (400, 2001)


def test_a_sender_that_hangs_up_in_the_middle_stores_nothing_and_stops_nobody(portal: str) -> None:
    body = wire.raw("tariff_ac22")
    token = base64.b64encode(cast.token("Volta").encode())
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", urlsplit(portal).port)) as peer:
            head = b"PUT %s HTTP/1.1\r\nHost: x\r\nAuthorization: Token %s\r\nContent-Length: 9999\r\n\r\n"
            peer.sendall(head % (TARIFF, token) + body[:50])
    assert send(portal, b"GET /ocpi/versions")[0] == 200
    assert Tariff.objects.count() == 0


def test_a_large_body_is_refused_before_it_is_looked_at(portal: str, settings: Settings) -> None:
    settings.BODY_LIMIT_BYTES = 100_000
    body = b'"' + b"x" * 200_000 + b'"'
    status, _, content = send(portal, b"PUT " + TARIFF, body, b"Content-Type: application/json", length(body))
    assert (status, envelope(content)["status_code"]) == (413, 2001)


def test_odd_headers_do_no_harm(portal: str) -> None:
    odd = [
        b"X-Request-ID: " + b"\xc3\xa9" * 200,
        b"X-Correlation-ID: a\tb",
        b"Accept: text/html",
        b"Accept-Encoding: gzip",
        b"Cookie: sessionid=\xff",
        b"Content-Type: \xff",
    ]
    status, headers, content = send(portal, b"GET /ocpi/2.2.1/sender/cdrs", b"", *odd)
    assert (status, envelope(content)["data"]) == (200, [])
    assert headers[b"content-type"] == b"application/json"
    assert Exchange.objects.count() == 1


def test_a_head_request_is_405_without_a_body(portal: str) -> None:
    status, headers, content = send(portal, b"HEAD /ocpi/versions")
    assert (status, headers[b"allow"], content) == (405, b"get", b"")


def test_an_encoded_slash_is_part_of_an_id(portal: str) -> None:
    """T75: our server tells the address as it was sent."""
    body = wire.raw("location_zuidplein").replace(b'"ZUIDPLEIN"', b'"ZUID/PLEIN"', 1)
    path = b"/ocpi/2.2.1/receiver/locations/NL/VLT/ZUID%2FPLEIN"
    status, _, content = send(portal, b"PUT " + path, body, b"Content-Type: application/json", length(body))
    assert (status, envelope(content)["status_code"]) == (201, 1000)
    assert envelope(send(portal, b"GET " + path + b"/ZP-1")[2])["data"]["uid"] == "ZP-1"


def test_half_a_routing_header_that_is_no_text_is_refused(portal: str) -> None:
    """T100."""
    status, _, content = send(portal, b"GET /ocpi/2.2.1/sender/cdrs", b"", b"OCPI-from-party-id: \xff")
    assert (status, envelope(content)["status_code"]) == (200, 2001)
