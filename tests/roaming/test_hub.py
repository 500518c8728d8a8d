"""Hub client info (section 5.2): what hubs tell us of the parties behind them, and what we tell as the hub we are."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from partners.connections import services as connections
from partners.connections.models import Connection, ConnectionState
from partners.parties.models import Party
from partners.people.models import Role
from roaming.exchange import delivery, pull
from roaming.exchange.asking import Asking, NoAnswer, ask
from roaming.exchange.models import Push, PushState
from roaming.hub import services, tasks
from roaming.hub.models import ClientInfo, HubNotice
from roaming.kernel import clock
from tests import cast, wire
from tests.roaming.calls import Caller
from tests.roaming.platform import platform

pytestmark = pytest.mark.django_db

NEW = "2.3.0"
LIST, TOLD = "/sender/hubclientinfo", "/receiver/hubclientinfo"
LATER = cast.NOW + timedelta(minutes=5)


@pytest.fixture
def volta() -> Connection:
    return cast.volta(url="http://volta.invalid", version=NEW)


@pytest.fixture
def nomad(volta: Connection) -> Connection:
    connection = cast.nomad(url="http://nomad.invalid", version=NEW)
    cast.agreement("NL*VLT", "DE*NMD")
    return connection


@pytest.fixture
def hubert(volta: Connection) -> Connection:
    """A hub; nobody is behind it yet."""
    return cast.connection("Hubert", "HUB NL*HUB", url="http://hubert.invalid", version=NEW)


def word(status: str = "CONNECTED", **fields: Any) -> dict[str, Any]:
    """What a hub says of Ziggy, an eMSP behind it."""
    return {
        "country_code": "BE",
        "party_id": "ZIG",
        "role": "EMSP",
        "status": status,
        "last_updated": "2026-11-20T08:00:00Z",
        **fields,
    }


def ziggy() -> Party:
    return cast.party("BE*ZIG", "EMSP")


def told(caller: Caller) -> dict[str, str]:
    return {
        f"{info['country_code']}*{info['party_id']} {info['role']}": info["status"] for info in caller.get(LIST).data
    }


def pushes(name: str, module: str = "hubclientinfo") -> list[tuple[str, str]]:
    rows = Push.objects.filter(connection__name=name, module=module).order_by("id")
    return [(push.method, push.path) for push in rows]


def waiting_locations() -> int:
    return Push.objects.filter(connection__name="Hubert", module="locations", state=PushState.WAITING).count()


class TestWeTell:
    """We are the hub of our partners (H0)."""

    def test_those_whose_hub_we_are_are_told_of_our_own_parties_and_of_those_joined_to_them(
        self, nomad: Connection
    ) -> None:
        """T107: only a hub tells; to a partner that meets our own parties only, we are none."""
        cast.polder(url="http://polder.invalid")
        cast.cleo(url="http://cleo.invalid")
        services.refresh(at=cast.NOW)
        assert told(Caller("Volta", NEW)) == {"DE*NMD EMSP": "CONNECTED"}
        assert told(Caller("Nomad", NEW)) == told(Caller("Cleo", NEW)) == {} == dict(pushes("Nomad"))
        cast.agreement("NL*PLD", "DE*NMD")
        ours = {"NL*VLT CPO": "CONNECTED", "NL*VGO EMSP": "CONNECTED"}
        assert told(Caller("Nomad", NEW)) == {**ours, "NL*PLD CPO": "CONNECTED"}
        assert told(Caller("Polder Laden", NEW)) == {**ours, "DE*NMD EMSP": "CONNECTED"}
        assert told(Caller("Cleo", NEW)) == {}

    @pytest.mark.parametrize(
        ("state", "status"),
        [
            (ConnectionState.OFFLINE, "OFFLINE"),
            (ConnectionState.SUSPENDED, "SUSPENDED"),
            (ConnectionState.PLANNED, "OFFLINE"),
        ],
    )
    def test_a_change_is_told_with_its_moment_and_pushed(self, nomad: Connection, state: str, status: str) -> None:
        """H1: SUSPENDED, never deleted."""
        services.refresh(at=cast.NOW)
        Push.objects.all().delete()
        Connection.objects.filter(pk=nomad.pk).update(state=state)
        assert services.refresh(at=LATER) == 1
        assert services.refresh(at=LATER + timedelta(hours=1)) == 0
        (info,) = Caller("Volta", NEW).get(LIST).data
        assert info == {
            "party_id": "NMD",
            "country_code": "DE",
            "role": "EMSP",
            "status": status,
            "last_updated": "2026-11-20T09:47:00Z",
        }
        assert pushes("Volta") == [("PUT", "DE/NMD")]
        assert pushes("Nomad") == []

    def test_who_was_never_connected_is_planned(self, volta: Connection) -> None:
        cast.connection("Newcomer", "EMSP FR*NEW", registered=False)
        cast.agreement("NL*VLT", "FR*NEW")
        tasks.refresh()
        assert told(Caller("Volta", NEW)) == {"FR*NEW EMSP": "PLANNED"}

    def test_an_agreement_introduces_both_sides_and_cleo_hears_of_neither(self, volta: Connection) -> None:
        cast.nomad(url="http://nomad.invalid", version=NEW)
        cast.polder(url="http://polder.invalid", version=NEW)
        cast.cleo(url="http://cleo.invalid", version=NEW)
        services.refresh(at=cast.NOW)
        Push.objects.all().delete()
        cast.agreement("NL*PLD", "DE*NMD")
        assert ("PUT", "NL/PLD") in pushes("Nomad")
        assert ("PUT", "DE/NMD") in pushes("Polder Laden")
        assert pushes("Cleo") == []
        assert not {"DE*NMD EMSP", "NL*PLD CPO"} & told(Caller("Cleo", NEW)).keys()

    def test_the_list_is_filtered_by_date_and_older_versions_read_it_too(self, nomad: Connection) -> None:
        """T41, V6: since 2.2.1."""
        cast.polder()
        cast.agreement("NL*PLD", "DE*NMD")
        services.refresh(at=cast.NOW)
        caller = Caller("Nomad", "2.2.1")
        assert len(caller.get(LIST).data) == 3
        assert caller.get(LIST, date_from="2026-11-20T09:42:01Z").data == []
        assert caller.get(LIST, limit=1).headers["X-Total-Count"] == "3"
        assert Caller("Nomad", "2.1.1").get(LIST).http == 404

    def test_a_push_of_client_info_carries_no_routing_headers(self, volta: Connection) -> None:
        """H2, T101."""
        with platform("EMSP DE*NMD") as nomads:
            connection = cast.connection("Nomad", "EMSP DE*NMD", url=nomads.url, version=NEW)
            cast.polder()
            cast.agreement("NL*PLD", "DE*NMD")
            services.refresh(at=cast.NOW)
            assert delivery.deliver_due(connection.pk, cast.NOW) > 0
            asked = [one for one in nomads.asked if "hubclientinfo" in one.path]
        assert {one.path for one in asked} >= {"/receiver/hubclientinfo/NL/VLT"}
        assert not any(name.startswith("ocpi-") for one in asked for name in one.headers)


class TestWeHear:
    """A hub tells us of the parties behind it."""

    def test_a_party_behind_a_hub_is_known_and_read_back(self, hubert: Connection) -> None:
        caller = Caller("Hubert", NEW)
        reply = caller.put(f"{TOLD}/BE/ZIG", word(note="kept"))
        assert (reply.http, reply.status) == (201, 1000)
        assert caller.put(f"{TOLD}/be/zig", word(note="kept")).http == 200
        assert caller.get(f"{TOLD}/BE/ZIG").data == word(note="kept")
        assert (ziggy().connection, ziggy().hub_status) == (hubert, "CONNECTED")
        services.refresh(at=cast.NOW)
        cast.agreement("NL*VLT", "BE*ZIG")
        assert told(Caller("Volta", NEW)) == {"BE*ZIG EMSP": "CONNECTED"}

    def test_only_a_hub_tells_who_is_connected(self, nomad: Connection, hubert: Connection) -> None:
        """H2: others are not offered that interface; who could be a hub is told that its credentials name none."""
        assert Caller("Nomad", NEW).put(f"{TOLD}/BE/ZIG", word()).http == 404
        cast.connection("Stranger", version=NEW)
        reply = Caller("Stranger", NEW).put(f"{TOLD}/BE/ZIG", word())
        assert (reply.http, reply.status, "hub" in reply.message) == (200, 2001, True)
        assert not Party.objects.filter(party_id="ZIG").exists()
        Caller("Hubert", NEW).put(f"{TOLD}/BE/ZIG", word())
        assert Caller("Nomad", NEW).get(f"{TOLD}/BE/ZIG").http == 404

    def test_a_hub_that_its_credentials_name_counts_too(self, nomad: Connection) -> None:
        """T107: 2.3.0 has no role HUB."""
        Connection.objects.filter(pk=nomad.pk).update(hub_party_id="DEHUB")
        assert Caller("Nomad", NEW).put(f"{TOLD}/BE/ZIG", word()).status == 1000

    def test_a_party_connected_here_directly_is_left_alone(self, nomad: Connection, hubert: Connection) -> None:
        reply = Caller("Hubert", NEW).put(f"{TOLD}/DE/NMD", word("OFFLINE", country_code="DE", party_id="NMD"))
        assert (reply.status, "without you" in reply.message) == (1000, True)
        assert (cast.party("DE*NMD", "EMSP").hub_status, HubNotice.objects.count()) == ("", 0)

    def test_an_older_word_changes_nothing(self, hubert: Connection) -> None:
        """T65."""
        caller = Caller("Hubert", NEW)
        caller.put(f"{TOLD}/BE/ZIG", word())
        reply = caller.put(f"{TOLD}/BE/ZIG", word("OFFLINE", last_updated="2026-11-20T07:59:59Z"))
        assert (reply.status, "older" in reply.message, ziggy().hub_status) == (1000, True, "CONNECTED")

    @pytest.mark.parametrize(
        "change",
        [
            {"status": "connected"},
            {"status": None},
            {"role": "DRIVER"},
            {"party_id": "ZIGGY"},
            {"country_code": "NL"},
            {"last_updated": "2026-11-20"},
        ],
    )
    def test_what_is_no_client_info_or_about_another_is_refused(
        self, hubert: Connection, change: dict[str, Any]
    ) -> None:
        reply = Caller("Hubert", NEW).put(f"{TOLD}/BE/ZIG", word(**change))
        assert (reply.http, reply.status) == (200, 2001)
        assert (HubNotice.objects.count(), Party.objects.filter(party_id="ZIG").count()) == (0, 0)

    @pytest.mark.parametrize("status", ["OFFLINE", "PLANNED", "SUSPENDED"])
    def test_nothing_is_sent_and_nothing_queued_to_who_is_away(self, hubert: Connection, status: str) -> None:
        """H1; when it is back it is sent what it missed."""
        caller, place = Caller("Hubert", NEW), wire.load("location_zuidplein")
        caller.put(f"{TOLD}/BE/ZIG", word())
        cast.agreement("NL*VLT", "BE*ZIG")
        caller.put(f"{TOLD}/BE/ZIG", word(status, last_updated="2026-11-20T08:01:00Z"))
        assert Caller("Volta", "2.2.1").put(f"/receiver/locations/NL/VLT/{place['id']}", place).status == 1000
        assert waiting_locations() == 0
        with pytest.raises(NoAnswer) as refused:
            ask(Asking(ziggy(), None, "tokens", "SENDER", "POST"), at=cast.NOW)
        assert refused.value.code == 4003
        caller.put(f"{TOLD}/BE/ZIG", word(last_updated="2026-11-20T08:02:00Z"))
        assert waiting_locations() == 1

    def test_what_waited_when_it_went_away_waits_until_it_is_back(self, volta: Connection) -> None:
        """H1: also what was queued before."""
        with platform("HUB NL*HUB") as huberts:
            hubert = cast.connection("Hubert", "HUB NL*HUB", url=huberts.url, version=NEW)
            caller, place = Caller("Hubert", NEW), wire.load("location_zuidplein")
            caller.put(f"{TOLD}/BE/ZIG", word())
            cast.agreement("NL*VLT", "BE*ZIG")
            delivery.deliver_due(hubert.pk, clock.now())
            Caller("Volta", "2.2.1").put(f"/receiver/locations/NL/VLT/{place['id']}", place)
            caller.put(f"{TOLD}/BE/ZIG", word("OFFLINE", last_updated="2026-11-20T08:01:00Z"))
            assert delivery.deliver_due(hubert.pk, clock.now()) == 0
            assert waiting_locations() == 1
            caller.put(f"{TOLD}/BE/ZIG", word(last_updated="2026-11-20T08:02:00Z"))
            assert delivery.deliver_due(hubert.pk, clock.now()) > 0
            assert [one.path for one in huberts.asked if "locations" in one.path] == [
                f"/receiver/locations/NL/VLT/{place['id']}"
            ]

    def test_the_list_of_a_hub_is_pulled(self, volta: Connection) -> None:
        with platform("HUB NL*HUB") as huberts:
            huberts.lists["hubclientinfo"] = [word(), word("PLANNED", party_id="ZAG"), word("GONE", party_id="ZOG")]
            hubert = cast.connection("Hubert", "HUB NL*HUB", url=huberts.url, version=NEW)
            counts = pull.pull(connection=hubert, modules=["hubclientinfo"], at=cast.NOW)
            first, second = counts["hubclientinfo"], pull.pull(connection=hubert, at=cast.NOW)["hubclientinfo"]
            asked = [one for one in huberts.asked if "hubclientinfo" in one.path]
            assert asked and not any(name.startswith("ocpi-") for one in asked for name in one.headers)
        assert (first.new, first.broken, second.new, second.known) == (2, 1, 0, 2)
        assert {notice.party.code: notice.status for notice in HubNotice.objects.all()} == {
            "BE*ZIG": "CONNECTED",
            "BE*ZAG": "PLANNED",
        }


def test_a_platform_that_registers_is_told_of_everybody_it_may_know(nomad: Connection) -> None:
    cast.polder()
    cast.agreement("NL*PLD", "DE*NMD")
    connections.suspend(connection=nomad)
    nomad.refresh_from_db()
    Push.objects.all().delete()
    connections.resume(connection=nomad, at=LATER)
    assert sorted(pushes("Nomad")) == [("PUT", "NL/PLD"), ("PUT", "NL/VGO"), ("PUT", "NL/VLT")]
    assert ClientInfo.objects.filter(party__connection=nomad).get().status == "CONNECTED"


def test_the_page_of_a_hub_says_who_is_behind_it(hubert: Connection) -> None:
    Caller("Hubert", NEW).put(f"{TOLD}/BE/ZIG", word("OFFLINE"))
    services.refresh(at=cast.NOW)
    browser = Client()
    browser.force_login(cast.person("Otto", Role.OPERATOR))
    page = browser.get(f"/partners/{hubert.partner_id}/").content.decode()
    assert '<span class="code">BE*ZIG</span> eMSP' in page
    assert "as the hub says" in page
    assert '<span class="state tone-bad">Offline</span>' in page
