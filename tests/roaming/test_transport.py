"""What every OCPI address has in common: who may call, how bad requests end, headers, and the journal."""

import base64
import json
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from partners.connections import services as connections
from partners.connections.models import Connection
from roaming.exchange.models import Exchange
from roaming.wsgi import application
from tests import cast, wire
from tests.roaming.calls import Caller

TARIFF = "/ocpi/2.2.1/receiver/tariffs/NL/VLT/AC22"
JSON = "application/json"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Token {base64.b64encode(token.encode()).decode()}"}


def send(
    method: str, path: str, body: bytes = b"", kind: str = JSON, **headers: str
) -> tuple[int, dict[str, Any], Any]:
    """HTTP status, envelope and response of a request by Volta's back-end."""
    sent = {**bearer(cast.token("Volta")), **{name.replace("_", "-"): value for name, value in headers.items()}}
    response = Client().generic(method, path, body, content_type=kind, headers=sent)
    assert response["Content-Type"] == JSON
    envelope = json.loads(response.content)
    assert isinstance(envelope["status_code"], int) and envelope["timestamp"].endswith("Z")
    return response.status_code, envelope, response


@pytest.mark.django_db(transaction=True)  # each request of a server begins and ends with its own connection
@pytest.mark.parametrize("charset", ["hex", "undefined", "utf-16", "no-such"])
def test_every_request_is_read_as_utf_8_whatever_it_calls_itself(volta: Connection, charset: str) -> None:
    """T22: from the server's side, as no client of Django's would send it."""
    said: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/ocpi/2.2.1/sender/locations",
        "QUERY_STRING": "limit=-1",
        "CONTENT_TYPE": f"application/json; Charset={charset}",
        "HTTP_AUTHORIZATION": bearer(cast.token("Volta"))["Authorization"],
    }
    setup_testing_defaults(environ)
    answer = b"".join(application(environ, lambda status, headers: said.append(status)))
    assert (said, json.loads(answer)["status_code"]) == (["200 OK"], 2001)
    assert Exchange.objects.count() == 1


def test_more_parameters_than_are_read_are_refused(volta: Connection) -> None:
    many = "&".join(f"a{number}=1" for number in range(1001))
    assert send("GET", f"/ocpi/2.2.1/sender/locations?{many}")[1]["status_code"] == 2001


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Token",
        "Token ",
        "Bearer abc",
        "Token not-known-here",
        "Token %%%",
        "Token " + "x" * 5000,
        "Token " + base64.b64encode(b"\xff\xfe").decode(),
        "Token \xe9\xe9",
        "Token " + base64.b64encode(b"a\0b").decode(),
    ],
)
@pytest.mark.parametrize("path", ["/ocpi/versions", TARIFF, "/ocpi/no/such/thing", "/ocpi/2.2.1/sender/cdrs"])
def test_without_a_known_token_every_address_is_401(volta: Connection, path: str, header: str | None) -> None:
    """T1, T4: and in an envelope (T22)."""
    response = Client().get(path, headers={} if header is None else {"Authorization": header})
    assert response.status_code == 401
    assert 2000 <= json.loads(response.content)["status_code"] < 3000
    assert response["X-Request-ID"]


@pytest.mark.parametrize("scheme", ["Token", "token", "TOKEN"])
def test_the_token_may_be_sent_plain_or_in_base64(volta: Connection, scheme: str) -> None:
    """T2, T3."""
    token = cast.token("Volta")
    for value in (token, base64.b64encode(token.encode()).decode()):
        assert Client().get("/ocpi/versions", headers={"Authorization": f"{scheme} {value}"}).status_code == 200


def test_a_registration_token_opens_versions_and_credentials_only(db: None) -> None:
    """T5."""
    token = connections.add(partner_name="Nomad", name="Nomad", at=cast.NOW).token
    seen = {
        path: Client().get(f"/ocpi/{path}", headers=bearer(token)).status_code
        for path in ("versions", "2.2.1", "2.2.1/credentials", "2.2.1/sender/locations", "2.2.1/receiver/cdrs/DE/X/1")
    }
    assert list(seen.values()) == [200, 200, 200, 401, 401]


