"""What a charging period knows when its prices are looked up: all that a restriction can ask."""

from datetime import datetime, timedelta
from decimal import Decimal

from billing.pricing.shapes import Period

_SAYS = {
    "MIN_POWER": ("power", 0),
    "MAX_POWER": ("power", 1),
    "POWER": ("power", 2),
    "MIN_CURRENT": ("current", 0),
    "MAX_CURRENT": ("current", 1),
    "CURRENT": ("current", 2),
}
Measured = tuple[Decimal | None, Decimal | None, Decimal | None]


class Moment:
    """The start of period `index`: `kwh` were charged before it and `elapsed` has passed since the session began.

    `local` is the local time, or None where no price asks for it. Nobody changes a moment.
    """

    __slots__ = ("elapsed", "index", "kwh", "local", "minutes", "period")

    def __init__(
        self,
        index: int,
        period: Period,
        elapsed: timedelta,
        kwh: Decimal,
        local: datetime | None,
    ) -> None:
        self.index = index
        self.period = period
        self.elapsed = elapsed
        self.kwh = kwh
        self.local = local
        self.minutes = local.hour * 60 + local.minute if local is not None else 0

    def measured(self, quantity: str) -> Measured:
        """Lowest, highest and only value of `power` (kW) or `current` (A) in the period, as far as it tells them."""
        found: list[Decimal | None] = [None, None, None]
        for volume in self.period.dimensions:
            says = _SAYS.get(volume.type)
            if says is not None and says[0] == quantity:
                found[says[1]] = volume.volume
        return found[0], found[1], found[2]
