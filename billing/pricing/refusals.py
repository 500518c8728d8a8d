"""What the engine does not price: it says so, and never guesses."""

from billing.pricing.shapes import Cdr, Component, Dimension, Element, Period, Tariff, TaxIncluded

# Measured beside the charging, of no concern to its price (OCPI CdrDimensionType).
_FREE_OF_PRICE = frozenset(
    [
        "CURRENT",
        "ENERGY_EXPORT",
        "ENERGY_IMPORT",
        "MAX_CURRENT",
        "MIN_CURRENT",
        "MAX_POWER",
        "MIN_POWER",
        "POWER",
        "STATE_OF_CHARGE",
    ]
)
_RESERVED = frozenset({"RESERVATION_TIME", "RESERVATION_EXPIRES", "RESERVATION_OVERTIME"})
_PRICED = frozenset({Dimension.ENERGY, Dimension.TIME, Dimension.PARKING_TIME})
_RESTRICTIONS = frozenset(
    [
        "start_time",
        "end_time",
        "start_date",
        "end_date",
        "min_kwh",
        "max_kwh",
        "min_current",
        "max_current",
        "min_power",
        "max_power",
        "min_duration",
        "max_duration",
        "day_of_week",
    ]
)


class CannotPrice(Exception):
    """There is no price; `reason_code` is for programs, `sentence` for people."""

    def __init__(self, reason_code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason_code = reason_code
        self.sentence = sentence


def refuse_cdr(cdr: Cdr) -> None:
    """Raise CannotPrice for a CDR that is not priced, whatever its tariff."""
    if cdr.credit:
        raise CannotPrice("credit", "A credit CDR is compared with its original, not priced.")
    if not cdr.periods:
        raise CannotPrice("no_periods", "The CDR has no charging periods.")
    starts = [period.starts_at for period in cdr.periods]
    if starts != sorted(starts):
        raise CannotPrice("periods_out_of_order", "The charging periods are not in the order of time.")
    for period in cdr.periods:
        _refuse_period(period)


def refuse_tariff(cdr: Cdr, tariff: Tariff) -> None:
    """Raise CannotPrice for a tariff with anything in it that is not priced."""
    if tariff.currency.upper() != cdr.currency.upper():
        raise CannotPrice(
            "currency_differs", f"Tariff {tariff.id} is in {tariff.currency}, but the CDR is in {cdr.currency}."
        )
    for element in tariff.elements:
        _refuse_restrictions(tariff, element)
        for component in element.components:
            _refuse_component(tariff, component)


def _refuse_period(period: Period) -> None:
    kinds = [kind for kind, _ in period.volumes]
    for kind, volume in period.volumes:
        if kind in _RESERVED:
            raise CannotPrice("reservation", f"The CDR bills a reservation ({kind}), which is not priced yet.")
        if kind not in _PRICED | _FREE_OF_PRICE:
            raise CannotPrice("unknown_dimension", f"A charging period measures {kind}, which is not known.")
        if kind in _PRICED and kinds.count(kind) > 1:
            raise CannotPrice("dimension_twice", f"A charging period has {kind} twice.")
        if kind in _PRICED and volume < 0:
            raise CannotPrice("negative_volume", f"A charging period has {kind} of {volume:f}.")


def _refuse_restrictions(tariff: Tariff, element: Element) -> None:
    said = set(element.restrictions)
    if not said:
        return
    listed = ", ".join(sorted(said))
    if said & {"reservation", "booking"}:
        raise CannotPrice("reservation", f"Tariff {tariff.id} has prices for reservations, which are not priced yet.")
    if said - _RESTRICTIONS:
        raise CannotPrice("unknown_restriction", f"Tariff {tariff.id} restricts prices by {listed}; not all are known.")
    raise CannotPrice("restricted", f"Tariff {tariff.id} restricts prices by {listed}, which is not priced yet.")


def _refuse_component(tariff: Tariff, component: Component) -> None:
    if component.kind not in set(Dimension):
        raise CannotPrice("unknown_component", f"Tariff {tariff.id} charges for {component.kind}, which is not known.")
    if component.vat is not None and component.vat < 0:
        raise CannotPrice("negative_vat", f"Tariff {tariff.id} has a VAT rate of {component.vat:f} %.")
    if tariff.tax_included is TaxIncluded.YES and component.vat is None and component.price:
        raise CannotPrice(
            "net_unknown", f"Tariff {tariff.id} has prices with tax but without its rate: before tax they are unknown."
        )
