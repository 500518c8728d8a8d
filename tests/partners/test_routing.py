"""Who may see, who must receive: decided by agreements alone."""

from datetime import date
from typing import Any

import pytest

from partners import routing
from partners.agreements import services as agreements
from partners.connections import services as connections
from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.cdrs.models import Cdr
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def volta() -> Connection:
    return cast.volta(url="http://volta.example")


@pytest.fixture
def nomad(volta: Connection) -> Connection:
    return cast.nomad(url="http://nomad.example")


def visible(connection: Connection, role: str) -> list[str]:
    return [str(party) for party in routing.owners_visible_to(connection, role=role, at=cast.NOW)]


def receivers(code: str, role: str) -> list[str]:
    return [str(receiver.connection) for receiver in routing.receivers_of(cast.party(code, role), at=cast.NOW)]


def test_without_an_agreement_nobody_sees_or_receives_anything(volta: Connection, nomad: Connection) -> None:
    assert visible(nomad, "CPO") == visible(volta, "EMSP") == []
    assert receivers("NL*VLT", "CPO") == []


def test_a_draft_opens_nothing(volta: Connection, nomad: Connection) -> None:
    cast.agreement("NL*VLT", "DE*NMD", active=False)
    assert visible(nomad, "CPO") == []


def test_an_agreement_opens_each_side_to_the_other_and_to_nobody_else(volta: Connection, nomad: Connection) -> None:
    cleo = cast.cleo(url="http://cleo.example")
    cast.agreement("NL*VLT", "DE*NMD")
    assert visible(nomad, "CPO") == ["NL*VLT"]
    assert visible(volta, "EMSP") == ["DE*NMD"]
    assert visible(cleo, "CPO") == visible(cleo, "EMSP") == []
    assert receivers("NL*VLT", "CPO") == ["Nomad"]
    assert receivers("DE*NMD", "EMSP") == ["Volta"]


def test_an_ended_agreement_closes_again(volta: Connection, nomad: Connection) -> None:
    agreement = cast.agreement("NL*VLT", "DE*NMD")
    agreements.end(agreement=agreement, ends_date=date(2026, 11, 20), at=cast.NOW)
    assert visible(nomad, "CPO") == []
    assert receivers("NL*VLT", "CPO") == []


def test_an_agreement_that_is_to_end_holds_until_then(volta: Connection, nomad: Connection) -> None:
    agreement = cast.agreement("NL*VLT", "DE*NMD")
    agreements.end(agreement=agreement, ends_date=date(2026, 11, 21), at=cast.NOW)
    assert visible(nomad, "CPO") == ["NL*VLT"]
    assert receivers("NL*VLT", "CPO") == ["Nomad"]


def test_two_outside_parties_with_an_agreement_make_us_their_hub(volta: Connection, nomad: Connection) -> None:
    polder = cast.polder(url="http://polder.example")
    cast.agreement("NL*PLD", "DE*NMD")
    assert visible(nomad, "CPO") == ["NL*PLD"]
    assert visible(polder, "EMSP") == ["DE*NMD"]
    assert receivers("NL*PLD", "CPO") == ["Nomad"]


def test_a_suspended_connection_receives_nothing(volta: Connection, nomad: Connection) -> None:
    cast.agreement("NL*VLT", "DE*NMD")
    connections.suspend(connection=nomad)
    assert receivers("NL*VLT", "CPO") == []


def test_only_the_host_may_write_for_a_party_in_any_letter_case(volta: Connection, nomad: Connection) -> None:
    assert routing.may_write(volta, "nl", "vlt", "CPO") == cast.party("NL*VLT", "CPO")
    assert routing.may_write(nomad, "NL", "VLT", "CPO") is None
    assert routing.may_write(volta, "NL", "VLT", "EMSP") is None


def test_sessions_and_cdrs_go_to_the_tokens_party_while_an_agreement_covers_them(
    volta: Connection, nomad: Connection
) -> None:
    cast.agreement("NL*VLT", "DE*NMD", starts=date(2026, 11, 1))
    cpo, emsp = cast.party("NL*VLT", "CPO"), cast.party("DE*NMD", "EMSP")

    def told(at_day: int, month: int) -> list[Party]:
        at = cast.NOW.replace(month=month, day=at_day)
        return [receiver.party for receiver in routing.receivers_of_pair(cpo, emsp, at=at)]

    assert told(2, 11) == [emsp]
    assert told(2, 10) == []
    assert routing.receivers_of_pair(cpo, None, at=cast.NOW) == []


def test_asking_about_a_token_needs_an_agreement_with_its_issuer(volta: Connection, nomad: Connection) -> None:
    issuer, named = cast.party("DE*NMD", "EMSP"), routing.of_emsp(("de", "nmd"))
    assert routing.may_ask_under(volta, named, at=cast.NOW) == {}
    agreement = cast.agreement("NL*VLT", "DE*NMD")
    assert routing.may_ask_under(volta, named, at=cast.NOW) == {issuer.pk: agreement}
    assert routing.may_ask_under(nomad, named, at=cast.NOW) == {}


