"""CDRs for billing tests: in the newest shape, received like real ones, and moved to where a test needs them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from partners.agreements.models import Agreement
from roaming.cdrs import services as cdrs
from roaming.cdrs.models import Cdr, CdrState, Via
from roaming.ocpi.schema import wire
from tests import cast

ENDED = datetime(2026, 10, 14, 10, 30, tzinfo=UTC)


def tariff(
    *components: tuple[str, str], tariff_id: str = "FAIR", currency: str = "EUR", **further: Any
) -> dict[str, Any]:
    """A tariff of one unrestricted element: `tariff(("ENERGY", "0.40"), ("FLAT", "0.50"))`."""
    prices = [{"type": kind, "price": Decimal(price), "step_size": 1} for kind, price in components]
    return {
        "country_code": "NL",
        "party_id": "PLD",
        "id": tariff_id,
        "currency": currency,
        "tax_included": "NO",
        "elements": [{"price_components": prices}],
        "last_updated": "2026-01-01T00:00:00Z",
        **further,
    }


def cdr_data(
    cdr_id: str = "CDR1",
    *,
    total: str = "8.50",
    kwh: str = "20",
    cpo: str = "NL*PLD",
    emsp: str = "NL*VGO",
    ended: datetime = ENDED,
    hours: str = "1.5",
    tariffs: list[dict[str, Any]] | None = None,
    currency: str = "EUR",
    **further: Any,
) -> dict[str, Any]:
    """A CDR of 20 kWh in one and a half hours at 0.40 EUR/kWh and 0.50 EUR to start, unless told otherwise."""
    started = ended - timedelta(hours=float(hours))
    carried = [tariff(("ENERGY", "0.40"), ("FLAT", "0.50"), currency=currency)] if tariffs is None else tariffs
    period = {
        "start_date_time": _text(started),
        "dimensions": [{"type": "ENERGY", "volume": Decimal(kwh)}, {"type": "TIME", "volume": Decimal(hours)}],
        "tariff_id": carried[0]["id"] if carried else "FAIR",
    }
    return {
        "country_code": cpo[:2],
        "party_id": cpo[3:],
        "id": cdr_id,
        "start_date_time": _text(started),
        "end_date_time": _text(ended),
        "session_id": f"S-{cdr_id}",
        "cdr_token": {
            "country_code": emsp[:2],
            "party_id": emsp[3:],
            "uid": "04A1B2C3",
            "type": "RFID",
            "contract_id": "NL-VGO-C00000001-2",
        },
        "auth_method": "WHITELIST",
        "cdr_location": _location(),
        "currency": currency,
        "tariffs": carried,
        "charging_periods": [period],
        "total_cost": {"before_taxes": Decimal(total)},
        "total_energy": Decimal(kwh),
        "total_time": Decimal(hours),
        "last_updated": _text(ended),
        **further,
    }


def received(cdr_id: str = "CDR1", *, at: datetime | None = None, version: str = "2.3.0", **fields: Any) -> Cdr:
    """A CDR as the intake stores it, an hour after the charging ended unless told otherwise."""
    data = cdr_data(cdr_id, **fields)
    owner = cast.party(f"{data['country_code']}*{data['party_id']}", "CPO")
    taken = cdrs.receive(
        party=owner,
        raw=wire.encode(data),
        version=version,
        data=data,
        connection=owner.connection,
        via=Via.PUSH,
        at=at or fields.get("ended", ENDED) + timedelta(hours=1),
    )
    return Cdr.objects.get(pk=taken.cdr.pk)


def accepted(cdr_id: str = "CDR1", *, agreement: Agreement, **fields: Any) -> Cdr:
    """A CDR that was judged and found right under `agreement`."""
    fields = {"cpo": agreement.cpo.code, "emsp": agreement.emsp.code, "currency": agreement.currency, **fields}
    cdr = received(cdr_id, **fields)
    return cdrs.move(cdr=cdr, to=CdrState.ACCEPTED, reason="Right", at=cdr.received_at, agreement=agreement)


def held(cdr_id: str = "CDR1", *, agreement: Agreement | None, reason: str = "Too dear", **fields: Any) -> Cdr:
    """A CDR that was judged and found wrong."""
    cdr = received(cdr_id, **fields)
    return cdrs.move(cdr=cdr, to=CdrState.HELD, reason=reason, at=cdr.received_at, agreement=agreement)


def _location() -> dict[str, Any]:
    return {
        "id": "LOC1",
        "address": "Stationsplein 1",
        "city": "Utrecht",
        "country": "NLD",
        "coordinates": {"latitude": "52.08950", "longitude": "5.11000"},
        "evse_uid": "EVSE1",
        "evse_id": "NL*PLD*E0001",
        "connector_id": "1",
        "connector_standard": "IEC_62196_T2",
        "connector_format": "SOCKET",
        "connector_power_type": "AC_3_PHASE",
    }


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
