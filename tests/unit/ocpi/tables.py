"""The objects of OCPI as its tables have them: written down by hand, and by nobody who reads the structs.

A line is a class: the names of its fields, each with its mark and its type. The mark is the cardinality (T88): none is
exactly one, `?` one or none, `*` a list, `+` a list that is not empty. Of the types, `c36` is a CiString of at most 36
characters and `s45` a string of at most 45 (without a number: of any length), `int5` a whole number of at most five
digits, and what begins with a capital is a class, or an enumeration of ``vocabulary``. `@` says the only version in
which a field is there, or has that type.

After `/` stands how we read it, where that is another type: ids of 2.1.1 are no longer than those of every later
version, in which we keep what names them; the id of a credit CDR may have 39 (I4); what people read at a terminal is
no CiString, for Straße is none; a version may be one that nobody knows; and nothing is endless.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from roaming.ocpi.schema import validation
from tests.unit.ocpi import vocabulary

Json = dict[str, Any]

NEWER = """
Credentials: token s64, url url, hub_party_id? c5 @2.3.0, roles+ CredentialsRole
CredentialsRole: role Role, business_details BusinessDetails, party_id c3, country_code c2
Version: version VersionNumber/s10, url url
VersionDetails: version VersionNumber/s10, endpoints+ Endpoint
Endpoint: identifier ModuleId, role InterfaceRole, url url
ClientInfo: party_id c3, country_code c2, role Role, status ConnectionStatus, last_updated time

DisplayText: language s2, text s512
BusinessDetails: name s100, website? url, logo? Image
Image: url url, thumbnail? url, category ImageCategory, type c4, width? int5, height? int5
GeoLocation: latitude s10, longitude s11
AdditionalGeoLocation: latitude s10, longitude s11, name? DisplayText
EnergyMix: is_green_energy bool, energy_sources* EnergySource, environ_impact* EnvironmentalImpact
  supplier_name? s64, energy_product_name? s64
EnergySource: source EnergySourceCategory, percentage number
EnvironmentalImpact: category EnvironmentalImpactCategory, amount number

Location: country_code c2, party_id c3, id c36, publish bool, publish_allowed_to* PublishToken, name? s255
  address s255, city s45, postal_code? s10, state? s45, country s3, coordinates GeoLocation
  related_locations* AdditionalGeoLocation, parking_type? ParkingType, evses* Evse, parking_places* Parking @2.3.0
  directions* DisplayText, operator? BusinessDetails, suboperator? BusinessDetails, owner? BusinessDetails
  facilities* Facility, time_zone zone, opening_times? Hours, charging_when_closed? bool, images* Image
  energy_mix? EnergyMix, help_phone? c25 @2.3.0, last_updated time
PublishToken: uid? c36, type? TokenType, visual_number? s64, issuer? s64, group_id? c36
Hours: twentyfourseven bool, regular_hours* RegularHours, exceptional_openings* ExceptionalPeriod
  exceptional_closings* ExceptionalPeriod
RegularHours: weekday int1, period_begin clock, period_end clock
ExceptionalPeriod: period_begin time, period_end time
Evse: uid c36, evse_id? c48, status EvseStatus, status_schedule* StatusSchedule, capabilities* Capability
  connectors+ Connector, floor_level? s4, coordinates? GeoLocation, physical_reference? s16, directions* DisplayText
  parking_restrictions* ParkingRestriction, parking* EvseParking @2.3.0, images* Image
  accepted_service_providers* s50 @2.3.0, last_updated time
StatusSchedule: period_begin time, period_end? time, status EvseStatus
EvseParking: parking_id c36, evse_position? EvsePosition
Parking: id c36, physical_reference? s12, vehicle_types+ VehicleType, max_vehicle_weight? number
  max_vehicle_height? number, max_vehicle_length? number, max_vehicle_width? number, parking_space_length? number
  parking_space_width? number, dangerous_goods_allowed? bool, direction? ParkingDirection, drive_through? bool
  restricted_to_type bool, reservation_required bool, time_limit? number, roofed? bool, images* Image, lighting? bool
  refrigeration_outlet? bool, standards* c36, apds_reference? c/c255
