"""How OCPI is read where it leaves a choice. The defaults are the recommended readings; an agreement may choose others.

Each member says which question of the specification it answers (docs/pricing.md has them with examples).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class StepSizeVolume(StrEnum):
    """Which quantity is rounded up to whole steps: what has a price, or all that was metered."""

    BILLABLE = "billable"
    ALL = "all"


class StepSizeScope(StrEnum):
    """Rounded up once per session, as the specification says; PERIOD and NONE are found in the wild."""

    SESSION = "session"
    PERIOD = "period"
    NONE = "none"


class TimeStep(StrEnum):
    """Which time is rounded up where charging and parking are both priced: parking, or whichever came last."""

    PARKING = "parking"
    LAST = "last"


class ParkingUsed(StrEnum):
    """Parking counts as used when some of it is priced, or already when a period names it with a volume of 0."""

    VOLUME = "volume"
    PRESENCE = "presence"


class WrittenHours(StrEnum):
    """Times of four decimals of an hour, in which 40 minutes are 0.6667 h and 0.12 s too long: taken as they are
    written, or as the whole seconds that they may have been rounded from (0.18 s away at most)."""

    LITERAL = "literal"
    WHOLE_SECONDS = "whole_seconds"


class ThresholdInsidePeriod(StrEnum):
    """A restriction that changes inside a period: its start decides for all of it, or it is split there.

    SPLIT assumes that energy and time flow evenly, because the CDR does not tell more.
    """

    START = "start"
    SPLIT = "split"


class Flat(StrEnum):
    """Flat fees that become active one after the other: the first only, or each of them once."""

    ONCE = "once"
    EACH = "each"


class Selection(StrEnum):
    """The first element that matches and has the dimension, for each dimension; or the first that matches, for all."""

    DIMENSION = "dimension"
    ELEMENT = "element"


class MissingMeasurement(StrEnum):
    """A restriction of power or current without a measurement in the period: it does not match, or it does."""

    NO_MATCH = "no_match"
    MATCH = "match"


class Straddling(StrEnum):
    """Lowest and highest power of a period on both sides of a bound: `min_power` asks the highest and `max_power` the
    lowest (OPPOSITE), or each its namesake (SAME)."""

    OPPOSITE = "opposite"
    SAME = "same"


class EqualTimes(StrEnum):
    """`start_time` equal to `end_time` is the whole day, or no time at all."""

    WHOLE_DAY = "whole_day"
    NEVER = "never"


class UnnamedTariff(StrEnum):
    """A period without `tariff_id` beside others with one: the default tariff prices it, or nothing does."""

    DEFAULT = "default"
    FREE = "free"


class UnknownTariff(StrEnum):
    """A period names a tariff that is not there: refused, or priced by the default tariff with a warning."""

    REFUSE = "refuse"
    DEFAULT = "default"


class TaxWithoutRate(StrEnum):
    """A price before tax without a VAT rate: no tax applies, or the price after tax is not known."""

    NONE_APPLIES = "none_applies"
    UNKNOWN = "unknown"


class LimitWithoutTax(StrEnum):
    """A minimum or maximum price that applies and does not say what it is after tax: taxed like the session, or the
    amount after tax stays as it was."""

    SCALE = "scale"
    KEEP = "keep"


class Rounding(StrEnum):
    """Where and how an amount becomes one of its currency. Exact amounts are kept beside the rounded ones.

    PER_INVOICE rounds no CDR: the sum of an invoice is rounded once (`rounding.on_invoice`).
    """

    PER_CDR_HALF_UP = "per_cdr_half_up"
    PER_CDR_HALF_EVEN = "per_cdr_half_even"
    PER_LINE_HALF_UP = "per_line_half_up"
    PER_LINE_HALF_EVEN = "per_line_half_even"
    PER_INVOICE_HALF_UP = "per_invoice_half_up"


@dataclass(frozen=True)
class PricingPolicy:
    """One reading of the specification, hashable. `PricingPolicy()` is the recommended one."""

    step_size_volume: StepSizeVolume = StepSizeVolume.BILLABLE
    step_size_scope: StepSizeScope = StepSizeScope.SESSION
    time_step: TimeStep = TimeStep.PARKING
    parking_used: ParkingUsed = ParkingUsed.VOLUME
    written_hours: WrittenHours = WrittenHours.LITERAL
    threshold_inside_period: ThresholdInsidePeriod = ThresholdInsidePeriod.START
    flat: Flat = Flat.ONCE
    selection: Selection = Selection.DIMENSION
    missing_measurement: MissingMeasurement = MissingMeasurement.NO_MATCH
    straddling: Straddling = Straddling.OPPOSITE
    equal_times: EqualTimes = EqualTimes.WHOLE_DAY
    unnamed_tariff: UnnamedTariff = UnnamedTariff.DEFAULT
    unknown_tariff: UnknownTariff = UnknownTariff.REFUSE
    tax_without_rate: TaxWithoutRate = TaxWithoutRate.NONE_APPLIES
    limit_without_tax: LimitWithoutTax = LimitWithoutTax.SCALE
    rounding: Rounding = Rounding.PER_CDR_HALF_UP

    def but(self, /, **readings: Any) -> "PricingPolicy":
        """The same with some readings changed. Names and values may be texts; raises ValueError for unknown ones."""
        unknown = readings.keys() - READINGS.keys()
        if unknown:
            raise ValueError(f"“{min(unknown)}” is no reading; there are {', '.join(READINGS)}.")
        return replace(self, **{name: _member(name, value) for name, value in readings.items()})


RECOMMENDED = PricingPolicy()
# The values of each reading, by its name.
READINGS: Mapping[str, type[StrEnum]] = {name: type(value) for name, value in vars(RECOMMENDED).items()}


def of_version(version: str) -> PricingPolicy:
    """The recommended reading of an OCPI version: 2.2.1 says that a missing VAT is none, the others do not tell."""
    return RECOMMENDED if version.startswith("2.2") else RECOMMENDED.but(tax_without_rate=TaxWithoutRate.UNKNOWN)


def departures(readings: Mapping[str, str]) -> dict[str, str]:
    """Those that are not what every OCPI version recommends anyway: all that an agreement has to say. Raises ValueError
    for unknown names and values."""
    recommended = (RECOMMENDED, of_version("2.3.0"))
    return {
        name: value
        for name, value in readings.items()
        if any(policy.but(**{name: value}) != policy for policy in recommended)
    }


def _member(name: str, value: Any) -> Any:
    try:
        return READINGS[name](value)
    except ValueError:
        raise ValueError(f"“{value}” is no reading of “{name}”; there are {', '.join(READINGS[name])}.") from None
