"""Tariffs, tokens, sessions and CDRs."""

from .. import enums as e
from .. import to_221, v211
from ..from_211 import CDR_NAMES, DIMENSIONS_211, SESSION_NAMES, without_flat
from ..from_221 import CDR_PRICES, PRICE_FIELDS, is_number, renamed
from ..known import Json
from ..losses import NotExpressible
from ..narrowing import narrowed
from ..places_211 import LOCATION_211, embedded, in_words_of_211, kept, only, references
from ..shapes import fits
from ..v211.charges import CdrDimension
from .places import OWNER, Places, without

# A price with one of these would hold for everybody without it.
_RESTRICTIONS = ("min_current", "max_current", "reservation")
_NEWER_OF_TARIFF = ("type", "min_price", "max_price", "start_date_time", "end_date_time")
_NEWER_OF_CDR = ("session_id", "authorization_reference", "signed_data", *CDR_PRICES[1:], "invoice_reference_id")
_TOKEN = frozenset({"country_code", "party_id", "uid", "type", "contract_id"})
_PLACE = frozenset({"location_id", "evse_uid", "connector_id"})


def _says(came: object, dimensions: object) -> bool:
    """Whether the dimensions that came in 2.1.1 are those of today, and nothing that somebody put there later."""
    if not isinstance(came, list) or not all(fits(CdrDimension, dimension) for dimension in came):
        return False
    return without_flat(came) == dimensions


def _turned(names: dict[str, str]) -> dict[str, str]:
    return {newer: older for older, newer in names.items()}