def test_a_suspended_connection_is_401(volta: Connection) -> None:
    """T4."""
    volta.refresh_from_db()
    connections.suspend(connection=volta)
    status, envelope, _ = send("GET", "/ocpi/versions")
    assert (status, envelope["status_message"]) == (401, "This connection is suspended.")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (b"   ", "empty"),
        (b"{", "not JSON"),
        (b'{"id": NaN}', "NaN"),
        (b'{"id": Infinity}', "Infinity"),
        (b'{"id": 1, "id": 2}', "id"),
        (b'{"a": "\xff"}', "UTF-8"),
        (b"[" * 20_000 + b"]" * 20_000, "nested"),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "nested"),
        (b'{"id": "\\ud800"}', "surrogate"),
    ],
)
def test_a_body_that_is_not_json_is_400_with_2001_and_says_why(volta: Connection, body: bytes, why: str) -> None:
    """T22, T83."""
    status, envelope, _ = send("PUT", TARIFF, body)
    assert (status, envelope["status_code"]) == (400, 2001)
    assert why in envelope["status_message"]


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"null", b"7", b"{}", b'{"id": "AC22\\u0000"}', b'{"id": 1e400}'])
def test_json_that_is_no_such_object_is_200_with_2001(volta: Connection, body: bytes) -> None:
    """T30."""
    status, envelope, _ = send("PUT", TARIFF, body)
    assert (status, envelope["status_code"]) == (200, 2001)
    assert envelope["status_message"]


def test_more_violations_than_a_sentence_holds_are_listed_as_data(volta: Connection) -> None:
    """T23."""
    _, envelope, _ = send("PUT", TARIFF, b"{}")
    names = ("country_code", "party_id", "id", "currency", "elements", "last_updated")
    assert envelope["data"] == [f"$.{name} is required" for name in names]
    assert envelope["status_message"] == "; ".join(envelope["data"][:3]) + "; and 3 more"
    _, envelope, _ = send("PUT", TARIFF, b"[]")
    assert "data" not in envelope


@pytest.mark.parametrize("kind", ["", "text/plain", "application/xml", "multipart/form-data; boundary=x"])
def test_another_content_type_is_refused_and_named(volta: Connection, kind: str) -> None:
    """T10."""
    status, envelope, _ = send("PUT", TARIFF, b"{}", kind)
    assert (status, envelope["status_code"]) == (400, 2001)
    assert "Content-Type" in envelope["status_message"]


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"]
)
def test_parameters_and_case_of_the_content_type_do_not_matter(volta: Connection, kind: str) -> None:
    """T10."""
    status, envelope, _ = send("PUT", TARIFF, json.dumps(wire.load("tariff_ac22"), default=float).encode(), kind)
    assert (status, envelope["status_code"]) == (201, 1000), envelope


def test_accept_text_html_still_gets_json(volta: Connection) -> None:
    """T10, T22."""
    for path in ("/ocpi/versions", "/ocpi/nowhere", "/ocpi/2.2.1/sender/cdrs?format=html"):
        send("GET", path, Accept="text/html")


def test_a_method_that_is_not_there_is_405_with_allow(volta: Connection) -> None:
    """T22."""
    for method, path, allowed in [
        ("DELETE", "/ocpi/versions", "GET"),
        ("PATCH", TARIFF, "GET, PUT, DELETE"),
        ("PUT", "/ocpi/2.2.1/receiver/cdrs", "POST"),
        ("DELETE", "/ocpi/2.2.1/receiver/locations/NL/VLT/X", "GET, PUT, PATCH"),
        ("OPTIONS", "/ocpi/versions", "GET"),
        ("PATCH", "/ocpi/2.2.1/credentials", "GET, POST, PUT, DELETE"),
        ("BREW", "/ocpi/versions", "GET"),
    ]:
        status, envelope, response = send(method, path)
        assert (status, envelope["status_code"], response["Allow"]) == (405, 2000, allowed)


@pytest.mark.parametrize(
    "path",
    [
        "/ocpi",
        "/ocpi/",
        "/ocpi/nothing",
        "/ocpi/9.9",
        "/ocpi/2.2.1/sender/",
        "/ocpi/2.2.1/sender/unicorns",
        "/ocpi/2.2.1/sender/locations/NO-SUCH",
        "/ocpi/2.2.1/sender/locations/%FF%FE",
        "/ocpi/2.2.1/sender/locations/%ZZ",
        "/ocpi/2.2.1/sender/locations/a%00b",
        "/ocpi/2.2.1/sender/locations/a%0Ab",
        "/ocpi/2.2.1/receiver/tariffs/DE/NMD/X",
        "/ocpi/2.2.1/receiver/tariffs/NL/VLT/" + "x" * 3000,
        "/ocpi/2.2.1/receiver/tariffs/%00/VLT/X",
        "/ocpi/2.2.1/receiver/tariffs/\u0130I/VLT/X",
    ],
)
def test_an_unknown_address_or_id_is_a_404_envelope(volta: Connection, path: str) -> None:
    """T22."""
    status, envelope, _ = send("GET", path)
    assert status == 404 and 2000 <= envelope["status_code"] < 3000


