"""One step down: an object of OCPI 2.3.0 in the shape of 2.2.1, with a note of everything that does not fit.

Works on decoded JSON as ``from_221`` does. Values that 2.2.1 does not know are never sent to it (T85): they are dropped
where they are optional, replaced by one that is never wrong where there is one.
"""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from . import enums as e
from .from_221 import CDR_PRICES, EXACT, VAT, is_number, renamed
from .losses import Json, Loss, Losses, NotExpressible

FOUR_DECIMALS = Decimal("0.0001")
HUNDRED = Decimal(100)
RESERVATION_DIMENSIONS = {"RESERVATION_EXPIRES", "RESERVATION_OVERTIME"}


def _are_taxes(taxes: object) -> bool:
    return isinstance(taxes, list) and all(isinstance(tax, dict) and is_number(tax.get("amount")) for tax in taxes)


def downgrade(kind: str, value: Json) -> tuple[Json, list[Loss]]:
    """The same object of this kind as 2.2.1 spells it, and what was lost.

    Raises NotExpressible when nothing would be left: a connector of an unknown type, a tariff for bookings only.
    """
    step = _STEPS.get(kind)
    if step is None:
        return value, []
    down = _Downgrade()
    result = step(down, dict(value), "$")
    if result is None:
        raise NotExpressible("; ".join(f"{loss.field} {loss.why}" for loss in down.losses))
    return result, list(down.losses)


