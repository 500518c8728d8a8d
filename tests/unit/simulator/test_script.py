"""What a platform is told to play: the same for the same seed, every fault in it, and played as the clock is moved."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from roaming.ocpi.schema import validation
from roaming.simulator import speech
from roaming.simulator.charges import CATALOGUE, Fault
from roaming.simulator.faults import DEFAULT, DEFAULT_SENT, AnswerFault, NoSuchFault, mixture
from roaming.simulator.places import POLDERS
from roaming.simulator.platform import Platform
from roaming.simulator.script import Drivers, Script, staged, told
from roaming.simulator.store import key_of
from roaming.simulator.wire import Json, MovableClock, decode, encode
from roaming.simulator.world import PartyCard, cpo_estate, emsp_estate

VLT, NMD = PartyCard("NL", "VLT", "CPO", "Volta"), PartyCard("DE", "NMD", "EMSP", "Nomad")
SEED = 7
DRIVERS = Drivers("NL*VLT", NMD, cards=24, start=0, stride=2, daily=6)
SCRIPT = Script(date(2026, 1, 5), 4, SEED, DEFAULT_SENT, (DRIVERS,))
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


def volta(version: str = "2.2.1", clock: Any = None) -> Platform:
    platform = Platform("Volta", [VLT], version=version, clock=clock or MovableClock())
    platform.move_in(cpo_estate(VLT, POLDERS, seed=SEED, at=BEFORE))
    return platform


def plan(script: Script, version: str = "2.2.1") -> list[Json]:
    platform = volta(version)
    platform.start().stop()
    return [told(story) for story in staged(platform, script).stories.values()]


def test_the_same_seed_plays_the_same_and_another_one_something_else() -> None:
    again = Script.read(decode(encode(SCRIPT.as_json())))
    assert again == SCRIPT
    assert plan(SCRIPT) == plan(again) != plan(Script(date(2026, 1, 5), 4, 8, DEFAULT_SENT, (DRIVERS,)))


def test_every_fault_that_is_asked_for_happens_and_each_is_described() -> None:
    assert {story["fault"] for story in plan(SCRIPT)} == {fault.slug for fault in Fault}
    assert set(CATALOGUE) == set(Fault) - {Fault.NONE} == set(DEFAULT_SENT)
    calm = Script(SCRIPT.first_day, 4, SEED, {}, (DRIVERS,))
    assert {story["fault"] for story in plan(calm)} == {"none"}


def test_a_platform_of_2_1_1_credits_nothing() -> None:
    assert "credited" not in {story["fault"] for story in plan(SCRIPT, "2.1.1")}


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_a_credit_takes_back_what_was_billed(version: str) -> None:
    platform = volta(version)
    platform.start().stop()
    [one] = [charge for charge in staged(platform, SCRIPT).charges if charge.fault is Fault.CREDITED]
    cdr, credit = one.cdr(at=BEFORE, reference=None), one.credit(at=BEFORE, reference=None)
    assert (credit["credit"], credit["credit_reference_id"]) == (True, cdr["id"])
    assert credit["total_cost"] == {name: -amount for name, amount in cdr["total_cost"].items()}
    validation.validate(version, "cdr", decode(encode(speech.spoken(version, "cdrs", credit, platform.store))))


@pytest.fixture
def pair() -> Iterator[tuple[Platform, Platform]]:
    """Volta, directed by its tester, whose portal is Nomad's platform itself."""
    with ExitStack() as stack:
        cpo, emsp = volta().start(), Platform("Nomad", [NMD]).start()
        stack.callback(cpo.stop)
        stack.callback(emsp.stop)
        cards = emsp_estate(NMD, count=24, seed=SEED, at=BEFORE)
        emsp.move_in(cards)
        for card in cards.tokens.values():
            cpo.store.receive("tokens", key_of("tokens", card), card)
        emsp.link.token_in = cpo.link.token_out = "token"
        sides = {"sessions": "RECEIVER", "cdrs": "RECEIVER", "tokens": "SENDER"}
        cpo.link.endpoints = {(m, side): f"{emsp.base_url}/{side.lower()}/{m}" for m, side in sides.items()}
        yield cpo, emsp


def direct(platform: Platform, what: str, wanted: Json) -> httpx2.Response:
    url = platform.versions_url.replace("ocpi/versions", what)
    return httpx2.put(url, content=encode(wanted), trust_env=False)


def test_charges_are_played_as_the_clock_is_moved(pair: tuple[Platform, Platform]) -> None:
    cpo, emsp = pair
    assert direct(cpo, "script", SCRIPT.as_json()).json()["next"].startswith("2026-01-05T")
    assert direct(cpo, "clock", {"to": "2026-01-05T00:00:00Z"}).json()["played"] == 0
    assert direct(cpo, "clock", {"to": "2026-01-09T12:00:00Z"}).json()["played"] > 40
    assert cpo.clock() - datetime(2026, 1, 9, 12, tzinfo=UTC) < timedelta(minutes=5)
    assert direct(cpo, "clock", {"to": "2026-01-20T00:00:00Z"}).json()["next"] is None
    stories = httpx2.get(cpo.versions_url.replace("ocpi/versions", "books/stories"), trust_env=False).json()
    billed = [story for story in stories if story["cdr"]]
    times = {key.rpartition("/")[2]: count for key, count in emsp.store.times("cdrs").items()}
    assert times == {story["cdr"]: 1 + (story["fault"] == "sent_twice") for story in billed} | {
        story["credit"]: 1 for story in billed if story["credit"]
    }
    assert {story["fault"] for story in stories if story["session"] and not story["cdr"]} == {"missing"}
    mispriced = {story["fault"] for story in billed if Decimal(story["billed"]) != Decimal(story["right"])}
    assert mispriced == {"energy_overpriced", "grace_ignored"}
    assert {data["status"] for data in emsp.store.received("sessions")} == {"COMPLETED"}


def test_what_a_tester_asks_wrongly_is_refused_in_a_sentence(pair: tuple[Platform, Platform]) -> None:
    cpo, emsp = pair
    refused = direct(emsp, "clock", {"to": "2026-01-05T00:00:00Z"})
    assert (refused.status_code, "cannot be moved" in refused.json()["error"]) == (400, True)
    assert direct(cpo, "clock", {"to": "tomorrow"}).status_code == 400
    assert direct(cpo, "script", {"days": 3}).status_code == 400
    assert "PUT /conduct, /offer, /script and /clock" in direct(cpo, "nothing", {}).json()["error"]
    cpo.link.endpoints["tariffs", "RECEIVER"] = f"{emsp.base_url}/receiver/nothing"
    assert direct(cpo, "offer", {}).status_code == 502


def test_one_text_names_faults_of_answers_and_of_what_is_sent() -> None:
    assert mixture("default,late=0.5,reset=0") == (DEFAULT | {AnswerFault.RESET: 0}, DEFAULT_SENT | {Fault.LATE: 0.5})
    with pytest.raises(NoSuchFault, match="charges that go wrong add up to more than 1"):
        mixture("late=0.6,missing=0.6")
