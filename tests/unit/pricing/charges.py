"""Charges of Nomad's drivers at Volta, and tariffs to price them with. Numbers are texts, read as Decimal."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from billing import pricing
from billing.pricing import Cdr, Component, Element, Period, Priced, Tariff, TaxIncluded, Unpriceable

START = datetime(2026, 10, 14, 7, 30, tzinfo=UTC)


def component(kind: str, price: str, *, vat: str | None = None, step: int = 1) -> Component:
    return Component(kind=kind, price=Decimal(price), vat=None if vat is None else Decimal(vat), step_size=step)


def tariff(*components: Component, **fields: Any) -> Tariff:
    """A tariff of one unrestricted element; `elements=` replaces it."""
    made: dict[str, Any] = {"id": "FAIR", "currency": "EUR", "elements": (Element(components),), **fields}
    return Tariff(**made)


def period(*, after: int = 0, tariff_id: str | None = "FAIR", **volumes: str) -> Period:
    """A charging period that begins `after` hours: `period(ENERGY="20", TIME="1.5")`."""
    found = tuple((kind, Decimal(volume)) for kind, volume in volumes.items())
    return Period(starts_at=START + timedelta(hours=after), volumes=found, tariff_id=tariff_id)


def cdr(*periods: Period, **fields: Any) -> Cdr:
    """A CDR of two hours in EUR."""
    made: dict[str, Any] = {
        "id": "VLT-1",
        "currency": "EUR",
        "starts_at": START,
        "ends_at": START + timedelta(hours=2),
        "periods": periods,
        "total_energy": Decimal(20),
        "total_time": Decimal(2),
        **fields,
    }
    return Cdr(**made)


def priced(charge: Cdr, *tariffs: Tariff) -> Priced:
    outcome = pricing.price(charge, tariffs)
    assert isinstance(outcome, Priced), outcome
    return outcome


def refused(charge: Cdr, *tariffs: Tariff) -> Unpriceable:
    outcome = pricing.price(charge, tariffs)
    assert isinstance(outcome, Unpriceable), outcome
    return outcome


GROSS, NO_TAX = TaxIncluded.YES, TaxIncluded.NOT_APPLICABLE