class _Downgrade:
    """The steps of one downgrade; each takes an object and its path and gives a new object, or None for no object."""

    def __init__(self) -> None:
        self.losses = Losses("2.2.1")

    def location(self, value: Json, path: str) -> Json:
        location, losses = dict(value), self.losses
        losses.drop(location, path, ("parking_places", "help_phone"))
        losses.inside(location, path, "publish_allowed_to", self.token)
        losses.keep_known(location, path, "facilities", e.FACILITIES_221)
        losses.inside(location, path, "images", self.image)
        for name in ("operator", "suboperator", "owner"):
            losses.inside(location, path, name, self.business_details)
        losses.inside(location, path, "energy_mix", self.energy_mix)
        losses.inside(location, path, "evses", self.evse)
        if location.get("parking_type") is not None and location["parking_type"] not in e.PARKING_TYPES_221:
            losses.note(f"{path}.parking_type", f"{location.pop('parking_type')} does not exist in OCPI 2.2.1")
        return location

    def evse(self, value: Json, path: str) -> Json | None:
        evse, losses = dict(value), self.losses
        losses.drop(evse, path, ("parking", "accepted_service_providers"))
        losses.keep_known(evse, path, "capabilities", e.CAPABILITIES_221)
        losses.keep_known(evse, path, "parking_restrictions", e.PARKING_RESTRICTIONS_221)
        losses.inside(evse, path, "images", self.image)
        losses.inside(evse, path, "connectors", self.connector)
        if value.get("connectors") and not evse["connectors"]:
            losses.note(path, "has no connector that OCPI 2.2.1 knows")
            return None
        return evse

    def connector(self, value: Json, path: str) -> Json | None:
        connector = dict(value)
        self.losses.drop(connector, path, ("capabilities",))
        standard = connector.get("standard")
        if isinstance(standard, str) and standard not in e.CONNECTOR_TYPES_221:
            self.losses.note(path, f"is of type {standard}, which does not exist in OCPI 2.2.1")
            return None
        return connector

    def image(self, value: Json, path: str) -> Json:
        image = dict(value)
        self.losses.fall_back(image, path, "category", e.IMAGE_CATEGORIES_221, "OTHER")
        return image

    def business_details(self, value: Json, path: str) -> Json:
        details = dict(value)
        self.losses.inside(details, path, "logo", self.image)
        return details

    def energy_mix(self, value: Json, path: str) -> Json:
        mix = dict(value)
        self.losses.inside(mix, path, "environ_impact", self.impact)
        return mix

    def impact(self, value: Json, path: str) -> Json | None:
        if value.get("category") in e.ENVIRONMENTAL_IMPACTS_221:
            return value
        self.losses.note(path, f"{value.get('category')} does not exist in OCPI 2.2.1")
        return None

    def token(self, value: Json, path: str) -> Json:
        token = dict(value)
        self.losses.fall_back(token, path, "type", e.TOKEN_TYPES_221, "OTHER")
        return token

    def authorization_info(self, value: Json, path: str) -> Json:
        info = dict(value)
        self.losses.inside(info, path, "token", self.token)
        return info

    def price(self, value: Json, path: str) -> Json:
        before, taxes = value.get("before_taxes"), value.get("taxes") or []
        if not is_number(before) or not _are_taxes(taxes):
            return value
        price = {"excl_vat": before} | {k: v for k, v in value.items() if k not in {"before_taxes", "taxes"}}
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
        losses.inside(tariff, path, "elements", self.element)
        if value.get("elements") and not tariff["elements"]:
            return None
        included = tariff.pop("tax_included", "NO")
        if included == "YES":
            losses.note(f"{path}.tax_included", "YES does not exist in OCPI 2.2.1, prices are sent without tax")
            losses.inside(tariff, path, "elements", self.net_element)
        elif included == "N/A":
            losses.note(f"{path}.tax_included", "N/A does not exist in OCPI 2.2.1, prices are sent without vat")
            losses.inside(tariff, path, "elements", self.untaxed_element)
        return tariff

    def element(self, value: Json, path: str) -> Json | None:
        restrictions = value.get("restrictions")
        if not isinstance(restrictions, dict) or restrictions.get("booking") is None:
            return value
        # Without its restriction the element would price every session.
        self.losses.note(path, "is for bookings, which do not exist in OCPI 2.2.1")
        return None

    def net_element(self, value: Json, path: str) -> Json:
        element = dict(value)
        self.losses.inside(element, path, "price_components", self.net_component)
        return element

    def net_component(self, value: Json, path: str) -> Json:
        price, vat = value.get("price"), value.get("vat")
        if not is_number(price) or not price:
            return value
        if not is_number(vat) or vat <= -100:  # type: ignore[operator]  # is_number
            self.losses.note(f"{path}.price", "includes a tax of unknown rate and is sent as it is")
            return value
        net = EXACT.divide(EXACT.multiply(price, HUNDRED), EXACT.add(HUNDRED, vat))  # type: ignore[arg-type]  # is_number
        return value | {"price": net.quantize(FOUR_DECIMALS, ROUND_HALF_UP, EXACT)}

    def untaxed_element(self, value: Json, path: str) -> Json:
        element = dict(value)
        self.losses.inside(element, path, "price_components", self.untaxed_component)
        return element

    def untaxed_component(self, value: Json, path: str) -> Json:
        return {key: item for key, item in value.items() if key != "vat"}

    def charging_period(self, value: Json, path: str) -> Json:
        period = dict(value)
        self.losses.inside(period, path, "dimensions", self.dimension)
        return period

    def dimension(self, value: Json, path: str) -> Json:
        if value.get("type") not in RESERVATION_DIMENSIONS:
            return value
        self.losses.note(f"{path}.type", f"{value['type']} does not exist in OCPI 2.2.1, sent as RESERVATION_TIME")
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

    def credentials(self, value: Json, path: str) -> Json:
        """In 2.2.1 a hub has the role HUB and lists nobody else (T107)."""
        credentials = dict(value)
        self.losses.inside(credentials, path, "roles", self.role)
        hub = credentials.pop("hub_party_id", None)
        roles = credentials.get("roles")
        if isinstance(hub, str) and isinstance(roles, list):
            named = {"role": "HUB", "party_id": hub[2:], "country_code": hub[:2], "business_details": {"name": hub}}
            hubs = [role for role in roles if role.get("role") == "HUB"]
            credentials["roles"] = hubs or [named]
            if len(roles) > len(hubs):
                self.losses.note(f"{path}.roles", "the parties behind a hub are not listed in OCPI 2.2.1")
        return credentials

    def role(self, value: Json, path: str) -> Json:
        role = dict(value)
        self.losses.fall_back(role, path, "role", e.ROLES_221, "OTHER")
        self.losses.inside(role, path, "business_details", self.business_details)
        return role


_STEPS: dict[str, Callable[[_Downgrade, Json, str], Json | None]] = {
    "location": _Downgrade.location,
    "evse": _Downgrade.evse,
    "connector": _Downgrade.connector,
    "tariff": _Downgrade.tariff,
    "token": _Downgrade.token,
    "session": _Downgrade.session,
    "cdr": _Downgrade.cdr,
    "credentials": _Downgrade.credentials,
    "authorization_info": _Downgrade.authorization_info,
}
