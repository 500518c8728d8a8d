"""The one way to a price. Pure: values in, values out; counts in fractions, rounds nothing.

Prices flat, energy, time and parking components of one unrestricted tariff. Everything else is Unpriceable.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from billing.pricing.exact import decimal
from billing.pricing.limits import Total, within_limits
from billing.pricing.lines import net_and_gross, quantity, write
from billing.pricing.outcome import Outcome, Priced, Totals, Unpriceable
from billing.pricing.refusals import CannotPrice, refuse_cdr, refuse_tariff
from billing.pricing.selection import tariff_of
from billing.pricing.shapes import Cdr, Dimension, Tariff
from billing.pricing.usage import Usage, usage

_NOUNS = {Dimension.ENERGY: "energy", Dimension.TIME: "charging time", Dimension.PARKING_TIME: "parking time"}


def price(cdr: Cdr, tariffs: Sequence[Tariff]) -> Outcome:
    """Price a CDR with the tariff of `tariffs` that its periods name, or that was valid when it started.

    Volumes are in kWh and hours; the result is in the CDR's currency, unrounded (spec: Tariff, PriceComponent,
    TariffRestrictions, ChargingPeriod). What cannot be priced with certainty comes back as Unpriceable; nothing raises.
    """
    try:
        refuse_cdr(cdr)
        tariff = tariff_of(cdr, tariffs)
        refuse_tariff(cdr, tariff)
    except CannotPrice as refused:
        return Unpriceable(refused.reason_code, refused.sentence)
    return _priced(cdr, tariff, usage(cdr, tariff))


def _priced(cdr: Cdr, tariff: Tariff, used: Usage) -> Priced:
    amounts = [net_and_gross(use) for use in used.uses]
    net = sum((excl for excl, _ in amounts), Fraction(0))
    gross = sum((incl for _, incl in amounts), Fraction(0))
    total = within_limits(tariff, Total(net, gross), cdr.currency)
    return Priced(
        currency=cdr.currency,
        tariff_id=tariff.id,
        lines=tuple(write(use, cdr.currency) for use in used.uses),
        totals=_totals(used, [excl for excl, _ in amounts]),
        total_excl=decimal(total.net),
        total_incl=None if total.gross is None else decimal(total.gross),
        notes=(*_notes(tariff, used), *total.notes),
    )


def _totals(used: Usage, amounts: list[Fraction]) -> Totals:
    def of(dimension: Dimension) -> Decimal:
        earned = (amount for use, amount in zip(used.uses, amounts, strict=True) if use.dimension is dimension)
        return decimal(sum(earned, Fraction(0)))

    return Totals(
        flat=of(Dimension.FLAT),
        energy=of(Dimension.ENERGY),
        time=of(Dimension.TIME),
        parking=of(Dimension.PARKING_TIME),
    )


def _notes(tariff: Tariff, used: Usage) -> list[str]:
    notes = [
        f"No component prices {_NOUNS[dimension]}: {quantity(dimension, amount)} cost nothing."
        for dimension, amount in used.unpriced.items()
    ]
    if tariff.tax_included is None:
        notes.append(f"Tariff {tariff.id} does not say whether its prices include tax; read as prices before tax.")
    return notes