@pytest.mark.parametrize(
    ("ends", "history_days", "readable"),
    [
        (None, 0, True),
        (date(2026, 11, 20), None, True),
        (date(2026, 11, 20), 1, True),
        (date(2026, 11, 20), 0, False),
        (date(2026, 11, 11), 10, True),
        (date(2026, 11, 10), 10, False),
        (date(2026, 12, 1), 0, True),
    ],
)
def test_the_history_of_an_agreement_is_read_as_long_as_it_says(
    volta: Connection, nomad: Connection, ends: date | None, history_days: int | None, readable: bool
) -> None:
    cast.agreement("NL*VLT", "DE*NMD", ends_date=ends, history_days=history_days)
    pairs = [(cast.party("NL*VLT", "CPO"), cast.party("DE*NMD", "EMSP"))]
    assert routing.pairs_of(nomad, at=cast.NOW) == (pairs if readable else [])
    assert routing.pairs_of(volta, at=cast.NOW) == []


def test_the_days_of_a_history_are_those_of_the_agreements_own_zone(volta: Connection, nomad: Connection) -> None:
    terms: dict[str, Any] = {"ends_date": date(2026, 11, 10), "history_days": 10, "time_zone": "Pacific/Honolulu"}
    cast.agreement("NL*VLT", "DE*NMD", **terms)
    assert cast.NOW.hour < 10  # still the day before there
    assert len(routing.pairs_of(nomad, at=cast.NOW)) == 1
    assert routing.pairs_of(nomad, at=cast.NOW.replace(hour=10)) == []


def test_the_filter_for_pairs_is_one_query_that_needs_no_python(volta: Connection, nomad: Connection) -> None:
    assert list(Cdr.objects.filter(routing.pairs_visible_to(nomad, at=cast.NOW))) == []


def test_a_request_that_names_several_owners_is_told_which_of_its_places_names_whom(volta: Connection) -> None:
    with pytest.raises(routing.Disagreement) as told:
        routing.agree(volta, url=("NL", "VLT"), header=("NL", "vgo"), body=("nl", "vlt"))
    assert str(told.value) == (
        "country_code and party_id must name one owner everywhere; they are NL*VLT in the URL, "
        "NL*vgo in the routing header OCPI-from, nl*vlt in the body."
    )
    routing.agree(volta, url=("NL", "VLT"), header=("nl", "vlt"), body=("Nl", "Vlt"))
    routing.agree(volta, header=("NL", "VLT"))


def test_a_hub_passes_on_under_its_own_name() -> None:
    hubert = cast.connection("Hubert", "HUB NL*HUB", "CPO NL*ONE")
    routing.agree(hubert, url=("NL", "ONE"), header=("NL", "HUB"), body=("NL", "ONE"))
    for header in (("NL", "ONE"), ("NL", "HUB")):
        with pytest.raises(routing.Disagreement):
            routing.agree(hubert, url=("NL", "ONE"), header=header, body=("NL", "TWO"))


def test_a_cpo_serves_drivers_of_those_with_an_active_agreement(volta: Connection, nomad: Connection) -> None:
    cpo = cast.party("NL*VLT", "CPO")
    assert list(routing.emsps_served_by(cpo, at=cast.NOW)) == []
    agreement = cast.agreement("NL*VLT", "DE*NMD")
    assert list(routing.emsps_served_by(cpo, at=cast.NOW)) == [cast.party("DE*NMD", "EMSP")]
    agreements.end(agreement=agreement, ends_date=date(2026, 11, 20), at=cast.NOW)
    assert list(routing.emsps_served_by(cpo, at=cast.NOW)) == []


def test_an_invoice_record_reaches_the_other_side_of_the_agreement_after_its_end_too(
    volta: Connection, nomad: Connection
) -> None:
    cpo, emsp = cast.party("NL*VLT", "CPO"), cast.party("DE*NMD", "EMSP")
    assert routing.receivers_of_record(cpo, emsp) == []
    agreement = cast.agreement("NL*VLT", "DE*NMD")
    agreements.end(agreement=agreement, ends_date=date(2026, 11, 20), at=cast.NOW)
    assert [str(receiver.party) for receiver in routing.receivers_of_record(cpo, emsp)] == ["DE*NMD"]
    assert [str(receiver.party) for receiver in routing.receivers_of_record(emsp, cpo)] == ["NL*VLT"]
    assert routing.receivers_of_record(cpo, None) == []


def test_a_platform_of_2_1_1_with_a_chosen_face_is_sent_nothing_of_others(volta: Connection) -> None:
    """It is shown nothing of them in lists either."""
    cast.polder(url="http://polder.example")
    nomad = cast.nomad(url="http://nomad.example", version="2.1.1")
    for cpo in ("NL*VLT", "NL*PLD"):
        cast.agreement(cpo, "DE*NMD")
    emsp = cast.party("DE*NMD", "EMSP")

    def sent(cpo: str) -> list[int]:
        owner = cast.party(cpo, "CPO")
        found = [routing.receivers_of(owner, at=cast.NOW), routing.receivers_of_pair(owner, emsp, at=cast.NOW)]
        return [len(receivers) for receivers in found]

    assert (sent("NL*VLT"), sent("NL*PLD")) == ([1, 1], [1, 1])
    Connection.objects.filter(pk=nomad.pk).update(face=cast.party("NL*VLT", "CPO"))
    emsp.refresh_from_db()
    assert (sent("NL*VLT"), sent("NL*PLD")) == ([1, 1], [0, 0])
    Connection.objects.filter(pk=nomad.pk).update(version="2.2.1")
    emsp.refresh_from_db()
    assert (sent("NL*VLT"), sent("NL*PLD")) == ([1, 1], [1, 1])
