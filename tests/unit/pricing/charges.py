"""Charges of Nomad's drivers at Volta, and tariffs to price them with. Numbers are texts, read as Decimal."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing import pricing
from billing.pricing import Cdr, Component, Dimension, Element, Period, PricedSession, Tariff, TaxIncluded, Volume

START = datetime(2026, 10, 14, 7, 30, tzinfo=UTC)


def component(kind: str, price: str, *, vat: str | None = None, step: int = 1) -> Component:
    rate = None if vat is None else Decimal(vat)
    return Component(type=Dimension(kind), price=Decimal(price), vat=rate, step_size=step)


def tariff(*components: Component, **fields: Any) -> Tariff:
    """A tariff of one unrestricted element; `elements=` replaces it."""
    made: dict[str, Any] = {"id": "FAIR", "currency": "EUR", "elements": (Element(components),), **fields}
    return Tariff(**made)


def period(*, after: int = 0, tariff_id: str | None = "FAIR", **volumes: str) -> Period:
    """A charging period that begins `after` hours: `period(ENERGY="20", TIME="1.5")`."""
    found = tuple(Volume(kind, Decimal(volume)) for kind, volume in volumes.items())
    return Period(starts_at=START + timedelta(hours=after), dimensions=found, tariff_id=tariff_id)


def cdr(*periods: Period, **fields: Any) -> Cdr:
    """A CDR of two hours in EUR."""
    made: dict[str, Any] = {
        "id": "VLT-1",
        "currency": "EUR",
        "starts_at": START,
        "ends_at": START + timedelta(hours=2),
        "periods": periods,
        **fields,
    }
    return Cdr(**made)


def priced(charge: Cdr, *tariffs: Tariff) -> PricedSession:
    return pricing.price(charge, tariffs)


def refused(charge: Cdr, *tariffs: Tariff) -> pricing.PricingError:
    """Why it is not priced."""
    with pytest.raises(pricing.PricingError) as caught:
        pricing.price(charge, tariffs)
    return caught.value


GROSS, NO_TAX = TaxIncluded.YES, TaxIncluded.NOT_APPLICABLE
