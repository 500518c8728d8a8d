"""Lists fetched from a real platform, page by page: good objects stored, broken ones found, foreign ones ignored."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from partners.connections.models import Connection
from roaming.cdrs.models import Cdr
from roaming.exchange import pull as pulling
from roaming.exchange.models import Exchange
from roaming.findings.models import Finding
from roaming.locations.models import Location
from roaming.tariffs.models import Tariff
from roaming.tokens.models import Token
from tests import cast, wire
from tests.roaming.platform import Platform, Said, platform

AT = cast.NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs() -> Iterator[Platform]:
    with platform("CPO NL*PLD") as running_platform:
        yield running_platform


@pytest.fixture
def polder(theirs: Platform) -> Connection:
    cast.volta()
    return cast.polder(url=theirs.url)


def tariff(number: int, **changes: Any) -> dict[str, Any]:
    return {**wire.load("tariff_kaal"), "country_code": "NL", "party_id": "PLD", "id": f"T{number}", **changes}


def test_every_page_is_followed_and_every_object_stored(polder: Connection, theirs: Platform) -> None:
    theirs.lists["tariffs"] = [tariff(number) for number in range(5)]
    counts = pulling.pull(connection=polder, at=AT)
    assert counts["tariffs"] == pulling.Counts(new=5)
    assert list(counts) == ["tariffs", "locations", "sessions", "cdrs"]  # tokens belong to eMSPs
    assert Tariff.objects.count() == 5
    asked = [asked for asked in theirs.asked if asked.path == "/sender/tariffs"]
    assert [asked.query.get("offset") for asked in asked] == [None, "2", "4"]
    assert {asked.query["date_from"] for asked in asked} == {"2010-01-01T00:00:00Z"}
    assert asked[0].headers["ocpi-to-party-id"] == "PLD" and asked[0].headers["ocpi-from-party-id"] == "VGO"
    polder.refresh_from_db()
    assert polder.last_pulled_at == AT


def test_the_next_pull_asks_for_what_changed_since_and_stores_nothing_twice(
    polder: Connection, theirs: Platform
) -> None:
    theirs.lists["tariffs"] = [tariff(1)]
    pulling.pull(connection=polder, at=AT)
    polder.refresh_from_db()
    counts = pulling.pull(connection=polder, at=AT + timedelta(hours=3))
    assert theirs.asked[-1].query["date_from"] == "2026-11-20T08:42:00Z"
    assert counts["tariffs"] == pulling.Counts(known=1)


def test_broken_objects_become_findings_once_and_the_good_ones_are_stored(polder: Connection, theirs: Platform) -> None:
    theirs.lists["tariffs"] = [tariff(1, currency="euro"), "nonsense", tariff(2), None, {"id": ["x"]}]
    counts = pulling.pull(connection=polder, modules=["tariffs"], at=AT)
    assert counts == {"tariffs": pulling.Counts(new=1, broken=4)}
    finding = Finding.objects.get(subject="tariffs T1")
    assert finding.connection == polder and "currency" in finding.sentence
    pulling.pull(connection=polder, modules=["tariffs"], at=AT)
    assert Finding.objects.count() == 4


def test_objects_of_parties_they_do_not_host_are_ignored(polder: Connection, theirs: Platform) -> None:
    theirs.lists["tariffs"] = [tariff(1, party_id="VLT"), tariff(2, party_id="pld")]
    counts = pulling.pull(connection=polder, modules=["tariffs"], at=AT)
    assert counts == {"tariffs": pulling.Counts(new=1, ignored=1)}
    assert Tariff.objects.get().party.code == "NL*PLD"


def test_locations_sessions_and_cdrs_come_with_their_bytes(polder: Connection, theirs: Platform) -> None:
    location = {**wire.load("location_zuidplein"), "party_id": "PLD"}
    cdr = wire.load("cdr_polder")
    theirs.lists |= {"locations": [location], "cdrs": [cdr, cdr]}
    counts = pulling.pull(connection=polder, at=AT)
    assert not any(count.error for count in counts.values())
    assert counts["locations"].new == 1 and Location.objects.count() == 1
    assert (counts["cdrs"].new, counts["cdrs"].known) == (1, 1)
    stored = Cdr.objects.get()
    assert stored.via == "pull" and stored.connection == polder
    assert json.loads(bytes(stored.raw)) == json.loads(json.dumps(cdr, default=float))


def test_a_cdr_with_other_content_is_counted_and_found(polder: Connection, theirs: Platform) -> None:
    cdr = wire.load("cdr_polder")
    theirs.lists["cdrs"] = [cdr, {**cdr, "total_energy": 99}]
    counts = pulling.pull(connection=polder, modules=["cdrs"], at=AT)
    assert (counts["cdrs"].new, counts["cdrs"].broken) == (1, 1)
    assert Cdr.objects.count() == Finding.objects.count() == 1


def test_tokens_are_pulled_from_an_emsp(db: None) -> None:
    with platform("EMSP DE*NMD") as theirs:
        nomad = cast.nomad(url=theirs.url)
        theirs.lists["tokens"] = [wire.load("token_nomad"), wire.load("token_nomad_app")]
        counts = pulling.pull(connection=nomad, at=AT)
    assert counts == {"tokens": pulling.Counts(new=2)} and Token.objects.count() == 2


def test_one_list_that_fails_does_not_stop_the_others_and_the_window_stays(
    polder: Connection, theirs: Platform
) -> None:
    theirs.lists["locations"] = [{**wire.load("location_zuidplein"), "party_id": "PLD"}]
    theirs.answering = lambda asked: Said(http=500) if asked.path == "/sender/tariffs" else None
    counts = pulling.pull(connection=polder, at=AT)
    assert "HTTP 500" in counts["tariffs"].error and counts["locations"].new == 1
    polder.refresh_from_db()
    assert polder.last_pulled_at is None


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Said([], headers={"Link": '<http://elsewhere.example/sender/tariffs?offset=2>; rel="next"'}), "elsewhere"),
        (Said([], headers={"Link": "<?offset=0&limit=2>; rel=next"}), "never ends"),
        (Said({"id": "not a list"}), "not a list"),
        (Said(status=2001, message="no date_from"), "no date_from"),
    ],
)
def test_a_list_that_misleads_is_an_error(polder: Connection, theirs: Platform, said: Said, why: str) -> None:
    theirs.answering = lambda asked: said
    counts = pulling.pull(connection=polder, modules=["tariffs"], at=AT)
    assert why in counts["tariffs"].error


def test_the_command_tells_counts_and_fails_when_a_list_failed(polder: Connection, theirs: Platform) -> None:
    theirs.lists["tariffs"] = [tariff(1)]
    out = StringIO()
    call_command("pull", "Polder laden", stdout=out)
    assert "Polder Laden, tariffs: 1 new, 0 known, 0 of others, 0 broken" in out.getvalue()
    out = StringIO()
    call_command("pull", "Polder laden", module=["tariffs"], json=True, stdout=out)
    assert json.loads(out.getvalue())["Polder Laden"]["tariffs"]["known"] == 1
    theirs.down()
    with pytest.raises(CommandError, match="cannot be reached"):
        call_command("pull", "Polder laden", stdout=StringIO())
    with pytest.raises(CommandError, match="no connection"):
        call_command("pull", "Nobody")
    with pytest.raises(CommandError, match=r"write a day or time like .+, not “yesterday”"):
        call_command("pull", "--since=yesterday")
    with pytest.raises(CommandError, match="not registered"):
        call_command("pull", "Volta")


def test_every_page_is_in_the_journal(polder: Connection, theirs: Platform) -> None:
    theirs.lists["tariffs"] = [tariff(number) for number in range(3)]
    pulling.pull(connection=polder, modules=["tariffs"], at=AT)
    rows = Exchange.objects.filter(connection=polder, direction="out", method="GET")
    assert [row.http_status for row in rows] == [200, 200] and "T0" in rows[1].response_body


def test_a_platform_that_asks_to_be_left_alone_is_asked_for_no_further_list(
    polder: Connection, theirs: Platform
) -> None:
    theirs.answering = lambda asked: Said(http=429, raw=b"", headers={"Retry-After": "60"})
    counts = pulling.pull(connection=polder, at=AT)
    assert list(counts) == ["tariffs"] and "429" in counts["tariffs"].error
    assert len(theirs.asked) == 1
    polder.refresh_from_db()
    assert (polder.paused_until, polder.last_pulled_at) == (AT + timedelta(seconds=60), None)
