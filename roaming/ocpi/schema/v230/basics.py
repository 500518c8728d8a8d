"""What objects of every module are made of: texts, images, businesses, places on the map, the energy mix."""

from msgspec import Struct

from .. import enums as e
from .. import values as v


class DisplayText(Struct, frozen=True, kw_only=True):
    language: v.Language
    text: v.Str512


class Image(Struct, frozen=True, kw_only=True):
    url: v.Link
    thumbnail: v.Link | None = None
    category: v.OpenEnum
    type: v.Ci4
    width: v.Int5 | None = None
    height: v.Int5 | None = None


class BusinessDetails(Struct, frozen=True, kw_only=True):
    name: v.Str100
    website: v.Link | None = None
    logo: Image | None = None


class GeoLocation(Struct, frozen=True, kw_only=True):
    latitude: v.Latitude
    longitude: v.Longitude


class EnergySource(Struct, frozen=True, kw_only=True):
    source: e.EnergySourceCategory
    percentage: v.Number


class EnvironmentalImpact(Struct, frozen=True, kw_only=True):
    category: v.OpenEnum
    amount: v.Number


class EnergyMix(Struct, frozen=True, kw_only=True):
    is_green_energy: bool
    energy_sources: tuple[EnergySource, ...] | None = None
    environ_impact: tuple[EnvironmentalImpact, ...] | None = None
    supplier_name: v.Str64 | None = None
    energy_product_name: v.Str64 | None = None
