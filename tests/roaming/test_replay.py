"""An exchange once more: pushes as their object is now, questions as they were, and what we refused as it came."""

from collections.abc import Iterator
from typing import Any

import pytest

from partners.connections.models import Connection, ConnectionState
from partners.people.models import User
from roaming.exchange import delivery, replay
from roaming.exchange.models import Exchange, Push, PushState, Replay
from roaming.ocpi.client import OcpiClient
from roaming.tariffs import services as tariffs
from roaming.tariffs.models import Tariff
from tests import cast, wire
from tests.roaming.calls import Caller
from tests.roaming.platform import Platform, Said, platform

AT = cast.NOW
PATH = "/receiver/tariffs/NL/VLT/A%2FC22"

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs() -> Iterator[Platform]:
    with platform("EMSP DE*NMD") as running:
        yield running


@pytest.fixture
def nomad(volta: Connection, theirs: Platform) -> Connection:
    """Nomad is up, and is told of Volta's tariffs."""
    connection = cast.nomad(url=theirs.url)
    cast.agreement("NL*VLT", "DE*NMD")
    return connection


@pytest.fixture
def ben(db: None) -> User:
    return cast.person("Ben")


def again(exchange: Exchange, by: User) -> Exchange | Push:
    return replay.replay(exchange=exchange, by=by, note="They asked us to.", at=AT)


def refuse(exchange: Exchange, by: User, why: str) -> None:
    """It is not repeated, and nothing is kept of the wish."""
    with pytest.raises(replay.CannotReplay, match=why):
        again(exchange, by)
    assert not Replay.objects.exists()


def newest() -> Exchange:
    return Exchange.objects.latest("id")


# What we refused


@pytest.fixture
def refused(volta: Connection, monkeypatch: pytest.MonkeyPatch) -> Exchange:
    """A tariff that a fault of ours kept out; the fault is gone now."""
    tariff = {**wire.load("tariff_ac22"), "id": "A/C22"}
    with monkeypatch.context() as broken:
        broken.setattr(tariffs, "put", lambda **_: 1 / 0)
        assert Caller("Volta", OCPI_from_party_id="VLT", OCPI_from_country_code="NL").put(PATH, tariff).status == 3000
    return newest()


def test_what_we_refused_is_received_again_as_it_came(refused: Exchange, ben: User) -> None:
    written = again(refused, ben)
    assert isinstance(written, Exchange) and written == newest()
    assert Tariff.objects.get().ocpi_id == "A/C22"
    assert (written.http_status, written.replay_of, written.connection) == (201, refused, refused.connection)
    assert (written.correlation_id, written.url) == (refused.correlation_id, refused.url)
    kept = Replay.objects.get()
    assert (kept.exchange, kept.by, kept.note, kept.at) == (refused, ben, "They asked us to.", AT)


def test_what_is_refused_once_more_says_why(volta: Connection, ben: User) -> None:
    Caller("Volta").put(PATH, {**wire.load("tariff_ac22"), "id": "A/C22", "currency": "XEU!"})
    written = again(newest(), ben)
    assert isinstance(written, Exchange)
    assert written.ended == "refused" and "currency" in written.error and not Tariff.objects.exists()
    assert written.original  # so that it may be tried a third time


def test_what_somebody_waited_for_is_not_received_again(volta: Connection, nomad: Connection, ben: User) -> None:
    refuse(_posted("Nomad", "/receiver/commands/START_SESSION"), ben, "waited for the answer")
    refuse(_posted("Volta", "/sender/tokens/4711/authorize"), ben, "waited for the answer")
    refuse(_posted("Volta", "/credentials"), ben, "Registration is never repeated")


def _posted(name: str, path: str) -> Exchange:
    assert Caller(name).post(path, {"id": 5}).status >= 2000
    return newest()


