"""From a use to a line: amounts before and after tax, and the sentence that explains them."""

from decimal import Decimal
from fractions import Fraction

from billing.pricing.exact import at_least, decimal, rounded
from billing.pricing.outcome import Line
from billing.pricing.shapes import Dimension, TaxIncluded
from billing.pricing.usage import Use

_UNITS = {Dimension.FLAT: "session", Dimension.ENERGY: "kWh", Dimension.TIME: "h", Dimension.PARKING_TIME: "h"}
_PER = {"session": "session", "kWh": "kWh", "h": "hour"}
_STEP_UNITS = {"kWh": "Wh", "h": "s"}


def net_and_gross(use: Use) -> tuple[Fraction, Fraction]:
    """What a use costs before and after tax, exact. Without a VAT rate, or where no tax applies, both are equal."""
    cost = use.billed * Fraction(use.component.price)
    factor = 1 + Fraction(use.component.vat or 0) / 100
    if use.tariff.tax_included is TaxIncluded.NOT_APPLICABLE:
        return cost, cost
    if use.tariff.tax_included is TaxIncluded.YES:
        return cost / factor, cost
    return cost, cost * factor


def write(use: Use, currency: str) -> Line:
    """The line of one use."""
    net, gross = net_and_gross(use)
    return Line(
        dimension=use.dimension,
        tariff_id=use.tariff.id,
        unit_price=use.component.price,
        tax_included=use.tariff.tax_included or TaxIncluded.NO,
        unit=_UNITS[use.dimension],
        measured=decimal(use.measured),
        billed=decimal(use.billed),
        step_size=use.component.step_size,
        vat=use.component.vat,
        amount=decimal(net),
        amount_incl=decimal(gross),
        sentence=_sentence(use, currency),
    )


def quantity(dimension: Dimension, amount: Fraction) -> str:
    """A quantity as people read it: energy in full, hours to four decimals."""
    unit = _UNITS[dimension]
    exact = decimal(amount)
    return f"{_plain(rounded(exact, 4) if unit == 'h' else exact)} {unit}"


def _sentence(use: Use, currency: str) -> str:
    """`31.284 kWh at 0.4900 EUR per kWh`, and the step where it added something."""
    unit = _UNITS[use.dimension]
    rate = f"{at_least(use.component.price, 4)} {currency} per {_PER[unit]}"
    if use.tariff.tax_included is TaxIncluded.YES and use.component.vat is not None:
        rate += f" including {_plain(use.component.vat)} % VAT"
    if unit == "session":
        return f"Once {rate}"
    measured, billed = quantity(use.dimension, use.measured), quantity(use.dimension, use.billed)
    if use.billed == use.measured:
        return f"{measured} at {rate}"
    return f"{measured}, billed as {billed} in steps of {use.component.step_size} {_STEP_UNITS[unit]}, at {rate}"


def _plain(value: Decimal) -> str:
    return at_least(value, 0)
