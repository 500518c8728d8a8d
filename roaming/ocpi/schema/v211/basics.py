"""What objects of every module are made of: texts, images, businesses, places on the map, the energy mix."""

from msgspec import Struct

from .. import enums as e
from .. import values as v
from ..v230.basics import EnergySource
from . import texts as t


class DisplayText(Struct, frozen=True, kw_only=True):
    language: v.Language
    text: t.S512


class Image(Struct, frozen=True, kw_only=True):
    url: t.Link
    thumbnail: t.Link | None = None
    category: e.ImageCategory221
    type: t.S4
    width: v.Int5 | None = None
    height: v.Int5 | None = None


class BusinessDetails(Struct, frozen=True, kw_only=True):
    name: t.S100
    website: t.Link | None = None
    logo: Image | None = None


class GeoLocation(Struct, frozen=True, kw_only=True):
    latitude: t.Latitude
    longitude: t.Longitude


class EnvironmentalImpact(Struct, frozen=True, kw_only=True):
    source: e.EnvironmentalImpactCategory221
    amount: v.Number


class EnergyMix(Struct, frozen=True, kw_only=True):
    is_green_energy: bool
    energy_sources: tuple[EnergySource, ...] | None = None
    environ_impact: tuple[EnvironmentalImpact, ...] | None = None
    supplier_name: t.S64 | None = None
    energy_product_name: t.S64 | None = None
