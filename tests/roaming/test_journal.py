"""The traffic journal: what each exchange was about, drivers as masks only, and what is forgotten when."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from partners.connections.models import Connection
from roaming.cdrs.models import Cdr, CdrState
from roaming.exchange import journal, retention, selectors, targets
from roaming.exchange.models import Exchange, Push, PushState
from roaming.exchange.persons import Masks, mask
from roaming.kernel import crypto
from roaming.ocpi.client import OcpiClient, Refused
from tests import cast, wire
from tests.roaming.calls import Caller
from tests.roaming.platform import Platform, Said, platform

CARD, CONTRACT = "04A2B3C4D5E680", "DE-NMD-C00012345-X"
RECEIVER, SENDER = "/ocpi/2.2.1/receiver", "/ocpi/2.2.1/sender"


def note(connection: Connection | None = None, **changes: Any) -> journal.Note:
    told: dict[str, Any] = {
        "connection": connection,
        "direction": "out",
        "method": "GET",
        "url": "http://nomad.invalid/sender/tokens",
        "request_id": "r-1",
        "correlation_id": "c-1",
        "request_body": "",
        "at": cast.NOW,
    }
    return journal.Note(**(told | changes))


# What it was about


@pytest.mark.parametrize(
    ("url", "about"),
    [
        (f"{RECEIVER}/tariffs/NL/VLT/T-DC150", ("tariffs", "receiver", "2.2.1", "T-DC150")),
        (f"http://host{RECEIVER}/locations/NL/VLT/LOC1/E%2F1/2/", ("locations", "receiver", "2.2.1", "LOC1/E/1/2")),
        (f"{SENDER}/locations/LOC1/E1", ("locations", "sender", "2.2.1", "LOC1/E1")),
        (f"{SENDER}/sessions/S1/charging_preferences", ("sessions", "sender", "2.2.1", "S1")),
        (f"{RECEIVER}/commands/START_SESSION", ("commands", "receiver", "2.2.1", "START_SESSION")),
        (f"{SENDER}/cdrs?offset=5&limit=2", ("cdrs", "sender", "2.2.1", "")),
        ("/ocpi/2.1.1/credentials/", ("credentials", "", "2.1.1", "")),
        ("/ocpi/versions", ("versions", "", "", "")),
        ("/ocpi/2.3.0", ("versions", "", "2.3.0", "")),
        ("/ocpi/2.2.1/receiver/nonsense/X", ("", "", "", "")),
        ("/ocpi/2.2.1/tariffs/NL/VLT/T1", ("", "", "", "")),
    ],
)
def test_an_address_of_ours_tells_what_was_meant(url: str, about: tuple[str, ...]) -> None:
    found = targets.of_ours(url)
    assert (found.module, found.role, found.version, found.object_id) == about


def test_an_address_of_theirs_is_told_by_their_endpoints() -> None:
    theirs = Connection(
        version="2.2.1",
        endpoints=[
            {"identifier": "tariffs", "role": "RECEIVER", "url": "https://x.example/a"},
            {"identifier": "tokens", "role": "RECEIVER", "url": "https://x.example/a/cards/"},
        ],
    )
    tariff = targets.of_theirs("https://x.example/a/NL/VLT/T1", theirs)
    assert (tariff.module, tariff.role, tariff.version, tariff.object_id) == ("tariffs", "receiver", "2.2.1", "T1")
    card = targets.of_theirs(f"https://x.example/a/cards/DE/NMD/{CARD}?type=RFID", theirs)
    assert (card.module, card.object_id) == ("tokens", CARD)
    assert targets.of_theirs("https://x.example/alien", theirs) == targets.Target()
    assert targets.of_theirs("https://y.example/result/5", theirs, "commands").module == "commands"
    assert targets.of_theirs("https://x.example/ocpi/versions", None).module == "versions"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('{"tariffs": [{"id": "T1"}], "x": "\\"id\\": {", "id" : "C1"}', "C1"),
        ('[{"id": "C1"}]', ""),
        ('{"id": 5}', ""),
        ('{"cdr": {"id": "C1"', ""),
        ("", ""),
    ],
)
def test_the_id_of_what_is_posted_is_that_of_the_object_itself(body: str, found: str) -> None:
    assert targets.id_in(body) == found


# Drivers


@pytest.mark.parametrize(
    ("module", "body"),
    [
        ("tokens", '{"uid": "%s", "contract_id":"DE-NMD-C00012345-X"}'),
        ("tokens", '{"data": [{"uid" : "%s"}, {"visual_number": "%s"}]}'),
        ("tokens", '{"\\u0075id": "%s", "group_id": ["%s", "%s"]}'),
        ("tokens", '{"UID": "%s"}'),
        ("cdrs", '{"cdr_location": {"evses": [{"uid": "ZP-1"}]}, "cdr_token": {"uid": "%s"}}'),
        ("cdrs", '{"location": {"evses": [{"uid": "ZP-1"}]}, "auth_id": "%s"}'),
        ("locations", '{"publish_allowed_to": [{"uid": "%s"}], "evses": [{"uid": "ZP-1"}]}'),
        ("commands", '{"token": {"uid": "%s'),
        ("commands", '{"raw": "{\\"token\\": {\\"uid\\": \\"%s\\"}}"}'),
        ("commands", "uid=%s&location_id=ZP-1"),
        ("", '{"uid": "%s", oops'),
    ],
)
def test_a_card_is_masked_wherever_it_stands_and_the_same_each_time(module: str, body: str) -> None:
    masks = Masks()
    kept = masks.body(body.replace("%s", CARD), module)
    assert CARD not in kept and CONTRACT not in kept
    assert f"04…80({crypto.marks(CARD.lower())[0]})" in kept
    assert crypto.marks(CARD)[0] in masks.marks
    assert ("ZP-1" in kept) == ("ZP-1" in body)


def test_what_is_no_text_is_masked_too_and_the_rest_stays_json() -> None:
    body = {"uid": 4711471147, "email": "joe@nomad.example", "info": "ask jane.doe@nomad.example", "kwh": 5, "x": None}
    kept = json.loads(Masks().body(json.dumps({**body, "contract_id": 'a"b\\c-12345', "auth_id": ""}), "cdrs"))
    assert kept["uid"].startswith("47…47(") and kept["contract_id"] == mask('a"b\\c-12345')
    assert "nomad.example" not in json.dumps(kept) and kept["info"].startswith("ask ja…le(")
    assert (kept["kwh"], kept["x"], kept["auth_id"]) == (5, None, "")


def test_a_short_one_shows_none_of_its_characters() -> None:
    assert mask("1234567") == f"…({crypto.marks('1234567')[0]})"


def test_uids_of_evses_are_not_masked() -> None:
    body = '{"uid": "ZP-1", "evses": [{"uid": "ZP-2"}]}'
    assert Masks().body(body, "locations") == body


@pytest.mark.django_db
def test_no_driver_is_found_in_the_journal_but_by_who_knows_the_card(volta: Connection, nomad: Connection) -> None:
    token = wire.load("token_nomad")
    callers = Caller("Nomad"), Caller("Volta")
    assert callers[0].put(f"/receiver/tokens/DE/NMD/{CARD}?type=RFID", {**token, "uid": CARD}).status == 1000
    assert callers[0].put(f"/receiver/tokens/DE/NMD/{CARD}", {"uid": CARD, "contract_id": 5}).status == 2001
    assert callers[0].get(f"/receiver/tokens/DE/NMD/{CARD}").status == 1000
    assert callers[0].get(f"/tokens/DE/NMD/{CARD}").http == 404
    assert callers[1].post(f"/sender/tokens/{CARD}/authorize").status == 1000
    with database.cursor() as cursor:
        cursor.execute("SELECT x::text FROM roaming_exchange x")
        kept = " ".join(row for (row,) in cursor.fetchall())
    assert CARD not in kept and str(token["contract_id"]) not in kept
    assert selectors.about(CARD.lower()).count() == Exchange.objects.count() == 6  # Nomad was asked, too
    assert 2 <= selectors.about(str(token["contract_id"])).count() < 6
    assert selectors.about("04A2B3C4D5E681").count() == 0
    assert selectors.about(mask(CARD)).count() == 6
    assert Exchange.objects.filter(object_id=mask(CARD), module="tokens").count() == 5


# Rows


@pytest.mark.django_db
def test_what_comes_in_is_kept_with_what_it_was_about(volta: Connection) -> None:
    Caller("Volta").put("/receiver/tariffs/NL/VLT/AC22", {"id": "AC22"})
    Caller("Volta").post("/receiver/cdrs", {"party_id": "VLT", "id": "C-1"})
    posted, put = Exchange.objects.all()
    assert (put.module, put.role, put.version, put.object_id) == ("tariffs", "receiver", "2.2.1", "AC22")
    assert (posted.module, posted.object_id, posted.ended) == ("cdrs", "C-1", "refused")
    assert posted.error and posted.error in posted.response_body
    assert set(selectors.about("c-1")) == {posted} == set(selectors.about(posted.request_id))


@pytest.fixture
def theirs() -> Iterator[Platform]:
    with platform("EMSP DE*NMD") as running:
        yield running


@pytest.mark.django_db
def test_what_goes_out_is_kept_with_what_it_was_about(theirs: Platform) -> None:
    nomad = cast.nomad(url=theirs.url)
    theirs.answering = lambda asked: Said(message=f"No such card: {CARD}", http=404, status=2004)
    with pytest.raises(Refused, match=CARD):
        OcpiClient(nomad, cast.NOW).get(f"{theirs.url}/receiver/tokens/DE/NMD/{CARD}?type=RFID")
    row = Exchange.objects.get()
    assert (row.module, row.role, row.version, row.object_id) == ("tokens", "receiver", "2.2.1", mask(CARD))
    assert CARD not in row.error + row.response_body + row.url and mask(CARD) in row.error
    assert row.original == f"{theirs.url}/receiver/tokens/DE/NMD/{CARD}?type=RFID"


@pytest.mark.django_db
def test_many_are_written_by_one_statement_in_their_order(
    volta: Connection, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    pairs = [(note(volta, request_id=f"r-{n}"), journal.Outcome(0.001 * n, 200, 1000)) for n in range(5)]
    with django_assert_num_queries(3):  # it, and the savepoint around it
        rows = journal.write_all(iter(pairs))
    assert [row.request_id for row in rows] == [f"r-{n}" for n in range(5)]
    assert list(Exchange.objects.order_by("id")) == rows and rows[4].duration_ms == 4
    assert journal.write_all([]) == []


@pytest.mark.django_db
def test_a_journal_that_cannot_be_written_is_logged_and_breaks_nothing(
    volta: Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(journal, "_INSERT", "INSERT INTO nowhere VALUES ")
    with transaction.atomic():
        assert journal.write(note(volta), journal.Outcome(0.1)) is None
        assert Caller("Volta").get("/receiver/tariffs/NL/VLT/T1").http == 404
    assert "GET http://nomad.invalid/sender/tokens could not be journalled" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_is_one_statement_and_only_that_one_does_not_wait_for_the_disk(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with database.cursor() as cursor:
        cursor.execute("SET synchronous_commit = 'on'")  # servers for tests may not wait at all
    with django_assert_num_queries(1) as asked:
        row = journal.write(note(), journal.Outcome(0.1))
    assert row is not None and Exchange.objects.get() == row
    assert "synchronous_commit" in asked[0]["sql"]
    with database.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)
        cursor.execute("RESET synchronous_commit")


@pytest.mark.django_db
def test_only_what_was_refused_is_kept_as_it_came_and_encrypted(volta: Connection) -> None:
    tariff = wire.load("tariff_ac22")
    caller = Caller("Volta", OCPI_from_party_id="VLT", OCPI_from_country_code="NL")
    assert caller.put("/receiver/tariffs/NL/VLT/AC22?x=1", tariff).status == 1000
    assert caller.put("/receiver/tariffs/NL/VLT/AC22?x=1", {**tariff, "currency": "XEU!"}).status == 2001
    Caller("Volta").put("/receiver/tariffs/NL/VLT/AC22", {"id": "x" * journal.BODY_LIMIT_BYTES})
    Caller("Volta").get("/receiver/tariffs/NL/VLT/NONE")
    Caller("Volta").put("/credentials", {"token": "x"})
    rows = list(Exchange.objects.order_by("id"))
    assert [bool(row.original) for row in rows] == [False, True, False, False, False]
    kept = json.loads(rows[1].original)
    assert (kept["url"], kept["type"]) == (f"{RECEIVER}/tariffs/NL/VLT/AC22?x=1", "application/json")
    assert {name.lower() for name in kept["routing"]} == {"ocpi-from-party-id", "ocpi-from-country-code"}
    assert json.loads(kept["body"])["currency"] == "XEU!"
    with database.cursor() as cursor:
        cursor.execute("SELECT original FROM roaming_exchange WHERE id = %s", [rows[1].pk])
        assert "AC22" not in str(cursor.fetchone())


# What is forgotten


@pytest.mark.django_db
def test_bodies_are_forgotten_before_rows_and_evidence_is_not(volta: Connection, nomad: Connection) -> None:
    push = Push.objects.create(
        connection=nomad, module="tariffs", kind="tariff", method="PUT", state=PushState.DEAD, correlation_id="c",
        next_attempt_at=cast.NOW, created_at=cast.NOW,
    )  # fmt: skip
    outcome = journal.Outcome(0.1, response_body="{}")
    rows = [
        journal.write(note(nomad, push=push), outcome),
        journal.write(note(nomad), outcome),
        journal.write(note(nomad, at=cast.NOW + timedelta(days=1)), outcome),
    ]
    before = cast.NOW + timedelta(hours=1)
    assert retention.forget_bodies(before=before) == 1
    bodies = Exchange.objects.order_by("id").values_list("response_body", flat=True)
    assert list(bodies) == ["{}", "", "{}"]
    assert (retention.forget_bodies(before=before), retention.forget(before=before)) == (0, 1)
    assert list(Exchange.objects.order_by("id")) == [rows[0], rows[2]]
    Push.objects.update(state=PushState.DELIVERED)
    assert retention.forget(before=before) == 1


@pytest.mark.django_db
def test_how_a_held_cdr_came_is_kept_until_it_is_decided(volta: Connection, nomad: Connection) -> None:
    cdr = wire.load("cdr_ac22")
    assert Caller("Volta").post("/receiver/cdrs", cdr).status == 1000
    later = Exchange.objects.get().at + timedelta(days=1)
    Cdr.objects.update(state=CdrState.HELD)
    assert retention.forget(before=later) == 0
    Cdr.objects.update(state=CdrState.RECEIVED)
    assert retention.forget(before=later) == 1