Connector: id c36, standard ConnectorType, format ConnectorFormat, power_type PowerType, max_voltage int
  max_amperage int, max_electric_power? int, tariff_ids* c36, terms_and_conditions? url
  capabilities* ConnectorCapability @2.3.0, last_updated time
LocationReferences: location_id c36, evse_uids* c36

Price: excl_vat number @2.2.1, incl_vat? number @2.2.1, before_taxes number @2.3.0, taxes* TaxAmount @2.3.0
TaxAmount: name s, account_number? s, percentage? number, amount number
PriceLimit: before_taxes number, after_taxes? number
Tariff: country_code c2, party_id c3, id c36, currency s3, type? TariffType, tariff_alt_text* DisplayText
  tariff_alt_url? url, min_price? Price @2.2.1, min_price? PriceLimit @2.3.0, max_price? Price @2.2.1
  max_price? PriceLimit @2.3.0, elements+ TariffElement, tax_included TaxIncluded @2.3.0, start_date_time? time
  end_date_time? time, energy_mix? EnergyMix, preauthorize_amount? number @2.3.0, last_updated time
TariffElement: price_components+ PriceComponent, restrictions? TariffRestrictions
PriceComponent: type TariffDimensionType, price number, vat? number, step_size int
TariffRestrictions: start_time? clock, end_time? clock, start_date? day, end_date? day, min_kwh? number
  max_kwh? number, min_current? number, max_current? number, min_power? number, max_power? number, min_duration? int
  max_duration? int, day_of_week* DayOfWeek, reservation? ReservationRestriction, booking? BookingRestriction @2.3.0

Token: country_code c2, party_id c3, uid c36, type TokenType, contract_id c36, visual_number? s64, issuer s64
  group_id? c36, valid bool, whitelist WhitelistType, language? s2, default_profile_type? ProfileType
  energy_contract? EnergyContract, last_updated time
EnergyContract: supplier_name s64, contract_id? s64
AuthorizationInfo: allowed AllowedType, token Token, location? LocationReferences, authorization_reference? c36
  info? DisplayText

Session: country_code c2, party_id c3, id c36, start_date_time time, end_date_time? time, kwh number
  cdr_token CdrToken, auth_method AuthMethod, authorization_reference? c36, location_id c36, evse_uid c36
  connector_id c36, meter_id? s255, currency s3, charging_periods* ChargingPeriod, total_cost? Price
  status SessionStatus, last_updated time
CdrToken: country_code c2, party_id c3, uid c36, type TokenType, contract_id c36
ChargingPeriod: start_date_time time, dimensions+ CdrDimension, tariff_id? c36
CdrDimension: type CdrDimensionType, volume number
Cdr: country_code c2, party_id c3, id c39, start_date_time time, end_date_time time, session_id? c36
  cdr_token CdrToken, auth_method AuthMethod, authorization_reference? c36, cdr_location CdrLocation, meter_id? s255
  currency s3, tariffs* Tariff, charging_periods+ ChargingPeriod, signed_data? SignedData, total_cost Price
  total_fixed_cost? Price, total_energy number, total_energy_cost? Price, total_time number, total_time_cost? Price
  total_parking_time? number, total_parking_cost? Price, total_reservation_cost? Price, remark? s255
  invoice_reference_id? c39, credit? bool, credit_reference_id? c39, home_charging_compensation? bool
  booking_id? c36 @2.3.0, last_updated time
CdrLocation: id c36, name? s255, address s45, city s45, postal_code? s10, state? s20, country s3
  coordinates GeoLocation, evse_uid c36, evse_id c48, connector_id c36, connector_standard ConnectorType
  connector_format ConnectorFormat, connector_power_type PowerType
SignedData: encoding_method c36, encoding_method_version? int, public_key? s512, signed_values+ SignedValue, url? s512
SignedValue: nature c32, plain_data s5000, signed_data s5000

StartSession: response_url url, token Token, location_id c36, evse_uid? c36, connector_id? c36
  authorization_reference? c36
StopSession: response_url url, session_id c36
ReserveNow: response_url url, token Token, expiry_date time, reservation_id c36, location_id c36, evse_uid? c36
  authorization_reference? c36
