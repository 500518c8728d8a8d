"""Charging as it happens: a session that grows, and the CDR that follows, right or with one named fault."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from random import Random
from typing import ClassVar

from roaming.simulator.in_230 import COSTS
from roaming.simulator.prices import Cost, price
from roaming.simulator.wire import Json, stamp
from roaming.simulator.world import Estate, PartyCard

# A hundredth of an hour: volumes in hours stay exact with two decimals.
TICK = timedelta(seconds=36)
GRACE_HOURS = Decimal("0.25")


class Fault(StrEnum):
    """What can go wrong with a CDR on the CPO's side."""

    NONE = "none"
    ENERGY_OVERPRICED = "energy overpriced"
    GRACE_IGNORED = "parking grace ignored"
    MISSING = "missing"
    LATE = "late"
    SENT_TWICE = "sent twice"
    OUT_OF_ORDER = "out of order"
    UNKNOWN_TOKEN = "unknown token"
    CREDITED = "credited"

    @property
    def slug(self) -> str:
        """As options and books name it: "late", "sent_twice"."""
        return self.name.lower()


CATALOGUE: dict[Fault, str] = {
    Fault.ENERGY_OVERPRICED: "the CDR bills eleven cents more per kWh than the tariff it carries",
    Fault.GRACE_IGNORED: "the CDR bills the free quarter of an hour of parking",
    Fault.MISSING: "the session ends, and no CDR follows",
    Fault.LATE: "the CDR comes days later",
    Fault.SENT_TWICE: "the CDR is sent a second time, word for word",
    Fault.OUT_OF_ORDER: "the CDR comes before the session's end",
    Fault.UNKNOWN_TOKEN: "a card is let in and billed whose eMSP nobody knows",
    Fault.CREDITED: "a credit CDR takes the CDR back six hours later (not in 2.1.1, which has none)",
}
# Whose card it is when a station lets in one that nobody knows.
STRANGER = PartyCard("DE", "NIX", "EMSP", "Nix Mobil")


@dataclass(frozen=True)
class Spot:
    """Where and what a charge is plugged into."""

    location: Json
    evse: Json
    tariff: Json

    @property
    def connector(self) -> Json:
        found: Json = self.evse["connectors"][0]
        return found

    @property
    def fast(self) -> bool:
        return bool(self.connector["power_type"] == "DC")


