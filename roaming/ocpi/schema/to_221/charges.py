"""Prices, tariffs, sessions and CDRs."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .. import enums as e
from ..from_221 import CDR_PRICES, EXACT, PRICE_FIELDS, VAT, is_number, renamed
from ..known import Json
from .places import Places

FOUR_DECIMALS = Decimal("0.0001")
HUNDRED = Decimal(100)
RESERVATION_DIMENSIONS = {"RESERVATION_EXPIRES", "RESERVATION_OVERTIME"}


def _are_taxes(taxes: object) -> bool:
    return isinstance(taxes, list) and all(isinstance(tax, dict) and is_number(tax.get("amount")) for tax in taxes)


class Charges(Places):
    """The steps for what is paid, on top of those for places."""

    def price(self, value: Json, path: str) -> Json:
        before, taxes = value.get("before_taxes"), value.get("taxes") or []
        if not is_number(before) or not _are_taxes(taxes):
            return value
        price = {"excl_vat": before} | {k: v for k, v in value.items() if k not in PRICE_FIELDS}
        if taxes:
            incl: Any = before
            for tax in taxes:
                incl = EXACT.add(incl, tax["amount"])
            price["incl_vat"] = incl
        if len(taxes) > 1 or any(tax.get("name") != VAT or tax.keys() - {"name", "amount"} for tax in taxes):
            self.losses.note(f"{path}.taxes", "only the sum of the taxes is sent, within incl_vat")
        return price

    def limit(self, value: Json, path: str) -> Json:
        return renamed(value, {"before_taxes": "excl_vat", "after_taxes": "incl_vat"})

    def tariff(self, value: Json, path: str) -> Json | None:
        tariff, losses = dict(value), self.losses
        losses.drop(tariff, path, ("preauthorize_amount",))
        for name in ("min_price", "max_price"):
            losses.inside(tariff, path, name, self.limit)
        losses.inside(tariff, path, "energy_mix", self.energy_mix)
        included = tariff.pop("tax_included", "NO")
        if included == "YES":
            losses.note(f"{path}.tax_included", "YES does not exist in OCPI 2.2.1, prices are sent without tax")
        elif included == "N/A":
            losses.note(f"{path}.tax_included", "N/A does not exist in OCPI 2.2.1, prices are sent without vat")
        step = {"YES": self.net_component, "N/A": self.untaxed_component}.get(str(included))
        losses.inside(tariff, path, "elements", lambda element, place: self.element(element, place, step))
        if value.get("elements") and not tariff["elements"]:
            losses.note(path, "has no price that OCPI 2.2.1 knows")
            return None
        return tariff

    def element(self, value: Json, path: str, component: Callable[[Json, str], Json] | None) -> Json | None:
        """An element, and each of its price components by that step, where there is one."""
        restrictions = value.get("restrictions")
        if isinstance(restrictions, dict) and restrictions.get("booking") is not None:
            # Without its restriction the element would price every session.
            self.losses.note(path, "is for bookings, which do not exist in OCPI 2.2.1")
            return None
        if component is None:
            return value
        element = dict(value)
        self.losses.inside(element, path, "price_components", component)
        return element

    def net_component(self, value: Json, path: str) -> Json:
        price, vat = value.get("price"), value.get("vat")
        if not is_number(price) or not price or (is_number(vat) and not vat):
            return value
        if not is_number(vat) or vat <= -100:  # type: ignore[operator]  # is_number
            self.losses.note(f"{path}.price", "includes a tax of unknown rate and is sent as it is")
            return value
        net = EXACT.divide(EXACT.multiply(price, HUNDRED), EXACT.add(HUNDRED, vat))  # type: ignore[arg-type]  # is_number
        return value | {"price": net.quantize(FOUR_DECIMALS, ROUND_HALF_UP, EXACT)}

    def untaxed_component(self, value: Json, path: str) -> Json:
        return {key: item for key, item in value.items() if key != "vat"}

    def charging_period(self, value: Json, path: str) -> Json:
        period = dict(value)
        self.losses.inside(period, path, "dimensions", self.dimension)
        return period

    def dimension(self, value: Json, path: str) -> Json:
        kind = value.get("type")
        if not isinstance(kind, str) or kind not in RESERVATION_DIMENSIONS:
            return value
        self.losses.note(f"{path}.type", f"{kind} does not exist in OCPI 2.2.1, sent as RESERVATION_TIME")
        return value | {"type": "RESERVATION_TIME"}

    def session(self, value: Json, path: str) -> Json:
        session = dict(value)
        self.losses.inside(session, path, "cdr_token", self.token)
        self.losses.inside(session, path, "charging_periods", self.charging_period)
        self.losses.inside(session, path, "total_cost", self.price)
        return session

    def cdr(self, value: Json, path: str) -> Json:
        cdr, losses = dict(value), self.losses
        losses.drop(cdr, path, ("booking_id",))
        losses.inside(cdr, path, "cdr_token", self.token)
        losses.inside(cdr, path, "cdr_location", self.cdr_location)
        losses.inside(cdr, path, "charging_periods", self.charging_period)
        losses.inside(cdr, path, "tariffs", self.tariff)
        for name in CDR_PRICES:
            losses.inside(cdr, path, name, self.price)
        return cdr

    def cdr_location(self, value: Json, path: str) -> Json:
        """A CDR has to arrive, and the type of the plug does not change what is owed: the nearest known one is sent."""
        location = dict(value)
        nearest = {"SAE_J3400": "TESLA_S", "MCS": "IEC_62196_T2_COMBO"}.get(
            str(location.get("connector_standard")),
            "IEC_62196_T2_COMBO" if location.get("connector_power_type") == "DC" else "IEC_62196_T2",
        )
        self.losses.fall_back(location, path, "connector_standard", e.CONNECTOR_TYPES_221, nearest)
        return location