CancelReservation: response_url url, reservation_id c36
UnlockConnector: response_url url, location_id c36, evse_uid c36, connector_id c36
CommandResponse: result CommandResponseType, timeout int, message* DisplayText
CommandResult: result CommandResultType, message* DisplayText

ChargingPreferences: profile_type ProfileType, departure_time? time, energy_need? number, discharge_allowed? bool
SetChargingProfile: charging_profile ChargingProfile, response_url url
ChargingProfile: start_date_time? time, duration? int, charging_rate_unit ChargingRateUnit, min_charging_rate? number
  charging_profile_period* ChargingProfilePeriod
ChargingProfilePeriod: start_period int, limit number
ChargingProfileResponse: result ChargingProfileResponseType, timeout int
ActiveChargingProfile: start_date_time time, charging_profile ChargingProfile
ActiveChargingProfileResult: result ChargingProfileResultType, profile? ActiveChargingProfile
ChargingProfileResult: result ChargingProfileResultType
ClearProfileResult: result ChargingProfileResultType

InvoiceReconciliationRecord: country_code c2, party_id c3, id c36, invoice_id c255, cdrs+ c36/c39, last_updated time

Terminal: terminal_id c36, customer_reference? c36, party_id? c3, country_code? c2, address? c45/s45, city? c45/s45
  postal_code? c10/s10, state? c20/s20, country? c3, coordinates? GeoLocation, invoice_base_url? url
  invoice_creator? InvoiceCreator, reference? c36, location_ids* c36, evse_uids* c36, last_updated time
FinancialAdviceConfirmation: id c36, authorization_reference c36, total_costs Price, currency c3, eft_data+ c255/s255
  capture_status_code CaptureStatusCode, capture_status_message? c255/s255, last_updated time

BookingLocation: country_code c2, party_id c3, id c36, location_id c36, booking_option? BookingOption, policy? Policy
  tariff_ids* c36, booking_terms? BookingTerms, calendars* Calendar, last_updated time
BookingOption: evse_uid? c36, connector_id? c36, parking_id? c36, evse_position* EvsePosition
  vehicle_types* VehicleType, connector_format* ConnectorFormat, connector_types* ConnectorType, power_types* PowerType
  max_vehicle_weight? number, max_vehicle_height? number, max_vehicle_length? number, max_vehicle_width? number
  min_parking_space_length? number, min_parking_space_width? number, dangerous_goods_allowed? bool, drive_through? bool
  refrigeration_outlet? bool
Policy: reservation_required bool, ad_hoc? number
BookingTerms: rfid_auth_required? bool, token_groups_supported? bool, remote_auth_supported? bool
  supported_access_methods+ AccessMethod, change_until_minutes number, cancel_until_minutes number
  change_not_allowed? bool, early_start_allowed? bool, early_start_time? number, noshow_timeout? number
  noshow_fee? bool, late_stop_allowed? bool, late_stop_time? number, overlapping_bookings_allowed? bool
  min_booking_duration? number, max_booking_duration? number, booking_terms? url
Calendar: id c36, begin_from time, end_before time, timeslot_increment? int, available_timeslots+ Timeslot
  last_updated time
Timeslot: start_date_time time, end_date_time time, min_power? number, max_power? number, green_energy_support? bool
Booking: id c36, country_code c2, party_id c3, request_id c36, booking_option? BookingOption, location_id c36
  booking_tokens* CdrToken, tariff_ids* c36, period Timeslot, reservation_status ReservationStatus
  canceled? Cancellation, access_information* AccessInformation, authorization_reference c36
  booking_terms BookingTerms, booking_requests+ BookingRequestStatus, last_updated time
BookingRequest: country_code c2, party_id c3, request_id c36, booking_option? BookingOption, location_id c36
  booking_location_id c36, tokens* CdrToken, access_information* AccessInformation, period Period
  authorization_reference c36, power_required? int, canceled? Cancellation
BookingRequestStatus: request_status ReservationRequestStatus, booking_request BookingRequest, request_received time
AccessInformation: method AccessMethod, value? s
Cancellation: cancellation_reason CanceledReason, who_canceled Role
Period: start_date_time time, end_date_time time
"""

# Only what is not the same in NEWER.
OLDEST = """
Credentials: token s64, url url, business_details BusinessDetails, party_id s3, country_code s2
Endpoint: identifier ModuleId, url url
Image: url url, thumbnail? url, category ImageCategory, type s4, width? int5, height? int5
EnvironmentalImpact: source EnvironmentalImpactCategory, amount number