def test_a_slash_at_the_end_makes_no_difference(volta: Connection) -> None:
    """T50."""
    for path in ("/ocpi/versions", "/ocpi/2.2.1", "/ocpi/2.2.1/credentials", "/ocpi/2.2.1/sender/cdrs"):
        assert send("GET", path)[0] == send("GET", f"{path}/")[0] == 200


def test_an_id_with_a_slash_is_one_id(volta: Connection) -> None:
    """T75."""
    tariff = {**wire.load("tariff_ac22"), "id": "AC/22 *"}
    assert Caller("Volta").put("/receiver/tariffs/NL/VLT/AC%2F22%20*", tariff).http == 201
    assert Caller("Volta").get("/receiver/tariffs/NL/VLT/AC%2F22%20*").data == tariff


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=abc",
        "limit=1.5",
        "limit=%D9%A1",
        "limit=1_0",
        "offset=-1",
        "offset=x",
        "offset=%00",
        "date_from=yesterday",
        "date_from=2026-02-30T00:00:00Z",
        "date_from=2026-01-01",
        "date_from=1767225600",
        "date_to=2026-01-01T00:00:00+01:00",
        "date_to=%00",
    ],
)
def test_a_query_that_cannot_be_used_is_2001_and_named(volta: Connection, query: str) -> None:
    """T47."""
    status, envelope, _ = send("GET", f"/ocpi/2.2.1/sender/cdrs?{query}")
    assert (status, envelope["status_code"]) == (200, 2001)
    assert query.split("=")[0] in envelope["status_message"] or "%00" in query


@pytest.mark.parametrize(
    "query",
    [
        "limit=99999999999999999999999",
        "offset=99999999999999999999999",
        "date_from=9999-12-31T23:59:59Z",
        "date_from=2026-01-01T00:00:00.123",
        "unknown=1&limit=&date_from=",
        "date_from=2026-06-01T00:00:00Z&date_to=2026-01-01T00:00:00Z",
    ],
)
def test_an_odd_but_usable_query_gives_an_empty_list(volta: Connection, query: str) -> None:
    """T42, T44, T45, T47, T82."""
    status, envelope, response = send("GET", f"/ocpi/2.2.1/sender/cdrs?{query}")
    assert (status, envelope["status_code"], envelope["data"]) == (200, 1000, [])
    assert response["X-Total-Count"] == "0" and response["X-Limit"] == "100" and "Link" not in response


def test_pages_are_crawled_by_their_links_with_every_filter_kept(
    volta: Connection, nomad: Connection, settings: Settings
) -> None:
    """T42, T43, T44."""
    settings.PAGE_LIMIT = 3
    for number in range(5):
        tariff = {**wire.load("tariff_ac22"), "id": f"T{number}", "last_updated": f"2026-05-0{number + 1}T00:00:00Z"}
        assert Caller("Volta").put(f"/receiver/tariffs/NL/VLT/T{number}", tariff).http == 201
    caller = Caller("Nomad")
    first = caller.get("/sender/tariffs", limit=2, date_from="2026-05-02T00:00:00.000Z", x="ü+&")
    assert [tariff["id"] for tariff in first.data] == ["T1", "T2"]
    assert (first.headers["X-Total-Count"], first.headers["X-Limit"]) == ("4", "3")
    link = first.headers["Link"]
    assert link.startswith(f"<{settings.PORTAL_URL}/ocpi/2.2.1/sender/tariffs?") and link.endswith('>; rel="next"')
    assert "date_from=2026-05-02T00%3A00%3A00.000Z" in link and "x=%C3%BC%2B%26" in link
    second = caller.follow(link[1:].split(">")[0])
    assert [tariff["id"] for tariff in second.data] == ["T3", "T4"] and "Link" not in second.headers
    assert caller.get("/sender/tariffs", limit=50).data == [*caller.get("/sender/tariffs").data]
    assert [t["id"] for t in caller.get("/sender/tariffs", date_to="2026-05-02T00:00:00Z").data] == ["T0"]
    assert caller.get("/sender/tariffs", offset=5).data == []


def test_a_body_over_the_limit_is_a_413_envelope(volta: Connection, settings: Settings) -> None:
    """T22."""
    settings.BODY_LIMIT_BYTES = 1000
    status, envelope, _ = send("PUT", TARIFF, b'"' + b"x" * 1000 + b'"')
    assert (status, envelope["status_code"]) == (413, 2001)
    assert Exchange.objects.get().connection == volta


def test_message_ids_are_repeated_or_made_also_on_errors(volta: Connection) -> None:
    """T11, T14."""
    for path in ("/ocpi/versions", "/ocpi/nowhere"):
        _, _, response = send("GET", path, X_Request_ID="r-1", X_Correlation_ID="c-1")
        assert (response["X-Request-ID"], response["X-Correlation-ID"]) == ("r-1", "c-1")
    _, _, response = send("GET", "/ocpi/versions")
    assert len(response["X-Request-ID"]) == len(response["X-Correlation-ID"]) == 36