@dataclass(frozen=True)
class Charge:
    """One charge from plug to unplug. Objects are built at the moment they are sent: `at` is their last_updated."""

    number: int
    spot: Spot
    token: Json
    starts_at: datetime
    periods: tuple[Json, ...]
    charging_ticks: int
    parking_ticks: int
    energy_kwh: Decimal
    asked: bool
    fault: Fault

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + (self.charging_ticks + self.parking_ticks) * TICK

    @property
    def key(self) -> str:
        party = self.spot.location["party_id"]
        return f"{party}-{self.starts_at:%y%m%d}-{self.number:05d}"

    @property
    def restricted(self) -> bool:
        return any(element.get("restrictions") for element in self.spot.tariff["elements"])

    def cost(self) -> Cost:
        """What it really costs."""
        return price(self.spot.tariff, list(self.periods), time_zone=self.spot.location["time_zone"])

    @property
    def card(self) -> Json:
        """The card held to the reader: the driver's, or a stranger's."""
        if self.fault is not Fault.UNKNOWN_TOKEN:
            return self.token
        contract = f"{STRANGER.country_code}{STRANGER.party_id}C{self.number:07d}X"
        return {
            **self.token,
            **STRANGER.owner,
            "uid": f"NIX{self.number:011d}",
            "type": "RFID",
            "contract_id": contract,
        }

    def cdr_token(self) -> Json:
        return {name: self.card[name] for name in ("country_code", "party_id", "uid", "type", "contract_id")}

    def session(self, *, at: datetime, reference: str | None) -> Json:
        """The session just started: no energy yet."""
        return {
            **_owner(self.spot.location),
            "id": f"S-{self.key}",
            "start_date_time": stamp(self.starts_at),
            "kwh": Decimal(0),
            "cdr_token": self.cdr_token(),
            "auth_method": self._auth_method(),
            **({"authorization_reference": reference} if reference else {}),
            "location_id": self.spot.location["id"],
            "evse_uid": self.spot.evse["uid"],
            "connector_id": self.spot.connector["id"],
            "currency": "EUR",
            "charging_periods": [],
            "status": "ACTIVE",
            "last_updated": stamp(at),
        }

    def progress(self, *, at: datetime) -> Json:
        """A PATCH while it charges: the first period's energy."""
        first = self.periods[0]
        return {"kwh": first["dimensions"][0]["volume"], "charging_periods": [first], "last_updated": stamp(at)}

    def completion(self, *, at: datetime, sent: int) -> Json:
        """The last PATCH: periods after the `sent` ones known already are appended, and the total is known."""
        return {
            "kwh": self.energy_kwh,
            "end_date_time": stamp(self.ends_at),
            "charging_periods": list(self.periods[sent:]),
            "total_cost": self.cost().total,
            "status": "COMPLETED",
            "last_updated": stamp(at),
        }

    def cdr(self, *, at: datetime, reference: str | None) -> Json:
        """The CDR the CPO sends, with its fault if it has one in the price."""
        billed = self._billed()
        return {
            **_owner(self.spot.location),
            "id": f"C-{self.key}",
            "start_date_time": stamp(self.starts_at),
            "end_date_time": stamp(self.ends_at),
            "session_id": f"S-{self.key}",
            "cdr_token": self.cdr_token(),
            "auth_method": self._auth_method(),
            **({"authorization_reference": reference} if reference else {}),
            "cdr_location": _cdr_location(self.spot),
            "currency": "EUR",
            "tariffs": [self.spot.tariff],
            "charging_periods": list(self.periods),
            "total_cost": billed.total,
            **billed.parts,
            "total_energy": self.energy_kwh,
            "total_time": Decimal(self.charging_ticks + self.parking_ticks) / 100,
            **({"total_parking_time": self._parking_hours()} if self.parking_ticks else {}),
            "last_updated": stamp(at),
        }

    def credit(self, *, at: datetime, reference: str | None) -> Json:
        """The credit CDR that takes the CDR back: the same charge, with every amount negative."""
        cdr = self.cdr(at=at, reference=reference)
        amounts = {name: {k: -amount for k, amount in cdr[name].items()} for name in COSTS if name in cdr}
        return cdr | amounts | {"id": f"K-{self.key}", "credit": True, "credit_reference_id": cdr["id"]}

    def _parking_hours(self) -> Decimal:
        return sum(
            (d["volume"] for p in self.periods for d in p["dimensions"] if d["type"] == "PARKING_TIME"), Decimal(0)
        )

    def _billed(self) -> Cost:
        tariff, periods = self.spot.tariff, list(self.periods)
        if self.fault is Fault.ENERGY_OVERPRICED:
            tariff = _dearer(tariff)
        if self.fault is Fault.GRACE_IGNORED:
            periods = [_without_grace(period) for period in periods]
        return price(tariff, periods, time_zone=self.spot.location["time_zone"])

    def _auth_method(self) -> str:
        return "AUTH_REQUEST" if self.asked else "WHITELIST"


class Faults:
    """Which charges of a month go wrong: a small share, spread by the seed. Weights are relative to each other."""

    WEIGHTS: ClassVar[Mapping[Fault, float]] = {
        Fault.NONE: 930,
        Fault.ENERGY_OVERPRICED: 18,
        Fault.GRACE_IGNORED: 90,
        Fault.MISSING: 12,
        Fault.LATE: 12,
        Fault.SENT_TWICE: 16,
    }

    def __init__(self, random: Random, weights: Mapping[Fault, float] = WEIGHTS) -> None:
        self._random, self._weights = random, weights

    def draw(self, spot: Spot, parking_ticks: int) -> Fault:
        """No fault mostly, else one that can show here."""
        possible = [fault for fault in self._weights if can_show(fault, spot, parking_ticks)]
        return self._random.choices(possible, weights=[self._weights[fault] for fault in possible])[0]