Location: id s39/s36, type LocationType, name? s255, address s45, city s45, postal_code s10, country s3
  coordinates GeoLocation, related_locations* AdditionalGeoLocation, evses* Evse, directions* DisplayText
  operator? BusinessDetails, suboperator? BusinessDetails, owner? BusinessDetails, facilities* Facility
  time_zone? zone, opening_times? Hours, charging_when_closed? bool, images* Image, energy_mix? EnergyMix
  last_updated time
Hours: regular_hours* RegularHours, twentyfourseven? bool, exceptional_openings* ExceptionalPeriod
  exceptional_closings* ExceptionalPeriod
Evse: uid s39/s36, evse_id? s48, status EvseStatus, status_schedule* StatusSchedule, capabilities* Capability
  connectors+ Connector, floor_level? s4, coordinates? GeoLocation, physical_reference? s16, directions* DisplayText
  parking_restrictions* ParkingRestriction, images* Image, last_updated time
Connector: id s36, standard ConnectorType, format ConnectorFormat, power_type PowerType, voltage int, amperage int
  tariff_id? s36, terms_and_conditions? url, last_updated time
LocationReferences: location_id s39/s36, evse_uids* s39/s36, connector_ids* s36

Tariff: id s36, currency s3, tariff_alt_text* DisplayText, tariff_alt_url? url, elements+ TariffElement
  energy_mix? EnergyMix, last_updated time
PriceComponent: type TariffDimensionType, price number, step_size int
TariffRestrictions: start_time? clock, end_time? clock, start_date? day, end_date? day, min_kwh? number
  max_kwh? number, min_power? number, max_power? number, min_duration? int, max_duration? int, day_of_week* DayOfWeek
Token: uid s36, type TokenType, auth_id s36, visual_number? s64, issuer s64, valid bool, whitelist WhitelistType
  language? s2, last_updated time
AuthorizationInfo: allowed AllowedType, location? LocationReferences, info? DisplayText

Session: id s36, start_datetime time, end_datetime? time, kwh number, auth_id s36, auth_method AuthMethod
  location Location, meter_id? s255, currency s3, charging_periods* ChargingPeriod, total_cost? number
  status SessionStatus, last_updated time
ChargingPeriod: start_date_time time, dimensions+ CdrDimension
Cdr: id c36, start_date_time time, stop_date_time time, auth_id s36, auth_method AuthMethod, location Location
  meter_id? s255, currency s3, tariffs* Tariff, charging_periods+ ChargingPeriod, total_cost number
  total_energy number, total_time number, total_parking_time? number, remark? s255, last_updated time

