"""What the stories have in common: platforms that connect, a month to charge in, the work of the background tasks."""

import re
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx2

from billing.rating import services as rating
from billing.settlement.periods import Period
from partners.agreements import services as agreements
from partners.agreements.models import Agreement
from partners.connections import services as connections
from partners.connections.models import Connection
from partners.people.models import User
from roaming.cdrs.models import Cdr
from roaming.exchange import delivery
from roaming.kernel import clock
from roaming.simulator.caller import Answer
from roaming.simulator.charges import Charge, Fault, Spot, charge, spots
from roaming.simulator.places import POLDERS, TOWNS
from roaming.simulator.platform import Platform
from roaming.simulator.wire import Json
from roaming.simulator.world import Estate, PartyCard, cpo_estate, emsp_estate
from tests import cast

VLT = PartyCard("NL", "VLT", "CPO", "Volta")
VGO = PartyCard("NL", "VGO", "EMSP", "Volta Go")
NMD = PartyCard("DE", "NMD", "EMSP", "Nomad")
PLD = PartyCard("NL", "PLD", "CPO", "Polder Laden")
CLO = (PartyCard("BE", "CLO", "CPO", "Cleo"), PartyCard("BE", "CLO", "EMSP", "Cleo"))
ZONE = "Europe/Amsterdam"


class House:
    """The portal at `url`, with platforms that live until the story ends. Charges happen in the last full month."""

    def __init__(self, url: str, stack: ExitStack) -> None:
        self.url = url
        self._stack = stack
        self._numbers = iter(range(1, 1000))
        self.period = Period.before(clock.now(), ZONE)
        begins = self.period.starts_date
        self.month = datetime(begins.year, begins.month, begins.day, tzinfo=UTC)
        self.estates: dict[PartyCard, Estate] = {}

    def platform(self, name: str, *cards: PartyCard) -> Platform:
        """A platform that listens and owns two stations per CPO, sixteen cards per eMSP; not connected yet."""
        platform = Platform(name, cards).start()
        self._stack.callback(platform.stop)
        for card in cards:
            at = self.month - timedelta(days=9)
            places = (POLDERS if card is PLD else TOWNS)[:2]
            estate = (
                cpo_estate(card, places, seed=1, at=at)
                if card.role == "CPO"
                else emsp_estate(card, count=16, seed=1, at=at)
            )
            self.estates[card] = estate
            platform.move_in(estate)
        return platform

    def connected(self, name: str, *cards: PartyCard, own: bool = False) -> Platform:
        """A platform that registered with its one-time token."""
        platform = self.platform(name, *cards)
        token = self.invited(name, *cards, own=own).token
        platform.register_at(f"{self.url}/ocpi/versions", token)
        return platform

    def invited(self, name: str, *cards: PartyCard, own: bool = False) -> connections.Added:
        hosted = [(card.country_code, card.party_id, card.role) for card in cards]
        return connections.add(partner_name=name, name=name, own=own, parties_hosted=hosted, at=clock.now())

    def agree(self, cpo: PartyCard, emsp: PartyCard, **terms: Any) -> Agreement:
        """An agreement in force since before the month."""
        agreement = agreements.draft(
            cpo=cast.party(cpo.code, cpo.role),
            emsp=cast.party(emsp.code, emsp.role),
            starts_date=self.period.starts_date - timedelta(days=9),
            at=clock.now(),
            **terms,
        )
        return agreements.activate(agreement=agreement, at=clock.now())

    def work(self) -> None:
        """Do what worker and beat would do now: judge what came, deliver what waits."""
        rating.judge_due(at=clock.now())
        for connection in Connection.objects.all():
            delivery.deliver_due(connection.pk, clock.now())

    def offer(self, platform: Platform, card: PartyCard) -> None:
        """PUT everything that `card` owns at the portal."""
        for module in ("tariffs", "locations", "tokens"):
            for data in getattr(self.estates[card], module).values():
                good(self.put(platform, card, module, data))

    def put(self, platform: Platform, card: PartyCard, module: str, data: Json) -> Answer:
        name, params = data.get("uid") or data.get("id"), {"type": data["type"]} if module == "tokens" else None
        return platform.send(
            "PUT", module, "RECEIVER", f"/{card.country_code}/{card.party_id}/{name}", body=data, params=params
        )

    def charge(
        self, cpo: PartyCard, emsp: PartyCard, *, day: int = 3, plan: str = "AC", fault: Fault = Fault.NONE
    ) -> Charge:
        """A charge at noon of a day of the month under the given tariff, with a right CDR unless told otherwise."""
        number = next(self._numbers)
        estate = self.estates[cpo]
        spot = spots(estate)[0]
        tariff = estate.tariffs[f"{cpo.party_id}-{plan}"]
        token = next(t for t in self.estates[emsp].tokens.values() if t["valid"] and t["type"] == "RFID")
        made = charge(
            number,
            spot=Spot(spot.location, spot.evse, tariff),
            token=token,
            starts_at=self.month + timedelta(days=day - 1, hours=12, minutes=number),
            random=Random(number),
        )
        return replace(made, fault=fault)

    def person(self, name: str, role: str) -> User:
        return cast.person(name, role)

    def signed_in(self, name: str) -> httpx2.Client:
        """A browser in which `name` has signed in through the login page."""
        browser = httpx2.Client(base_url=self.url, follow_redirects=True, trust_env=False)
        self._stack.callback(browser.close)
        page = browser.get("/login/").text
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found
        fields = {"username": f"{name.lower()}@volta.example", "password": f"{name.lower()}-password"}
        answer = browser.post(
            "/login/", data={**fields, "csrfmiddlewaretoken": found[1]}, headers={"Referer": self.url}
        )
        assert answer.url.path != "/login/", "the login page did not let them in"
        return browser


def good(answer: Answer) -> Answer:
    """The answer, which must be a success."""
    assert answer.good, f"{answer.http_status} {answer.status_code} {answer.message}"
    return answer


def plugged_in(platform: Platform, charge: Charge) -> str | None:
    """Authorization and the session's PUT; the authorization reference."""
    token = charge.token
    answer = good(
        platform.send("POST", "tokens", "SENDER", f"/{token['uid']}/authorize", params={"type": token["type"]})
    )
    assert answer.data["allowed"] == "ALLOWED"
    reference: str | None = answer.data.get("authorization_reference")
    session = charge.session(at=charge.starts_at, reference=reference)
    good(platform.send("PUT", "sessions", "RECEIVER", _session(charge), body=session))
    return reference


def unplugged(platform: Platform, charge: Charge) -> None:
    """The session's last PATCH."""
    body = charge.completion(at=charge.ends_at, sent=0)
    good(platform.send("PATCH", "sessions", "RECEIVER", _session(charge), body=body))


def billed(platform: Platform, charge: Charge, *, reference: str | None = None) -> Answer:
    """The POST of its CDR; the answer as it is."""
    body = charge.cdr(at=charge.ends_at + timedelta(minutes=5), reference=reference)
    return platform.send("POST", "cdrs", "RECEIVER", body=body)


def cdr_of(charge: Charge) -> Cdr:
    return Cdr.objects.get(ocpi_id=f"C-{charge.key}")


def _session(charge: Charge) -> str:
    place = charge.spot.location
    return f"/{place['country_code']}/{place['party_id']}/S-{charge.key}"