def test_what_went_well_or_came_from_who_left_is_not_received_again(refused: Exchange, ben: User) -> None:
    well = again(refused, ben)
    assert isinstance(well, Exchange)
    Replay.objects.all().delete()
    refuse(well, ben, "It went well")
    Connection.objects.update(state=ConnectionState.SUSPENDED)
    refuse(Exchange.objects.get(pk=refused.pk), ben, "suspended")
    Exchange.objects.update(original="")
    refuse(Exchange.objects.get(pk=refused.pk), ben, "not kept as it came")


# Questions


def asked(connection: Connection, url: str) -> Exchange:
    OcpiClient(connection, AT).get(url, correlation_id="c-1")
    return newest()


def test_a_question_is_asked_again_and_the_new_answer_kept(nomad: Connection, theirs: Platform, ben: User) -> None:
    first = asked(nomad, f"{theirs.url}/sender/tokens?limit=5")
    theirs.answering = lambda asked: Said(http=503, status=3000, message="Not today.")
    written = again(first, ben)
    assert isinstance(written, Exchange)
    assert (written.replay_of, written.http_status, written.correlation_id) == (first, 503, "c-1")
    told = theirs.asked[-1]
    assert (told.path, told.query, told.headers["ocpi-to-party-id"]) == ("/sender/tokens", {"limit": "5"}, "NMD")
    assert told.headers["ocpi-from-party-id"] == "VLT"


def test_a_question_about_a_card_is_asked_with_the_card(nomad: Connection, theirs: Platform, ben: User) -> None:
    first = asked(nomad, f"{theirs.url}/sender/tokens/04A2B3C4D5E680")
    assert "04A2B3C4D5E680" not in first.url
    again(first, ben)
    assert theirs.paths("GET") == ["/sender/tokens/04A2B3C4D5E680"] * 2


def test_our_token_goes_to_no_address_that_is_theirs_no_more(
    nomad: Connection, theirs: Platform, volta: Connection, ben: User
) -> None:
    first = asked(nomad, f"{theirs.url}/sender/tokens?limit=5")
    Connection.objects.filter(pk=nomad.pk).update(endpoints=cast.endpoints("http://new.invalid"))
    refuse(Exchange.objects.get(pk=first.pk), ben, "no such address any more")
    assert len(theirs.asked) == 1


# Pushes


def change(currency: str, day: int) -> None:
    data = {**wire.load("tariff_ac22"), "currency": currency, "last_updated": f"2026-11-{day:02}T00:00:00Z"}
    tariffs.put(party=cast.party("NL*VLT", "CPO"), tariff_id="AC22", data=data, at=AT)


def currencies(theirs: Platform) -> list[Any]:
    return [asked.body["currency"] for asked in theirs.asked if asked.method == "PUT"]


def test_a_push_is_repeated_as_its_object_is_now(nomad: Connection, theirs: Platform, ben: User) -> None:
    change("EUR", 1)
    delivery.deliver_due(nomad.pk, AT)
    first = newest()
    change("SEK", 2)
    refuse(first, ben, "waits to be sent already")
    delivery.deliver_due(nomad.pk, AT)
    push = again(first, ben)
    assert isinstance(push, Push) and push.state == PushState.WAITING
    assert Replay.objects.get().push == push
    delivery.deliver_due(nomad.pk, AT)
    assert currencies(theirs) == ["EUR", "SEK", "SEK"]
    assert (newest().push, newest().replay_of) == (push, first)


def test_a_dead_push_is_retried(nomad: Connection, theirs: Platform, ben: User) -> None:
    change("EUR", 1)
    theirs.answering = lambda asked: Said(status=2001, message="We do not take that.")
    delivery.deliver_due(nomad.pk, AT)
    first = newest()
    assert Push.objects.get().state == PushState.DEAD
    theirs.answering = lambda asked: None
    again(first, ben)
    delivery.deliver_due(nomad.pk, AT)
    assert (Push.objects.get().state, newest().replay_of, newest().ended) == (PushState.DELIVERED, first, "ok")


def test_a_result_is_told_once(nomad: Connection, ben: User) -> None:
    change("EUR", 1)
    delivery.deliver_due(nomad.pk, AT)
    Push.objects.update(url="http://nomad.invalid/result/5")
    refuse(newest(), ben, "told once only")
