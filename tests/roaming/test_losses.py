"""What a partner's version of OCPI cannot say is left out, and the journal tells what that was."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from partners.connections.models import Connection
from partners.people.models import Role
from roaming.exchange import delivery, journal
from roaming.exchange.models import Exchange, Push
from roaming.locations import services as locations
from roaming.ocpi.schema import transforms
from roaming.ocpi.schema.losses import Loss
from roaming.tariffs import services as tariffs
from tests import cast, wire
from tests.roaming.calls import Caller
from tests.roaming.platform import Platform, platform

HELP = {"field": "$.help_phone", "why": "does not exist in OCPI 2.2.1"}
PLUG = {"field": "$.evses[0].connectors[0]", "why": "is of type MCS, which does not exist in OCPI 2.2.1"}


@pytest.fixture
def theirs() -> Iterator[Platform]:
    with platform("EMSP DE*NMD") as running_platform:
        yield running_platform


@pytest.fixture
def nomad(db: None, theirs: Platform) -> Connection:
    cast.volta()
    connection = cast.nomad(url=theirs.url)
    cast.agreement("NL*VLT", "DE*NMD")
    return connection


def publish(location_id: str, **changes: Any) -> None:
    """Volta publishes a location as OCPI 2.3.0 may have it: with a telephone number, and a plug for lorries."""
    data = transforms.upgrade("2.2.1", "location", {**wire.load("location_zuidplein"), "id": location_id})
    data["evses"][0]["connectors"].insert(0, {**data["evses"][0]["connectors"][0], "id": "9", "standard": "MCS"})
    data |= {"help_phone": "+31 20 555 0199", **changes}
    locations.put(party=cast.party("NL*VLT", "CPO"), location_id=location_id, data=data, at=cast.NOW)


def test_the_journal_of_a_push_and_its_page_tell_what_was_lost(nomad: Connection, theirs: Platform) -> None:
    publish("ZUIDPLEIN")
    assert delivery.deliver_due(nomad.pk, cast.NOW) == 1
    assert "help_phone" not in theirs.asked[0].body
    push = Push.objects.get()
    exchange = Exchange.objects.get(push=push)
    assert exchange.losses == [HELP, PLUG]
    client = Client()
    client.force_login(cast.person("Otto", Role.OPERATOR))
    page = client.get(f"/pushes/{push.pk}/").content.decode()
    assert "$.help_phone" in page and "OCPI 2.2.1 cannot say" in page


def test_a_failed_delivery_tells_it_too_and_one_without_losses_tells_none(nomad: Connection, theirs: Platform) -> None:
    publish("ZUIDPLEIN")
    theirs.down()
    delivery.deliver_due(nomad.pk, cast.NOW)
    exchange = Exchange.objects.get(direction="out")
    assert (exchange.http_status, exchange.losses) == (None, [HELP, PLUG])
    plain = transforms.upgrade("2.2.1", "tariff", wire.load("tariff_ac22"))
    tariffs.put(party=cast.party("NL*VLT", "CPO"), tariff_id="AC22", data=plain, at=cast.NOW)
    assert Caller("Nomad").get("/sender/tariffs").status == 1000
    assert Exchange.objects.get(direction="in").losses == []


def test_an_answer_with_one_object_tells_it(nomad: Connection) -> None:
    publish("ZUIDPLEIN")
    assert Caller("Nomad").get("/sender/locations/ZUIDPLEIN").status == 1000
    assert Exchange.objects.get(direction="in").losses == [HELP, PLUG]


def test_a_page_of_a_list_counts_losses_that_are_alike(nomad: Connection) -> None:
    for number in range(3):
        publish(f"L{number}")
    assert len(Caller("Nomad").get("/sender/locations").data) == 3
    assert Exchange.objects.get(direction="in").losses == [{**HELP, "times": 3}, {**PLUG, "times": 3}]


def test_what_is_left_out_of_a_page_is_told(nomad: Connection) -> None:
    tariff = transforms.upgrade("2.2.1", "tariff", wire.load("tariff_ac22"))
    tariff["elements"] = [{**tariff["elements"][0], "restrictions": {"booking": "BOOKING"}}]
    tariffs.put(party=cast.party("NL*VLT", "CPO"), tariff_id="AC22", data=tariff, at=cast.NOW)
    assert Caller("Nomad").get("/sender/tariffs").data == []
    losses = Exchange.objects.get(direction="in").losses
    assert [loss["field"] for loss in losses] == ["$"] and losses[0]["why"].startswith("left out: ")


def test_the_same_loss_at_many_places_is_one_with_its_first_place() -> None:
    losses = [Loss(f"$.evses[{number}].parking", "gone") for number in range(40)]
    assert journal.summed([*losses, Loss("$.evses[3].parking", "else")]) == [
        {"field": "$.evses[0].parking", "why": "gone", "times": 40},
        {"field": "$.evses[3].parking", "why": "else"},
    ]