def test_routing_headers_come_back_swapped_except_from_configuration_modules(volta: Connection) -> None:
    """T100, T101."""
    routing = {
        "OCPI-to-country-code": "NL",
        "OCPI-to-party-id": "RBO",
        "OCPI-from-country-code": "NL",
        "OCPI-from-party-id": "VLT",
    }
    _, _, response = send("GET", "/ocpi/2.2.1/sender/cdrs", b"", JSON, **routing)
    assert (response["OCPI-to-party-id"], response["OCPI-from-party-id"]) == ("VLT", "RBO")
    _, _, response = send("GET", "/ocpi/versions", b"", JSON, **routing)
    assert "OCPI-to-party-id" not in response


def test_a_crash_of_ours_is_a_3000_envelope_and_is_journalled(
    volta: Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """T22, T31."""
    from roaming.tariffs import services

    monkeypatch.setattr(services, "put", lambda **_: 1 / 0)
    status, envelope, _ = send("PUT", TARIFF, json.dumps(wire.load("tariff_ac22"), default=float).encode())
    assert (status, envelope["status_code"]) == (500, 3000)
    assert "division" not in envelope["status_message"] and "ZeroDivisionError" in caplog.text
    assert Exchange.objects.get().http_status == 500


def test_what_the_framework_refuses_by_itself_is_an_envelope_too(volta: Connection, settings: Settings) -> None:
    """T22."""
    settings.ALLOWED_HOSTS = ["elsewhere.example"]
    status, envelope, _ = send("GET", "/ocpi/versions", Host="evil.example")
    assert (status, envelope["status_code"]) == (400, 2000)
    assert envelope["status_message"] == "This platform is not served under the name “evil.example” (header Host)."


def test_the_journal_has_the_request_and_its_answer_without_tokens(volta: Connection) -> None:
    send("PUT", TARIFF, b'{"id": "AC22"}', X_Request_ID="r-9")
    exchange = Exchange.objects.get()
    assert exchange.connection == volta and exchange.direction == "in"
    assert (exchange.method, exchange.url, exchange.http_status, exchange.ocpi_status) == ("PUT", TARIFF, 200, 2001)
    assert exchange.request_body == '{"id": "AC22"}' and "currency" in exchange.response_body
    assert exchange.request_id == "r-9"
    send("GET", "/ocpi/2.2.1/credentials")
    kept = Exchange.objects.first()
    assert kept is not None and cast.token("Volta") not in kept.response_body and "***" in kept.response_body


def test_what_strangers_send_is_not_kept(volta: Connection) -> None:
    Client().post("/ocpi/2.2.1/credentials", b'{"token": "x"}', content_type=JSON)
    exchange = Exchange.objects.get()
    assert (exchange.connection, exchange.http_status, exchange.request_body) == (None, 401, "")


def test_an_inbound_request_costs_one_query_to_know_the_caller_and_one_to_journal(
    volta: Connection, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    send("GET", "/ocpi/versions")
    with django_assert_num_queries(4):  # the two, and the savepoint around the journal
        send("GET", "/ocpi/versions")


def test_a_caller_is_noted_once_a_minute(volta: Connection) -> None:
    send("GET", "/ocpi/versions")
    volta.refresh_from_db()
    first = volta.last_heard_at
    send("GET", "/ocpi/versions")
    volta.refresh_from_db()
    assert first is not None and volta.last_heard_at == first


def test_an_envelope_has_a_code_a_sentence_a_time_and_the_data_itself(nomad: Connection) -> None:
    """T20, T21, T24: a list where one is asked for, else the object, and nothing where nothing is to be said."""
    tariff = wire.load("tariff_ac22")
    stored = Caller("Volta").put("/receiver/tariffs/NL/VLT/AC22", tariff)
    assert (stored.http, stored.status, stored.data) == (201, 1000, None)
    assert Caller("Volta").get("/receiver/tariffs/NL/VLT/AC22").data == tariff
    assert Caller("Nomad").get("/sender/tariffs").data == [tariff]
    _, envelope, _ = send("GET", "/ocpi/versions")
    assert envelope.keys() == {"status_code", "status_message", "timestamp", "data"}
    assert (envelope["status_code"], envelope["status_message"], len(envelope["timestamp"]) <= 25) == (
        1000,
        "Success",
        True,
    )


def test_the_older_version_has_no_message_ids_and_gets_them_all_the_same(nomad: Connection) -> None:
    """T13."""
    assert Caller("Nomad", "2.1.1").get("/sender/tariffs").headers["X-Request-ID"]
