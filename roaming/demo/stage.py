"""Three platforms connected with the portal by the real handshake, with agreements and exchanged objects."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from partners.agreements import services as agreements
from partners.agreements.models import Agreement
from partners.connections import services as connections
from partners.parties import selectors as parties
from partners.parties.models import Party
from roaming.demo.cast import NMD, PLD, VGO, VLT
from roaming.kernel import clock
from roaming.registration import starting as registration
from roaming.simulator.caller import Refused
from roaming.simulator.offers import put_all
from roaming.simulator.places import POLDERS, TOWNS
from roaming.simulator.platform import Platform
from roaming.simulator.world import Estate, PartyCard, cpo_estate, emsp_estate

SEED = 2611
NOMAD_TOKENS, VOLTA_GO_TOKENS = 120, 80


@dataclass(frozen=True)
class Estates:
    vlt: Estate
    vgo: Estate
    nmd: Estate
    pld: Estate


@dataclass(frozen=True)
class Stage:
    """The platforms by name, and what their parties own."""

    volta: Platform
    nomad: Platform
    polder: Platform
    estates: Estates

    def platforms(self) -> list[Platform]:
        return [self.volta, self.nomad, self.polder]

    def cpo(self, party_id: str) -> Platform:
        return self.volta if party_id == VLT.party_id else self.polder

    def emsp(self, party_id: str) -> Platform:
        return self.nomad if party_id == NMD.party_id else self.volta


@contextmanager
def built(*, at: datetime) -> Iterator[Stage]:
    """Three platforms, listening until the block ends. `at` is when their objects were last changed."""
    estates = Estates(
        vlt=cpo_estate(VLT, TOWNS, seed=SEED, at=at),
        vgo=emsp_estate(VGO, count=VOLTA_GO_TOKENS, seed=SEED, at=at),
        nmd=emsp_estate(NMD, count=NOMAD_TOKENS, seed=SEED, at=at),
        pld=cpo_estate(PLD, POLDERS, seed=SEED, at=at),
    )
    with ExitStack() as stack:
        stage = Stage(
            volta=_platform("Volta back-end", [VLT, VGO], [estates.vlt, estates.vgo], stack),
            nomad=_platform("Nomad", [NMD], [estates.nmd], stack, version="2.3.0"),
            polder=_platform("Polder Laden", [PLD], [estates.pld], stack, version="2.1.1"),
            estates=estates,
        )
        yield stage


def _platform(
    name: str, cards: list[PartyCard], estates: list[Estate], stack: ExitStack, version: str = "2.2.1"
) -> Platform:
    platform = Platform(name, cards, clock=clock.now, version=version).start()
    stack.callback(platform.stop)
    for estate in estates:
        platform.move_in(estate)
    return platform


def connect(stage: Stage, *, at: datetime) -> None:
    """Connections made by hand, then registered over HTTP: two platforms with us, and we with Polder Laden's."""
    for platform, company in ((stage.volta, "Volta"), (stage.nomad, "Nomad")):
        added = _add(platform, company, at)
        platform.register_at(added.versions_url, added.token)
    polder = _add(stage.polder, "Polder Laden", at).connection
    registration.register(
        connection=polder, versions_url=stage.polder.versions_url, token_a=stage.polder.invite(), at=at
    )


def _add(platform: Platform, company: str, at: datetime) -> connections.Added:
    hosted = [(card.country_code, card.party_id, card.role) for card in platform.parties]
    return connections.add(
        partner_name=company, name=platform.name, own=company == "Volta", parties_hosted=hosted, at=at
    )


def agree(cpo: PartyCard, emsp: PartyCard, *, starts_date: date, at: datetime, **terms: Any) -> Agreement:
    """An agreement in force from `starts_date`."""
    agreement = agreements.draft(cpo=party_of(cpo), emsp=party_of(emsp), starts_date=starts_date, at=at, **terms)
    return agreements.activate(agreement=agreement, at=at)


def party_of(card: PartyCard) -> Party:
    """The portal's row of a party."""
    found = parties.find(card.country_code, card.party_id, card.role)
    if found is None:
        raise Refused(f"The portal does not know {card.code} as {card.role}.")
    return found


def exchange_objects(stage: Stage) -> None:
    """Stations and tariffs are pushed by their owners; cards the portal has pulled by itself since the registration."""
    for platform, estate in ((stage.volta, stage.estates.vlt), (stage.polder, stage.estates.pld)):
        put_all(platform, estate)
