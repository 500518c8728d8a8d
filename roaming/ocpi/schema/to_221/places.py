"""Locations, EVSEs and connectors."""

from .. import enums as e
from ..known import Json
from ..losses import Losses


class Places:
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
        parking = location.get("parking_type")
        if isinstance(parking, str) and parking not in e.PARKING_TYPES_221:
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
        category = value.get("category")
        if not isinstance(category, str) or category in e.ENVIRONMENTAL_IMPACTS_221:
            return value
        self.losses.note(path, f"{category} does not exist in OCPI 2.2.1")
        return None

    def token(self, value: Json, path: str) -> Json:
        token = dict(value)
        self.losses.fall_back(token, path, "type", e.TOKEN_TYPES_221, "OTHER")
        return token
