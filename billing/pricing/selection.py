"""Which tariff prices a CDR (spec: ChargingPeriod.tariff_id, Tariff.start_date_time)."""

from collections.abc import Sequence

from billing.pricing.refusals import CannotPrice
from billing.pricing.shapes import Cdr, Tariff


def tariff_of(cdr: Cdr, tariffs: Sequence[Tariff]) -> Tariff:
    """The one tariff of all periods: the one they name, else the one valid at the start. Raises CannotPrice."""
    if not tariffs:
        raise CannotPrice("no_tariff", "There is no tariff to price this CDR with.")
    named = {period.tariff_id.upper(): period.tariff_id for period in cdr.periods if period.tariff_id}
    if not named:
        return _valid(cdr, tariffs, "The charging periods name no tariff")
    if len(named) > 1:
        raise CannotPrice(
            "several_tariffs", f"The charging periods change between tariffs {', '.join(named.values())}."
        )
    if not all(period.tariff_id for period in cdr.periods):
        raise CannotPrice("period_without_tariff", "Some charging periods name a tariff and others do not.")
    tariff_id = next(iter(named.values()))
    called = [tariff for tariff in tariffs if tariff.is_called(tariff_id)]
    if not called:
        raise CannotPrice("unknown_tariff", f"The charging periods name tariff {tariff_id}, which is not known.")
    return _valid(cdr, called, f"The charging periods name tariff {tariff_id}")


def _valid(cdr: Cdr, tariffs: Sequence[Tariff], named: str) -> Tariff:
    """The only one of `tariffs` that was valid when the session started."""
    valid = [tariff for tariff in tariffs if tariff.is_valid_at(cdr.starts_at)]
    if not valid:
        raise CannotPrice("tariff_not_valid", f"{named}; none was valid when the session started.")
    if any(tariff != valid[0] for tariff in valid):
        raise CannotPrice("several_tariffs", f"{named}; {len(valid)} were valid when the session started.")
    return valid[0]
