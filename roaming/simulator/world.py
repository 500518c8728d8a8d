"""A small world made from a seed: the same seed gives the same stations, tariffs and cards on every machine."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from roaming.simulator.places import Place
from roaming.simulator.wire import Json, stamp

VAT = Decimal("21.0")
# What the stations of a CPO charge, one after the other.
_PLANS = ("AC", "AC-PARK", "DC", "AC-TIME", "AC-PARK", "AC", "DC", "NIGHT", "AC", "AC-PARK", "AC-TIME")
_AC = {"standard": "IEC_62196_T2", "format": "SOCKET", "power_type": "AC_3_PHASE", "max_voltage": 230}
_DC = {"standard": "IEC_62196_T2_COMBO", "format": "CABLE", "power_type": "DC", "max_voltage": 920}


@dataclass(frozen=True)
class PartyCard:
    """One party of a platform, as its credentials name it."""

    country_code: str
    party_id: str
    role: str
    name: str
    website: str = ""

    @property
    def owner(self) -> Json:
        return {"country_code": self.country_code, "party_id": self.party_id}

    @property
    def code(self) -> str:
        return f"{self.country_code}*{self.party_id}"

    def as_role(self) -> Json:
        details = {"name": self.name} | ({"website": self.website} if self.website else {})
        return {"role": self.role, **self.owner, "business_details": details}


@dataclass
class Estate:
    """What a party owns. Keys are OCPI ids; tokens: uid."""

    party: PartyCard
    locations: dict[str, Json] = field(default_factory=dict)
    tariffs: dict[str, Json] = field(default_factory=dict)
    tokens: dict[str, Json] = field(default_factory=dict)

    def objects(self) -> list[tuple[str, Json]]:
        """(module, object) of everything, what is named before what names it."""
        owned = {"tariffs": self.tariffs, "locations": self.locations, "tokens": self.tokens}
        return [(module, data) for module, objects in owned.items() for data in objects.values()]


def cpo_estate(party: PartyCard, places: tuple[Place, ...], *, seed: int, at: datetime) -> Estate:
    """Stations at the given places with four ordinary tariffs and one night tariff (restricted by time of day)."""
    random = Random(f"{seed} {party.code} stations")
    estate = Estate(party)
    estate.tariffs = {tariff["id"]: tariff for tariff in _tariffs(party, random, at)}
    for number, place in enumerate(places, start=1):
        location = _location(party, place, number, random, at)
        estate.locations[location["id"]] = location
    return estate


def emsp_estate(party: PartyCard, *, count: int, seed: int, at: datetime) -> Estate:
    """Cards of drivers: most may charge at once, some must be asked for, a few are blocked."""
    random = Random(f"{seed} {party.code} cards")
    estate = Estate(party)
    while len(estate.tokens) < count:
        token = _token(party, len(estate.tokens) + 1, random, at)
        estate.tokens[token["uid"]] = token
    return estate


def _component(kind: str, price: str, step_size: int = 1) -> Json:
    return {"type": kind, "price": Decimal(price), "vat": VAT, "step_size": step_size}


def _tariffs(party: PartyCard, random: Random, at: datetime) -> list[Json]:
    cheap = Decimal(random.randrange(36, 42)) / 100
    night: list[Json] = [
        {
            "price_components": [_component("ENERGY", str(cheap - Decimal("0.12")))],
            "restrictions": {"start_time": "23:00", "end_time": "07:00"},
        },
        {"price_components": [_component("ENERGY", str(cheap))]},
    ]
    plans: dict[str, list[Json]] = {
        "AC": [{"price_components": [_component("ENERGY", str(cheap))]}],
        "AC-PARK": [{"price_components": [_component("ENERGY", "0.37"), _component("PARKING_TIME", "2.40", 60)]}],
        "AC-TIME": [{"price_components": [_component("FLAT", "0.35"), _component("TIME", "2.10", 900)]}],
        "DC": [{"price_components": [_component("FLAT", "0.61"), _component("ENERGY", "0.59")]}],
        "NIGHT": night,
    }
    texts = {
        "AC": f"EUR {cheap} per kWh",
        "AC-PARK": "EUR 0.37 per kWh, EUR 2.40 per hour once charging has ended, the first 15 minutes free",
        "AC-TIME": "EUR 0.35 a start and EUR 2.10 per hour, by the quarter",
        "DC": "EUR 0.61 a start and EUR 0.59 per kWh",
        "NIGHT": f"EUR {cheap} per kWh, 12 cents less from 23:00 to 7:00",
    }
    return [
        {
            **party.owner,
            "id": f"{party.party_id}-{name}",
            "currency": "EUR",
            "type": "REGULAR",
            "tariff_alt_text": [{"language": "en", "text": texts[name]}],
            "elements": elements,
            "last_updated": stamp(at),
        }
        for name, elements in plans.items()
    ]


def _location(party: PartyCard, place: Place, number: int, random: Random, at: datetime) -> Json:
    plan = _PLANS[number % len(_PLANS)]
    evses = [
        _evse(party, f"{party.party_id}-{number:03d}-{bay}", f"{number:04d}{bay}", plan, random, at)
        for bay in range(1, random.randrange(2, 5))
    ]
    return {
        **party.owner,
        "id": f"{party.party_id}-L{number:03d}",
        "publish": True,
        "name": place.name,
        "address": place.address,
        "city": place.city,
        "postal_code": place.postal_code,
        "country": place.country,
        "coordinates": {"latitude": place.latitude, "longitude": place.longitude},
        "parking_type": random.choice(["ON_STREET", "PARKING_GARAGE", "PARKING_LOT"]),
        "evses": evses,
        "operator": {"name": party.name},
        "time_zone": place.time_zone,
        "opening_times": {"twentyfourseven": True},
        "charging_when_closed": True,
        "last_updated": stamp(at),
    }


def _evse(party: PartyCard, uid: str, serial: str, plan: str, random: Random, at: datetime) -> Json:
    fast = plan == "DC"
    amperage = random.choice([125, 200, 375]) if fast else random.choice([16, 32])
    connector = {
        "id": "1",
        **(_DC if fast else _AC),
        "max_amperage": amperage,
        "max_electric_power": amperage * 800 if fast else amperage * 690,
        "tariff_ids": [f"{party.party_id}-{plan}"],
        "last_updated": stamp(at),
    }
    return {
        "uid": uid,
        "evse_id": f"{party.country_code}*{party.party_id}*E{serial}",
        "status": "AVAILABLE",
        "capabilities": [
            "RFID_READER",
            "REMOTE_START_STOP_CAPABLE",
            "CHARGING_PROFILE_CAPABLE",
            "CHARGING_PREFERENCES_CAPABLE",
        ],
        "connectors": [connector],
        "physical_reference": uid.rsplit("-", 1)[-1],
        "last_updated": stamp(at),
    }


def _token(party: PartyCard, number: int, random: Random, at: datetime) -> Json:
    blocked = number % 25 == 0
    app = number % 8 == 0
    contract = f"{party.country_code}{party.party_id}C{number:07d}{random.choice('0123456789X')}"
    token: Json = {
        **party.owner,
        "uid": f"{party.party_id}-APP-{number:05d}" if app else f"{random.getrandbits(56):014X}",
        "type": "APP_USER" if app else "RFID",
        "contract_id": contract,
        "visual_number": f"{party.country_code}-{party.party_id}-{number:06d}",
        "issuer": party.name,
        "valid": not blocked,
        "whitelist": "NEVER" if app else random.choice(["ALWAYS", "ALLOWED", "ALLOWED", "ALLOWED_OFFLINE", "NEVER"]),
        "language": "de" if party.country_code == "DE" else "nl",
        "last_updated": stamp(at - timedelta(seconds=number)),
    }
    return token
