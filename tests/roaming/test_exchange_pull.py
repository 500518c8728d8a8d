"""Lists fetched from a real platform, page by page: good objects stored, broken ones found, foreign ones ignored."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DataError

from partners.connections.models import Connection
from roaming.cdrs.models import Cdr
from roaming.exchange import pull as pulling
from roaming.exchange.models import Exchange, Pull, PullState
from roaming.findings.models import Finding
from roaming.locations.models import Location
from roaming.tariffs import services as tariffs
from roaming.tariffs.models import Tariff
from roaming.tokens.models import Token
from tests import cast, wire
from tests.roaming.conforming import conforming, registered
from tests.roaming.platform import Asked, Platform, Said, platform

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
    """T48, T108."""
    theirs.lists["tariffs"] = [tariff(number) for number in range(5)]
    counts = pulling.pull(connection=polder, at=AT)
    assert counts["tariffs"] == pulling.Counts(new=5)
    assert list(counts) == ["tariffs", "locations", "sessions", "cdrs"]  # tokens belong to eMSPs
    assert Tariff.objects.count() == 5
    asked = [asked for asked in theirs.asked if asked.path == "/sender/tariffs"]
    assert [asked.query.get("offset") for asked in asked] == [None, "2", "4"]
    assert all("date_from" not in asked.query for asked in asked)
    assert next(a for a in theirs.asked if a.path == "/sender/cdrs").query["date_from"] == "2010-01-01T00:00:00Z"
    assert asked[0].headers["ocpi-to-party-id"] == "PLD" and asked[0].headers["ocpi-from-party-id"] == "VGO"
    reading = Pull.objects.get(module="tariffs")
    assert (reading.state, reading.started_at, reading.pages, reading.total) == (PullState.FINISHED, AT, 3, 5)


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
    """T25."""
    theirs.lists["tariffs"] = [tariff(1, currency="euro"), "nonsense", tariff(2), None, {"id": ["x"]}]
    counts = pulling.pull(connection=polder, modules=["tariffs"], at=AT)
    assert counts == {"tariffs": pulling.Counts(new=1, broken=4)}
    finding = Finding.objects.get(subject="tariffs T1")
    assert finding.connection == polder and "currency" in finding.sentence
    pulling.pull(connection=polder, modules=["tariffs"], at=AT)
    assert Finding.objects.count() == 4


def test_a_platform_of_several_parties_is_told_who_asks(theirs: Platform) -> None:
    """T100, T107: it is asked for all it has, so nobody of it is addressed."""
    cast.volta()
    both = cast.connection("Delta", "CPO NL*PLD", "CPO NL*DLT", url=theirs.url)
    pulling.pull(connection=both, modules=["tariffs"], at=AT)
    headers = theirs.asked[0].headers
    assert headers["ocpi-from-party-id"] == "VGO" and "ocpi-to-party-id" not in headers


def test_once_a_day_sessions_and_cdrs_are_read_a_week_back_for_what_came_late(
    polder: Connection, theirs: Platform
) -> None:
    """T41, T106: who held a CDR does not change its last_updated."""
    pulling.pull(connection=polder, at=AT - timedelta(hours=30))
    theirs.asked.clear()
    pulling.pull(connection=polder, at=AT)
    asked = {one.path: one.query.get("date_from") for one in theirs.asked}
    assert asked["/sender/cdrs"] == asked["/sender/sessions"] == "2026-11-13T09:42:00Z"
    assert asked["/sender/tariffs"] is None


def test_an_odd_object_does_not_cost_the_ones_behind_it(
    polder: Connection, theirs: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T25: also where the fault is ours, and it is a finding then."""
    put = tariffs.put

    def sometimes(**of: Any) -> Any:
        if of["tariff_id"] in {"T1", "T2"}:
            raise {"T1": OverflowError, "T2": DataError}[of["tariff_id"]]("it is too long")
        return put(**of)

    monkeypatch.setattr(tariffs, "put", sometimes)
    theirs.lists["tariffs"] = [tariff(1), tariff(2), tariff(3)]
    counts = pulling.pull(connection=polder, modules=["tariffs"], at=AT)
    assert counts == {"tariffs": pulling.Counts(new=1, broken=2)}
    assert [finding.subject for finding in Finding.objects.order_by("id")] == ["tariffs T1", "tariffs T2"]
    assert "it is too long" in Finding.objects.order_by("id")[0].sentence


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_session_at_the_end_of_the_calendar_is_stored_like_any_other(
    at: str, polder: Connection, theirs: Platform
) -> None:
    """T82."""
    cast.agreement("NL*PLD", "NL*VGO")
    session = {**wire.load("session_running"), "party_id": "PLD"}
    token = {**session["cdr_token"], "country_code": "NL", "party_id": "VGO"}
    odd = {**session, "id": "ODD", "start_date_time": at, "cdr_token": token}
    theirs.lists["sessions"] = [odd, session]
    counts = pulling.pull(connection=polder, modules=["sessions"], at=AT)
    assert counts == {"sessions": pulling.Counts(new=2)}