def can_show(fault: Fault, spot: Spot, parking_ticks: int) -> bool:
    """Whether the fault makes a difference: parking money needs paid parking, energy money a price per kWh."""
    sold = {c["type"] for element in spot.tariff["elements"] for c in element["price_components"]}
    if fault is Fault.GRACE_IGNORED:
        return parking_ticks > 0 and "PARKING_TIME" in sold
    return fault is not Fault.ENERGY_OVERPRICED or "ENERGY" in sold


def spots(estate: Estate) -> list[Spot]:
    """Every bay of a CPO with the tariff of its connector."""
    return [
        Spot(location, evse, estate.tariffs[evse["connectors"][0]["tariff_ids"][0]])
        for location in estate.locations.values()
        for evse in location["evses"]
    ]


def charge(
    number: int, *, spot: Spot, token: Json, starts_at: datetime, random: Random, faults: Faults | None = None
) -> Charge:
    """A believable charge: quick at a fast charger, hours on the street, sometimes left standing afterwards."""
    charging = random.randrange(30, 95) if spot.fast else random.randrange(80, 520)
    parking = 0 if spot.fast or random.random() < 0.45 else random.randrange(30, 400)
    kilowatts = Decimal(random.randrange(420, 1500 if spot.fast else 1080)) / (10 if spot.fast else 100)
    energy = (kilowatts * charging / 100).quantize(Decimal("0.001"))
    return Charge(
        number=number,
        spot=spot,
        token=token,
        starts_at=starts_at,
        periods=tuple(_periods(spot, starts_at, charging, parking, energy)),
        charging_ticks=charging,
        parking_ticks=parking,
        energy_kwh=energy,
        asked=token["whitelist"] != "ALWAYS",
        fault=faults.draw(spot, parking) if faults else Fault.NONE,
    )


def _periods(spot: Spot, starts_at: datetime, charging: int, parking: int, energy: Decimal) -> list[Json]:
    half, half_energy = charging // 2, (energy / 2).quantize(Decimal("0.001"))
    periods = [
        _period(spot, starts_at, ENERGY=half_energy, TIME=Decimal(half) / 100),
        _period(spot, starts_at + half * TICK, ENERGY=energy - half_energy, TIME=Decimal(charging - half) / 100),
    ]
    if parking:
        # The grace is no parking time: the vehicle may stand there free of charge, so its volume is left out.
        paid = max(Decimal(parking) / 100 - GRACE_HOURS, Decimal(0))
        periods.append(_period(spot, starts_at + charging * TICK, PARKING_TIME=paid))
    return periods


def _period(spot: Spot, starts_at: datetime, **volumes: Decimal) -> Json:
    dimensions = [{"type": kind, "volume": volume} for kind, volume in volumes.items()]
    return {"start_date_time": stamp(starts_at), "dimensions": dimensions, "tariff_id": spot.tariff["id"]}


def _owner(of: Json) -> Json:
    return {"country_code": of["country_code"], "party_id": of["party_id"]}


def _cdr_location(spot: Spot) -> Json:
    place, connector = spot.location, spot.connector
    return {
        **{name: place[name] for name in ("id", "name", "address", "city", "postal_code", "country", "coordinates")},
        "evse_uid": spot.evse["uid"],
        "evse_id": spot.evse["evse_id"],
        "connector_id": connector["id"],
        "connector_standard": connector["standard"],
        "connector_format": connector["format"],
        "connector_power_type": connector["power_type"],
    }


def _dearer(tariff: Json) -> Json:
    """Eleven cents more per kWh than published."""
    elements = [
        {
            **element,
            "price_components": [
                {**c, "price": c["price"] + Decimal("0.11")} if c["type"] == "ENERGY" else c
                for c in element["price_components"]
            ],
        }
        for element in tariff["elements"]
    ]
    return {**tariff, "elements": elements}


def _without_grace(period: Json) -> Json:
    """The same period with the free quarter of an hour billed as parking."""
    dimensions = [
        {**d, "volume": d["volume"] + GRACE_HOURS} if d["type"] == "PARKING_TIME" else d for d in period["dimensions"]
    ]
    return {**period, "dimensions": dimensions}