class Charges(Places):
    """The steps for what is paid, on top of those for places."""

    def tariff(self, value: Json, path: str) -> Json | None:
        tariff, losses = without(value, OWNER), self.losses
        losses.drop(tariff, path, _NEWER_OF_TARIFF)
        losses.inside(tariff, path, "energy_mix", self.energy_mix)
        losses.inside(tariff, path, "elements", self.element)
        if value.get("elements") and not tariff["elements"]:
            losses.note(path, "has no price that OCPI 2.1.1 knows")
            return None
        return tariff

    def element(self, value: Json, path: str) -> Json | None:
        element, restrictions = dict(value), value.get("restrictions")
        if isinstance(restrictions, dict):
            unknown = [name for name in _RESTRICTIONS if restrictions.get(name) is not None]
            if unknown:
                self.losses.note(path, f"is restricted by {', '.join(unknown)}, which OCPI 2.1.1 does not know")
                return None
            element["restrictions"] = without(restrictions, frozenset(_RESTRICTIONS))
        self.losses.inside(element, path, "price_components", self.component)
        return element

    def component(self, value: Json, path: str) -> Json:
        component = dict(value)
        self.losses.drop(component, path, ("vat",))
        return component

    def token(self, value: Json, path: str) -> Json:
        token = without(value, OWNER)
        self.losses.drop(token, path, ("group_id", "default_profile_type", "energy_contract"))
        self.losses.fall_back(token, path, "type", e.TOKEN_TYPES_211, "OTHER")
        return renamed(token, {"contract_id": "auth_id"})

    def authorization_info(self, value: Json, path: str) -> Json:
        info = dict(value)
        self.losses.drop(info, path, ("token", "authorization_reference"))
        return info

    def session(self, value: Json, path: str) -> Json:
        """A reservation is a session that has not begun."""
        session = self.charge(renamed(without(value, OWNER), _turned(SESSION_NAMES)), path)
        self.losses.drop(session, path, ("authorization_reference",))
        self.losses.fall_back(session, path, "status", e.SESSION_STATUSES_211, "PENDING")
        session = without(session, _PLACE | {"location", LOCATION_211})
        if value.keys() >= _PLACE:
            return session | {"location": self.location_of(value, path)}
        self.losses.drop(value := dict(value), path, sorted(_PLACE & value.keys()))
        return session

    def location_of(self, session: Json, path: str) -> Json:
        """The location to put into a session: as it is now, else as it came with the session."""
        location = self.location_now(session)
        if location is not None:
            return location
        came = kept(session, references)
        if came is None:
            place = " / ".join(str(session[name]) for name in ("location_id", "evse_uid", "connector_id"))
            raise NotExpressible(f"OCPI 2.1.1 wants the location in a session, and {place} is not known here")
        return in_words_of_211(came, self.losses, f"{path}.{LOCATION_211}")

    def location_now(self, session: Json) -> Json | None:
        """The location we have, with that EVSE and connector only. What it loses is said when it is sent by itself."""
        identifier = session["location_id"]
        found = self.known.location(identifier) if isinstance(identifier, str) else None
        if found is None:
            return None
        aside = Places(self.known)
        place = aside.place(to_221.downgrade("location", found, self.known)[0], "$")
        location = only(place, session["evse_uid"], session["connector_id"])
        return narrowed(v211.STRUCTS["location"], location, aside.losses, "$", {}) if location else None

    def cdr(self, value: Json, path: str) -> Json | None:
        """Without the fields that say so, what is owed to the other side would be charged to it."""
        for name in ("credit", "home_charging_compensation"):
            if value.get(name):
                self.losses.note(f"{path}.{name}", "is true, and in OCPI 2.1.1 every CDR is a charge")
                return None
        cdr = self.charge(renamed(without(value, OWNER), _turned(CDR_NAMES)), path)
        cdr = without(cdr, frozenset({"credit", "home_charging_compensation", "location", "cdr_location"}))
        self.losses.drop(cdr, path, (*_NEWER_OF_CDR, "credit_reference_id"))
        self.losses.inside(cdr, path, "tariffs", self.tariff)
        if isinstance(value.get("cdr_location"), dict):
            place = f"{path}.cdr_location"
            cdr["location"] = embedded(value["cdr_location"], value.get("start_date_time"), self.losses, place)
        if value.get("charging_periods") and not cdr["charging_periods"]:
            self.losses.note(f"{path}.charging_periods", "must not be empty, one without any time is sent")
            nothing = {"type": "TIME", "volume": 0}
            cdr["charging_periods"] = [{"start_date_time": value.get("start_date_time"), "dimensions": [nothing]}]
        return cdr

    def charge(self, value: Json, path: str) -> Json:
        """What sessions and CDRs have in common."""
        charge = without(value, frozenset({"auth_id"}))
        token = charge.pop("cdr_token", None)
        if isinstance(token, dict):
            charge["auth_id"] = token.get("contract_id")
            self.losses.drop(dict(token), f"{path}.cdr_token", sorted(token.keys() - _TOKEN))
        self.losses.fall_back(charge, path, "auth_method", e.AUTH_METHODS_211, "AUTH_REQUEST")
        self.losses.inside(charge, path, "charging_periods", self.charging_period)
        cost = charge.get("total_cost")
        if isinstance(cost, dict) and is_number(cost.get("excl_vat")):
            charge["total_cost"] = cost["excl_vat"]
            self.losses.drop(dict(cost), f"{path}.total_cost", sorted(cost.keys() - PRICE_FIELDS))
            if cost.get("incl_vat") is not None:
                self.losses.note(f"{path}.total_cost", "is sent without its taxes, as in OCPI 2.1.1")
        return charge

    def charging_period(self, value: Json, path: str) -> Json | None:
        period = without(value, frozenset({DIMENSIONS_211}))
        self.losses.drop(period, path, ("tariff_id",))
        came = value.get(DIMENSIONS_211)
        if _says(came, value.get("dimensions")):
            return period | {"dimensions": came}
        self.losses.inside(period, path, "dimensions", self.dimension)
        if value.get("dimensions") and not period["dimensions"]:
            self.losses.note(path, "has no dimension that OCPI 2.1.1 knows")
            return None
        return period

    def dimension(self, value: Json, path: str) -> Json | None:
        kind = value.get("type")
        if not isinstance(kind, str) or kind in e.CDR_DIMENSIONS_211:
            return value
        self.losses.note(path, f"{kind} does not exist in OCPI 2.1.1")
        return None