def test_objects_of_parties_they_do_not_host_are_ignored(polder: Connection, theirs: Platform) -> None:
    """T74."""
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


def test_one_list_that_fails_does_not_stop_the_others_and_is_alone_read_from_its_old_moment(
    polder: Connection, theirs: Platform
) -> None:
    theirs.lists["locations"] = [{**wire.load("location_zuidplein"), "party_id": "PLD"}]
    theirs.answering = lambda asked: Said(http=500) if asked.path == "/sender/tariffs" else None
    counts = pulling.pull(connection=polder, at=AT)
    assert "HTTP 500" in counts["tariffs"].error and counts["locations"].new == 1
    theirs.answering = lambda asked: None
    theirs.asked.clear()
    pulling.pull(connection=polder, at=AT + timedelta(hours=2))
    asked = {one.path: one.query.get("date_from") for one in theirs.asked}
    assert (asked["/sender/tariffs"], asked["/sender/locations"]) == (None, "2026-11-20T08:42:00Z")


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
    assert polder.paused_until is not None and polder.paused_until - AT >= timedelta(seconds=60)
    states = {row.module: row.state for row in Pull.objects.all()}
    assert set(states.values()) == {PullState.WAITING} and len(states) == 4


DAY = timedelta(days=1, hours=6)


def again(connection: Connection, at: datetime, **options: Any) -> dict[str, pulling.Counts]:
    """Pull as the hourly task does: with what the last pull left."""
    connection.refresh_from_db()
    return pulling.pull(connection=connection, at=at, **options)


def test_whole_lists_are_read_once_a_day_give_or_take_a_fifth(polder: Connection, theirs: Platform) -> None:
    """T49."""
    for hours, dated in ((0, False), (1, True), (19, True), (29, False)):
        theirs.asked.clear()
        again(polder, AT + timedelta(hours=hours))
        asked = {asked.path: asked.query for asked in theirs.asked}
        assert ("date_from" in asked["/sender/tariffs"]) is dated, hours
        assert "date_from" in asked["/sender/cdrs"] and "date_from" in asked["/sender/sessions"]


def test_a_tariff_that_is_no_longer_listed_is_deleted_and_told(polder: Connection, theirs: Platform) -> None:
    """T49, R1."""
    theirs.lists["tariffs"] = [tariff(number) for number in range(3)]
    again(polder, AT)
    del theirs.lists["tariffs"][1]
    assert again(polder, AT + DAY)["tariffs"] == pulling.Counts(known=2, gone=1)
    assert [row.ocpi_id for row in Tariff.objects.filter(deleted_at=AT + DAY)] == ["T1"]
    finding = Finding.objects.get()
    assert (finding.code, finding.connection, finding.subject) == ("no_longer_listed", polder, "tariffs NL*PLD")
    assert finding.sentence == (
        "Polder Laden no longer lists 1 of the tariffs of NL*PLD that we hold: T1. They count as deleted."
    )
    assert again(polder, AT + 2 * DAY)["tariffs"] == pulling.Counts(known=2)


def test_a_tariff_list_that_lost_most_of_them_deletes_nothing(polder: Connection, theirs: Platform) -> None:
    theirs.lists["tariffs"] = [tariff(number) for number in range(3)]
    again(polder, AT)
    theirs.lists["tariffs"] = []
    for days in (1, 2):
        assert again(polder, AT + days * DAY)["tariffs"] == pulling.Counts(gone=3)
    assert Tariff.objects.filter(deleted_at=None).count() == 3
    assert "nothing was deleted" in Finding.objects.get().sentence


def test_a_location_or_token_that_is_no_longer_listed_stays_and_is_told(db: None) -> None:
    """T49, L1, K2."""
    with platform("CPO DE*NMD", "EMSP DE*NMD") as theirs:
        nomad = cast.connection("Nomad", "CPO DE*NMD", "EMSP DE*NMD", url=theirs.url)
        theirs.lists["tokens"] = [wire.load("token_nomad"), wire.load("token_nomad_app")]
        theirs.lists["locations"] = [{**wire.load("location_zuidplein"), "country_code": "DE", "party_id": "NMD"}]
        again(nomad, AT)
        before = [(row.ocpi_id, row.body) for model in (Token, Location) for row in model._default_manager.all()]
        theirs.lists |= {"tokens": [wire.load("token_nomad")], "locations": []}
        counts = again(nomad, AT + DAY)
    assert (counts["tokens"].gone, counts["locations"].gone) == (1, 1)
    after = [(row.ocpi_id, row.body) for model in (Token, Location) for row in model._default_manager.all()]
    assert after == before
    assert {finding.subject for finding in Finding.objects.all()} == {"tokens DE*NMD", "locations DE*NMD"}


def test_a_listed_object_that_broke_is_not_gone(polder: Connection, theirs: Platform) -> None:
    theirs.lists["tariffs"] = [tariff(1), tariff(2)]
    again(polder, AT)
    theirs.lists["tariffs"] = [tariff(1), tariff(2, currency="euro")]
    assert again(polder, AT + DAY)["tariffs"] == pulling.Counts(known=1, broken=1)


