"""What the parties of a world own, drawn by chance and put into the database by the services."""

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from roaming.ocpi.schema import wire
from roaming.ocpi.schema.values import format_time
from tests import cast
from tests.roaming.visibility.world import IDS, Side, Thing, World

Data = dict[str, Any]
STRANGER = "FR*XYZ"  # an eMSP that nobody hosts


class Filling:
    """One filling of one world."""

    def __init__(self, chance: random.Random, world: World) -> None:
        self.chance = chance
        self.world = world
        self.numbers = itertools.count(1)

    def fill(self) -> None:
        for side in self.world.sides:
            owned = {"CPO": self.of_cpo, "EMSP": self.of_emsp, "OTHER": self.of_provider}[side.role]
            self.world.things += list(owned(side))
        self.world.things += [
            self.cdr(cpo, f"X{number}", charge=(emsp, self.world.at - timedelta(days=days)))
            for number, (cpo, emsp, days) in enumerate(self.world.certain)
        ]
        for side in self.world.sides:
            if side.role != "OTHER":
                self.world.things += list(self.records(side))
        self.open_all()

    def open_all(self) -> None:
        """Every platform is told whom it reaches through us, and what it missed."""
        from partners.connections.models import Connection
        from roaming.hub import services as hub
        from roaming.kernel import events

        hub.refresh(at=self.world.at)
        for connection in Connection.objects.order_by("id"):
            events.publish("connection.registered", connection=connection, at=self.world.at)

    def of_cpo(self, cpo: Side) -> Iterator[Thing]:
        yield from self.ids(2, lambda name: self.tariff(cpo, name))
        yield from self.ids(2, lambda name: self.location(cpo, name))
        yield from self.ids(1, lambda name: self.place(cpo, name))
        yield from self.ids(3, lambda name: self.session(cpo, name))
        yield from self.ids(3, lambda name: self.cdr(cpo, name))
        yield from self.ids(2, lambda name: self.booking(cpo, name))

    def of_emsp(self, emsp: Side) -> Iterator[Thing]:
        yield from self.ids(2, lambda name: self.token(emsp, name))

    def of_provider(self, provider: Side) -> Iterator[Thing]:
        """Payment terminals at stations of CPOs, and what was captured there."""
        yield from self.ids(3, lambda name: self.terminal(provider, name))
        yield from self.ids(3, lambda name: self.advice(provider, name))

    def ids(self, count: int, make: Any) -> Iterator[Thing]:
        for name in self.chance.sample(IDS, count):
            yield make(self.chance.choice((name.upper(), name.lower())))

    def location(self, cpo: Side, name: str) -> Thing:
        from roaming.locations import services

        thing = self.thing("location", cpo, name, publish=self.chance.random() < 0.7)
        connector = self.marked(
            thing,
            id="1",
            standard="IEC_62196_T2",
            format="SOCKET",
            power_type="AC_3_PHASE",
            max_voltage=230,
            max_amperage=16,
        )
        evse = self.marked(thing, uid="E1", status="AVAILABLE", connectors=[connector])
        data = self.owned(thing, publish=thing.publish, time_zone="Europe/Amsterdam", evses=[evse], **ADDRESS)
        services.put(party=party(cpo), location_id=name, data=data, at=self.world.at)
        return thing

    def tariff(self, cpo: Side, name: str) -> Thing:
        from roaming.tariffs import services

        thing = self.thing("tariff", cpo, name, told=self.chance.random() < 0.8)
        price = {"type": "FLAT", "price": 1, "step_size": 1}
        data = self.owned(thing, currency="EUR", tax_included="NO", elements=[{"price_components": [price]}])
        services.put(party=party(cpo), tariff_id=name, data=data, at=self.world.at)
        if not thing.told:
            services.delete(party=party(cpo), tariff_id=name, at=self.world.at)
        return thing

    def token(self, emsp: Side, name: str) -> Thing:
        from roaming.tokens import services

        type_ = self.chance.choice(("RFID", "APP_USER"))
        whitelist = self.chance.choice(("ALWAYS", "ALLOWED", "NEVER"))
        thing = self.thing("token", emsp, name, type=type_)
        data = self.owned(thing, key="uid", type=type_, contract_id=contract(emsp, name), issuer="X", valid=True)
        data |= {"whitelist": whitelist}
        services.put(party=party(emsp), token_uid=name, token_type=type_, data=data, at=self.world.at)
        return thing

    def session(self, cpo: Side, name: str) -> Thing:
        from roaming.sessions import services

        thing = self.charge("session", cpo, name, location_id=self.chance.choice(IDS))
        data = self.owned(thing, kwh=1, currency="EUR", auth_method="WHITELIST", status="ACTIVE", **self.driver(thing))
        data |= {"location_id": thing.location_id, "evse_uid": "e1", "connector_id": "1"}
        services.put(party=party(cpo), session_id=name, data=data, at=self.world.at)
        return thing

    def cdr(self, cpo: Side, name: str, charge: tuple[Side, datetime] | None = None) -> Thing:
        from roaming.cdrs import services
        from roaming.cdrs.models import Via

        states = self.chance.choice(([], ["held"], ["accepted"], ["accepted"], ["accepted", "held"]))
        if charge:
            states = ["accepted"]
            thing = self.thing("cdr", cpo, name, other=charge[0], begins=charge[1])
        else:
            thing = self.charge("cdr", cpo, name, told="accepted" in states)
        assert thing.begins is not None
        period = {"start_date_time": format_time(thing.begins), "dimensions": [{"type": "ENERGY", "volume": 1}]}
        data = self.owned(
            thing,
            end_date_time=format_time(thing.begins + timedelta(hours=1)),
            auth_method="WHITELIST",
            cdr_location=self.marked(thing, **CDR_PLACE),
            currency="EUR",
            charging_periods=[period],
            total_cost={"before_taxes": 1},
            total_energy=1,
            total_time=1,
            **self.driver(thing),
        )
        row = services.receive(
            party=party(cpo),
            raw=wire.encode(data),
            version="2.3.0",
            data=data,
            connection=None,
            via=Via.IMPORT,
            at=self.world.at,
        ).cdr
        for state in states:
            services.move(cdr=row, to=state, reason="By chance.", agreement=some_agreement(), at=self.world.at)
        self.world.addresses[thing.marker] = f"/receiver/cdrs/{cpo.code.replace('*', '/')}/{name}"
        return thing

    def place(self, cpo: Side, name: str) -> Thing:
        from roaming.bookings import places

        thing = self.thing("booking_location", cpo, name)
        slot = {"start_date_time": "2026-12-01T00:00:00Z", "end_date_time": "2026-12-02T00:00:00Z"}
        calendar = self.marked(
            thing,
            id="C1",
            begin_from="2026-12-01T00:00:00Z",
            end_before="2026-12-02T00:00:00Z",
            available_timeslots=[slot],
        )
        data = self.owned(thing, location_id="A1", calendars=[calendar])
        places.put(party=party(cpo), place_id=name, data=data, at=self.world.at)
        return thing

    def booking(self, cpo: Side, name: str) -> Thing:
        from roaming.bookings import services

        thing = self.charge("booking", cpo, name)
        assert thing.begins is not None
        period = {"start_date_time": format_time(thing.begins), "end_date_time": format_time(thing.begins)}
        code = thing.other.code if thing.other else STRANGER
        common: Data = {"location_id": "A1", "request_id": name, "period": period, "authorization_reference": "X"}
        request = {"country_code": code[:2], "party_id": code[3:], "booking_location_id": "A1", **common}
        asked = {
            "request_status": "ACCEPTED",
            "booking_request": request,
            "request_received": format_time(thing.begins),
        }
        terms = {"supported_access_methods": ["OPEN"], "change_until_minutes": 1, "cancel_until_minutes": 1}
        data = self.owned(thing, reservation_status="RESERVED", booking_terms=terms, booking_requests=[asked], **common)
        del data["start_date_time"]
        services.put(party=party(cpo), booking_id=name, data=data, at=self.world.at)
        return thing

    def terminal(self, provider: Side, name: str) -> Thing:
        from roaming.terminals import services

        thing = self.thing("terminal", provider, name, other=self.some_cpo())
        data = self.marked(thing, terminal_id=name)
        cpo = party(thing.other) if thing.other else None
        services.put_terminal(provider=party(provider), cpo=cpo, data=data, at=self.world.at)
        return thing

    def advice(self, provider: Side, name: str) -> Thing:
        from roaming.terminals import services

        thing = self.thing("advice", provider, name, other=self.some_cpo())
        data = self.marked(thing, id=name, authorization_reference="X", currency="EUR", capture_status_code="SUCCESS")
        data |= {"total_costs": {"before_taxes": 1}, "eft_data": ["X"]}
        cpo = party(thing.other) if thing.other else None
        services.put_advice(provider=party(provider), cpo=cpo, data=data, at=self.world.at)
        return thing

    def some_cpo(self) -> Side | None:
        return self.chance.choice([*(side for side in self.world.sides if side.role == "CPO"), None])

    def records(self, biller: Side) -> Iterator[Thing]:
        """Invoice records name CDRs, and are for whom these are billed to."""
        from roaming.invoice_records import services

        cdrs = [thing for thing in self.world.things if thing.kind == "cdr" and biller in (thing.owner, thing.other)]
        for number, cdr in enumerate(cdrs):
            billed = cdr.other if biller.role == "CPO" else cdr.owner
            alike = {(one.owner, one.other) for one in cdrs if one.id.upper() == cdr.id.upper()}
            if billed is None or len(alike) > 1:
                continue  # nobody, or nobody could tell who
            told = cdr.id.startswith("X") or self.chance.random() < 0.8
            name = f"{biller.role}-{number}"
            thing = self.thing("invoice_record", biller, name, other=billed, told=told)
            data = self.owned(thing, invoice_id=f"INV {number}", cdrs=[cdr.id])
            services.receive(owners=[party(biller)], data=data, at=self.world.at)
            if not told:
                services.delete(party=party(biller), record_id=name, at=self.world.at)
            yield thing

    def charge(self, kind: str, cpo: Side, name: str, **further: Any) -> Thing:
        """Something that a driver did, or is to do, at some time of the last year."""
        emsp = self.chance.choice([*(side for side in self.world.sides if side.role == "EMSP"), None])
        begins = self.world.at - timedelta(hours=self.chance.randrange(-48, 24 * 350))
        deals = [deal for deal in self.world.deals if deal.cpo == cpo]
        if deals and self.chance.random() < 0.6:  # about when an agreement of it begins or ends, somewhere on earth
            deal = self.chance.choice(deals)
            emsp, day = deal.emsp, self.chance.choice([deal.starts, deal.ends or deal.starts])
            midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
            begins = midnight + timedelta(hours=self.chance.randrange(-16, 16))
        return self.thing(kind, cpo, name, other=emsp, begins=begins, **further)

    def thing(self, kind: str, owner: Side, name: str, **further: Any) -> Thing:
        updated = self.world.at - timedelta(hours=self.chance.randrange(24 * 30))
        return Thing(kind, owner, name, f"secret-{next(self.numbers):04d}", updated, **further)

    def owned(self, thing: Thing, *, key: str = "id", **fields: Any) -> Data:
        """The object with what all have in common."""
        code = thing.owner.code
        begins = {"start_date_time": format_time(thing.begins)} if thing.begins else {}
        common = {"country_code": code[:2], "party_id": code[3:], key: thing.id, **begins}
        return self.marked(thing, **common, **fields)

    def marked(self, thing: Thing, **fields: Any) -> Data:
        return {**fields, "x_marker": thing.marker, "last_updated": format_time(thing.updated)}

    def driver(self, thing: Thing) -> Data:
        code = thing.other.code if thing.other else STRANGER
        token = {"country_code": code[:2], "party_id": code[3:], "uid": "A1", "type": "RFID"}
        return {"cdr_token": {**token, "contract_id": contract(thing.other, "A1")}}


ADDRESS: Data = {
    "address": "Kade 1",
    "city": "Rotterdam",
    "country": "NLD",
    "coordinates": {"latitude": "51.886920", "longitude": "4.488330"},
}
CDR_PLACE: Data = {
    **ADDRESS,
    "id": "A1",
    "evse_uid": "E1",
    "evse_id": "NL*ONE*E1",
    "connector_id": "1",
    "connector_standard": "IEC_62196_T2",
    "connector_format": "SOCKET",
    "connector_power_type": "AC_3_PHASE",
}


def contract(emsp: Side | None, name: str) -> str:
    return f"{(emsp.code if emsp else STRANGER).replace('*', '-')}-C{name.upper()}"


def party(side: Side) -> Any:
    return cast.party(side.code, side.role)


def some_agreement() -> Any:
    from partners.agreements.models import Agreement

    return Agreement.objects.exclude(state="draft").order_by("id").first() or Agreement.objects.first()