StartSession: response_url url, token Token, location_id s39/s36, evse_uid? s39/s36
StopSession: response_url url, session_id s36
ReserveNow: response_url url, token Token, expiry_date time, reservation_id int, location_id s39/s36, evse_uid? s39/s36
UnlockConnector: response_url url, location_id s39/s36, evse_uid s39/s36, connector_id s36
CommandResponse: result CommandResponseType
"""

# Kinds that are not called as their class is.
_CLASSES = {"terminal_activation": "UnnamedTerminal", "terminal_assignment": "UnnamedTerminal"}


class Field(NamedTuple):
    """One field of a class: its name, its mark and its type."""

    name: str
    mark: str
    type: str

    @property
    def required(self) -> bool:
        return self.mark in ("", "+")


class Place(NamedTuple):
    """One place in an object: its JSON path, what holds it and under which key, and what the table says of it.

    The mark of an entry of a list is `[]`.
    """

    path: str
    holder: Any
    key: Any
    field: Field


def class_of(version: str, kind: str) -> str:
    """The class whose objects are of this kind; a result is the same object as a response in 2.1.1."""
    if (version, kind) == ("2.1.1", "command_result"):
        return "CommandResponse"
    return _CLASSES.get(kind) or kind.title().replace("_", "")


@cache
def table(version: str) -> dict[str, tuple[Field, ...]]:
    """The fields of every class of this version."""
    found = _read(NEWER, version) | (_read(OLDEST, version) if version == "2.1.1" else {})
    named, *rest = found["Terminal"]
    return found | {"UnnamedTerminal": (named._replace(mark="?"), *rest)}  # it has no id yet, or in the address


def _read(text: str, version: str) -> dict[str, tuple[Field, ...]]:
    lines = re.sub(r"\n  ", ", ", text).split("\n")
    found = {}
    for name, rows in (line.split(": ") for line in lines if line):
        matches = [re.fullmatch(r"(\w+)([?*+]?) (?:\w+/)?(\w+)(?: @(\S+))?", row) for row in rows.split(", ")]
        fields = [match.groups() for match in matches if match]
        assert len(fields) == len(matches), name
        found[name] = tuple(Field(*field) for *field, only in fields if only in (None, version))
    return found


def kinds() -> list[tuple[str, str]]:
    """Every kind of every version."""
    return [(version, kind) for version, structs in validation.STRUCTS.items() for kind in structs]


def whole(version: str, kind: str) -> Json:
    """An object of this kind with all of its fields, one entry in each of its lists and no rule broken."""
    return _whole(version, class_of(version, kind))


def _whole(version: str, name: str) -> Json:
    value = {}
    for field in table(version)[name]:
        item = _whole(version, field.type) if field.type in table(version) else _usual(version, field)
        value[field.name] = [item] if field.mark in ("*", "+") else item
    return value


# What stands where not any text may stand: usually, at the longest, and a character longer.
SPELLED = {
    "country_code": ("NL", "NL", "NLD"),
    "party_id": ("VLT", "VLT", "VOLT"),
    "hub_party_id": ("NLHUB", "NLHUB", "NLHUBS"),
    "country": ("NLD", "NLD", "NLDX"),
    "currency": ("EUR", "EUR", "EURO"),
    "language": ("nl", "nl", "nld"),
    "latitude": ("51.886920", "-51.886920", "-51.8869201"),
    "longitude": ("4.488330", "-104.488330", "-104.4883301"),
}
LONGEST = {"time": 25, "url": 255, "clock": 5, "day": 10}
_USUAL = {
    "int1": 1,
    "int5": 7,
    "int": 7,
    "number": 7,
    "bool": False,
    "url": "https://volta.example/",
    "time": "2026-10-14T08:00:00Z",
    "day": "2026-10-14",
    "clock": "20:00",
    "zone": "Europe/Amsterdam",
}
# Without these a rule between fields would be broken.
_BEGINS = {"clock": "08:00", "time": "2026-01-01T00:00:00Z"}
_TRUE = {"credit", "twentyfourseven"}


def _usual(version: str, field: Field) -> Any:
    if field.name == "period_begin":
        return _BEGINS[field.type]
    if field.type == "bool":
        # In 2.1.1 a place is open at all hours or has regular ones.
        return field.name in _TRUE and not (version == "2.1.1" and field.name == "twentyfourseven")
    if field.name in SPELLED:
        return SPELLED[field.name][0]
    if field.type in vocabulary.LINES:
        return vocabulary.values(version, field.type)[0]
    return _USUAL.get(field.type, "a")


def bound(field: Field) -> int | None:
    """How many characters the text in this field may have."""
    matched = re.fullmatch(r"[cs]([0-9]+)", field.type)
    return int(matched[1]) if matched else LONGEST.get(field.type)


def places(version: str, kind: str, value: Json) -> Iterator[Place]:
    """Every place in an object that its table knows, from the outside to the inside."""
    yield from _places(version, class_of(version, kind), value, "$")


def _places(version: str, name: str, value: Json, path: str) -> Iterator[Place]:
    for field in table(version)[name]:
        if value.get(field.name) is None:
            continue
        place = Place(f"{path}.{field.name}", value, field.name, field)
        yield place
        entries = value[field.name]
        if field.mark not in ("*", "+"):
            yield from _inside(version, place)
            continue
        for index in range(len(entries)):
            entry = Place(f"{place.path}[{index}]", entries, index, field._replace(mark="[]"))
            yield entry
            yield from _inside(version, entry)


def _inside(version: str, place: Place) -> Iterator[Place]:
    if place.field.type in table(version):
        yield from _places(version, place.field.type, place.holder[place.key], place.path)
