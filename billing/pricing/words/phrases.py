"""What a tariff is told with, in one language. `{}` are filled in the order in which they are named."""

from dataclasses import dataclass

from billing.pricing.shapes import Dimension, Reservation

# What is paid for: of charging (None), or of a reservation that was used or ran out.
Subject = tuple[Reservation | None, Dimension]


@dataclass(frozen=True, kw_only=True)
class Phrases:
    """Two bounds take a low and a high value, dates an inclusive last day, amounts with and without VAT the latter
    first. `types` are by OCPI TariffType; a REGULAR tariff says nothing."""

    subjects: dict[Subject, str]
    types: dict[str, str]
    line: str
    apart: str
    otherwise: str
    per_kwh: str
    per_hour: str
    free: str
    all_free: str
    plus_vat: str
    with_vat: str
    prices_without: str
    prices_without_plus: str
    prices_with: str
    prices_with_at: str
    prices_taxless: str
    at_least: str
    at_most: str
    without_only: str
    without_and_with: str
    valid_from: str
    valid_until: str
    valid_between: str
    unknown: str
    billed: str
    step: str
    steps: dict[str, str]
    hours: str
    minutes: str
    seconds: str
    time_between: str
    time_from: str
    time_until: str
    days: str
    each_day: str
    day_range: str
    weekdays: str
    weekend: str
    date_on: str
    date_from: str
    date_until: str
    kwh_between: str
    kwh_from: str
    kwh_below: str
    duration_between: str
    duration_from: str
    duration_below: str
    measured_between: str
    measured_from: str
    measured_below: str


USED, EXPIRED = Reservation.RESERVATION, Reservation.RESERVATION_EXPIRES


def subjects(*names: str) -> dict[Subject, str]:
    """In this order: fee, energy, charging, parking; fee and time of a reservation, and of one that ran out."""
    keys: tuple[Subject, ...] = (
        *((None, kind) for kind in Dimension),
        *((when, kind) for when in (USED, EXPIRED) for kind in (Dimension.FLAT, Dimension.TIME)),
    )
    return dict(zip(keys, names, strict=True))


def types(ad_hoc: str, cheap: str, fast: str, green: str) -> dict[str, str]:
    kinds = ("AD_HOC_PAYMENT", "PROFILE_CHEAP", "PROFILE_FAST", "PROFILE_GREEN")
    return dict(zip(kinds, (ad_hoc, cheap, fast, green), strict=True))