def test_an_object_pushed_while_the_list_is_read_is_not_gone(polder: Connection, theirs: Platform) -> None:
    theirs.lists["tariffs"] = [tariff(1), tariff(2)]
    again(polder, AT + DAY)
    theirs.lists["tariffs"] = [tariff(1)]
    assert again(polder, AT, full=True)["tariffs"].gone == 0  # T2 came after this reading began


def test_nothing_is_gone_when_the_list_could_not_be_read_to_its_end(polder: Connection, theirs: Platform) -> None:
    theirs.lists["tariffs"] = [tariff(number) for number in range(4)]
    again(polder, AT)
    theirs.answering = lambda asked: Said(http=500) if asked.query.get("offset") == "2" else None
    counts = again(polder, AT + DAY)["tariffs"]
    assert counts.error and counts.gone == 0


def test_when_the_count_sinks_under_a_crawl_nothing_is_missed(polder: Connection, theirs: Platform) -> None:
    """T48."""
    theirs.lists["tariffs"] = [tariff(number) for number in range(7)]

    def shrinking(asked: Asked) -> None:
        if asked.query.get("offset") == "4":
            theirs.lists["tariffs"] = [tariff(number) for number in range(1, 7)]

    theirs.answering = shrinking
    again(polder, AT)
    assert set(Tariff.objects.values_list("ocpi_id", flat=True)) == {f"T{number}" for number in range(7)}


@pytest.mark.parametrize("without", [["Link"], ["Link", "X-Total-Count"]])
def test_a_list_without_links_is_read_by_offset(polder: Connection, theirs: Platform, without: list[str]) -> None:
    polder.quirks = {"no_link_header": True}
    polder.save()
    theirs.lists["tariffs"] = [tariff(number) for number in range(5)]
    theirs.answering = lambda asked: _without(theirs, asked, without)
    assert again(polder, AT, modules=["tariffs"])["tariffs"] == pulling.Counts(new=5)


def _without(theirs: Platform, asked: Asked, names: list[str]) -> Said:
    said = theirs._usual(asked)
    said.headers = {name: value for name, value in said.headers.items() if name not in names}
    return said


def test_a_list_that_gives_no_link_and_ignores_offset_is_an_error(polder: Connection, theirs: Platform) -> None:
    theirs.answering = lambda asked: Said([tariff(1), tariff(2)], headers={"X-Total-Count": "9"})
    assert "ignores offset" in again(polder, AT, modules=["tariffs"])["tariffs"].error


def test_a_partner_that_ignores_date_from_is_filtered_here(polder: Connection, theirs: Platform) -> None:
    """T41."""
    again(polder, AT)
    polder.quirks = {"ignores_date_from": True}
    polder.save()
    old = tariff(1, last_updated="2026-11-01T00:00:00Z")
    theirs.lists["tariffs"] = [old, tariff(2, last_updated="2026-11-20T09:00:00Z")]
    assert again(polder, AT + timedelta(hours=1))["tariffs"] == pulling.Counts(new=1, older=1)
    assert Tariff.objects.get().ocpi_id == "T2"


def test_pulls_overlap_by_as_much_as_the_clocks_differ(polder: Connection, theirs: Platform) -> None:
    again(polder, AT)
    theirs.asked.clear()
    polder.quirks = {"clock_skew_seconds": -600}
    polder.save()
    again(polder, AT + timedelta(hours=1))
    assert theirs.asked[0].query["date_from"] == "2026-11-20T08:32:00Z"


def test_a_hub_is_asked_for_all_that_its_parties_have(db: None) -> None:
    """T105."""
    with platform("HUB NL*HUB") as theirs:
        hubert = cast.connection("Hubert", "HUB NL*HUB", "CPO NL*PLD", "CPO NL*PL2", url=theirs.url)
        again(hubert, AT, modules=["tariffs"])
    assert theirs.asked[0].headers["ocpi-to-party-id"] == "HUB"


def test_a_hub_that_its_credentials_name_is_asked_for_all_too(polder: Connection, theirs: Platform) -> None:
    """T105, T107."""
    polder.hub_party_id = "NLHUB"
    polder.save()
    theirs.lists["tariffs"] = [tariff(1)]
    assert again(polder, AT, modules=["tariffs"])["tariffs"] == pulling.Counts(new=1)
    assert theirs.asked[0].headers["ocpi-to-party-id"] == "HUB"


def test_in_2_1_1_objects_belong_to_the_single_party_of_the_platform(db: None) -> None:
    cast.volta()
    with conforming("2.1.1") as theirs:
        polder = registered(theirs)
        counts = pulling.pull(connection=polder, modules=["tariffs", "locations"], at=AT)
    assert counts == {"tariffs": pulling.Counts(new=5), "locations": pulling.Counts(new=3)}
    assert {row.party.code for model in (Tariff, Location) for row in model._default_manager.all()} == {"NL*PLD"}
    assert {asked.headers["authorization"] for asked in theirs.asked} == {"Token polder-gave-us-this"}
