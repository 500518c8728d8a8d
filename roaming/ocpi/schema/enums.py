"""The closed enumerations of OCPI, and the known values of the open ones (appendix B). _221 and _211: of that version.

A closed enumeration is a ``Literal``; an unknown value is a violation. An open one (``OpenEnum`` of 2.3.0) is any
printable text in the structs; the sets of known values below tell the downgrade what an older partner understands.
"""

from typing import Literal, get_args

AccessMethod = Literal["OPEN", "TOKEN", "LICENSE_PLATE", "ACCESS_CODE", "INTERCOM", "PARKING_TICKET"]
AllowedType = Literal["ALLOWED", "BLOCKED", "EXPIRED", "NO_CREDIT", "NOT_ALLOWED"]
AuthMethod = Literal["AUTH_REQUEST", "COMMAND", "WHITELIST"]
CanceledReason = Literal[
    "POWER_OUTAGE", "BROKEN_CHARGER", "FULL", "BLOCKED", "TRAFFIC", "BROKEN_VEHICLE", "NO_CANCELED", "UNKNOWN"
]
CaptureStatusCode = Literal["SUCCESS", "PARTIAL_SUCCESS", "FAILED"]
ChargingPreferencesResponse = Literal[
    "ACCEPTED", "DEPARTURE_REQUIRED", "ENERGY_NEED_REQUIRED", "NOT_POSSIBLE", "PROFILE_TYPE_NOT_SUPPORTED"
]
ChargingProfileResponseType = Literal["ACCEPTED", "NOT_SUPPORTED", "REJECTED", "TOO_OFTEN", "UNKNOWN_SESSION"]
ChargingProfileResultType = Literal["ACCEPTED", "REJECTED", "UNKNOWN"]
ChargingRateUnit = Literal["W", "A"]
CommandResponseType = Literal["NOT_SUPPORTED", "REJECTED", "ACCEPTED", "UNKNOWN_SESSION"]
CommandResultType = Literal[
    "ACCEPTED",
    "CANCELED_RESERVATION",
    "EVSE_OCCUPIED",
    "EVSE_INOPERATIVE",
    "FAILED",
    "NOT_SUPPORTED",
    "REJECTED",
    "TIMEOUT",
    "UNKNOWN_RESERVATION",
]
ConnectionStatus = Literal["CONNECTED", "OFFLINE", "PLANNED", "SUSPENDED"]
ConnectorFormat = Literal["SOCKET", "CABLE"]
DayOfWeek = Literal["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
EnergySourceCategory = Literal["NUCLEAR", "GENERAL_FOSSIL", "COAL", "GAS", "GENERAL_GREEN", "SOLAR", "WIND", "WATER"]
EvsePosition = Literal["LEFT", "RIGHT", "CENTER"]
EvseStatus = Literal[
    "AVAILABLE", "BLOCKED", "CHARGING", "INOPERATIVE", "OUTOFORDER", "PLANNED", "REMOVED", "RESERVED", "UNKNOWN"
]
InterfaceRole = Literal["SENDER", "RECEIVER"]
InvoiceCreator = Literal["CPO", "PTP"]
ParkingDirection = Literal["PARALLEL", "PERPENDICULAR", "ANGLE"]
PowerType = Literal["AC_1_PHASE", "AC_2_PHASE", "AC_2_PHASE_SPLIT", "AC_3_PHASE", "DC"]
ProfileType = Literal["CHEAP", "FAST", "GREEN", "REGULAR"]
ReservationRequestStatus = Literal["PENDING", "ACCEPTED", "DECLINED", "FAILED"]
ReservationRestriction = Literal["RESERVATION", "RESERVATION_EXPIRES"]
BookingRestriction = Literal["BOOKING", "BOOKING_EXPIRES", "BOOKING_CANCELLATION_FEES", "BOOKING_OVERTIME"]
ReservationStatus = Literal["PENDING", "RESERVED", "CANCELED", "FAILED", "NO_SHOW", "FULFILLED", "REJECTED", "UNKNOWN"]
SessionStatus = Literal["ACTIVE", "COMPLETED", "INVALID", "PENDING", "RESERVATION"]
TariffDimensionType = Literal["ENERGY", "FLAT", "PARKING_TIME", "TIME"]
TariffType = Literal["AD_HOC_PAYMENT", "PROFILE_CHEAP", "PROFILE_FAST", "PROFILE_GREEN", "REGULAR"]
TaxIncluded = Literal["YES", "NO", "N/A"]
WhitelistType = Literal["ALWAYS", "ALLOWED", "ALLOWED_OFFLINE", "NEVER"]

# The payments extension speaks of a role PTP that the enumeration forgot.
Role = Literal["CPO", "EMSP", "NAP", "NSP", "OTHER", "SCSP", "PTP"]
Role221 = Literal["CPO", "EMSP", "HUB", "NAP", "NSP", "OTHER", "SCSP"]

CdrDimensionType221 = Literal[
    "CURRENT",
    "ENERGY",
    "ENERGY_EXPORT",
    "ENERGY_IMPORT",
    "MAX_CURRENT",
    "MIN_CURRENT",
    "MAX_POWER",
    "MIN_POWER",
    "PARKING_TIME",
    "POWER",
    "RESERVATION_TIME",
    "STATE_OF_CHARGE",
    "TIME",
]
CdrDimensionType = Literal[CdrDimensionType221, "RESERVATION_EXPIRES", "RESERVATION_OVERTIME"]

# Open in 2.3.0, closed in 2.2.1.
EnvironmentalImpactCategory221 = Literal["NUCLEAR_WASTE", "CARBON_DIOXIDE"]
ImageCategory221 = Literal["CHARGER", "ENTRANCE", "LOCATION", "NETWORK", "OPERATOR", "OTHER", "OWNER"]
ParkingRestriction221 = Literal["CUSTOMERS", "DISABLED", "EV_ONLY", "MOTORCYCLES", "PLUGGED"]
ParkingType221 = Literal[
    "ALONG_MOTORWAY", "PARKING_GARAGE", "PARKING_LOT", "ON_DRIVEWAY", "ON_STREET", "UNDERGROUND_GARAGE"
]
TokenType221 = Literal["AD_HOC_USER", "APP_USER", "OTHER", "RFID"]

# What 2.1.1 has of the closed ones.
AuthMethod211 = Literal["AUTH_REQUEST", "WHITELIST"]
CdrDimensionType211 = Literal["ENERGY", "FLAT", "MAX_CURRENT", "MIN_CURRENT", "PARKING_TIME", "TIME"]
CommandResponseType211 = Literal["NOT_SUPPORTED", "REJECTED", "ACCEPTED", "TIMEOUT", "UNKNOWN_SESSION"]
LocationType211 = Literal["ON_STREET", "PARKING_GARAGE", "UNDERGROUND_GARAGE", "PARKING_LOT", "OTHER", "UNKNOWN"]
PowerType211 = Literal["AC_1_PHASE", "AC_3_PHASE", "DC"]
SessionStatus211 = Literal["ACTIVE", "COMPLETED", "INVALID", "PENDING"]
TokenType211 = Literal["OTHER", "RFID"]

# Closed in 2.2.1 by its text, but read as open there too: partners are ahead of their version. Never sent to them.
Capability221 = Literal[
    "CHARGING_PROFILE_CAPABLE",
    "CHARGING_PREFERENCES_CAPABLE",
    "CHIP_CARD_SUPPORT",
    "CONTACTLESS_CARD_SUPPORT",
    "CREDIT_CARD_PAYABLE",
    "DEBIT_CARD_PAYABLE",
    "PED_TERMINAL",
    "REMOTE_START_STOP_CAPABLE",
    "RESERVABLE",
    "RFID_READER",
    "START_SESSION_CONNECTOR_REQUIRED",
    "TOKEN_GROUP_CAPABLE",
    "UNLOCK_CAPABLE",
]
Facility221 = Literal[
    "HOTEL",
    "RESTAURANT",
    "CAFE",
    "MALL",
    "SUPERMARKET",
    "SPORT",
    "RECREATION_AREA",
    "NATURE",
    "MUSEUM",
    "BIKE_SHARING",
    "BUS_STOP",
    "TAXI_STAND",
    "TRAM_STOP",
    "METRO_STATION",
    "TRAIN_STATION",
    "AIRPORT",
    "PARKING_LOT",
    "CARPOOL_PARKING",
    "FUEL_STATION",
    "WIFI",
]
ConnectorType221 = Literal[
    "CHADEMO",
    "CHAOJI",
    "DOMESTIC_A",
    "DOMESTIC_B",
    "DOMESTIC_C",
    "DOMESTIC_D",
    "DOMESTIC_E",
    "DOMESTIC_F",
    "DOMESTIC_G",
    "DOMESTIC_H",
    "DOMESTIC_I",
    "DOMESTIC_J",
    "DOMESTIC_K",
    "DOMESTIC_L",
    "DOMESTIC_M",
    "DOMESTIC_N",
    "DOMESTIC_O",
    "GBT_AC",
    "GBT_DC",
    "IEC_60309_2_single_16",
    "IEC_60309_2_three_16",
    "IEC_60309_2_three_32",
    "IEC_60309_2_three_64",
    "IEC_62196_T1",
    "IEC_62196_T1_COMBO",
    "IEC_62196_T2",
    "IEC_62196_T2_COMBO",
    "IEC_62196_T3A",
    "IEC_62196_T3C",
    "NEMA_5_20",
    "NEMA_6_30",
    "NEMA_6_50",
    "NEMA_10_30",
    "NEMA_10_50",
    "NEMA_14_30",
    "NEMA_14_50",
    "PANTOGRAPH_BOTTOM_UP",
    "PANTOGRAPH_TOP_DOWN",
    "TESLA_R",
    "TESLA_S",
]

CHARGING_PREFERENCES_RESPONSES = frozenset(get_args(ChargingPreferencesResponse))
ENVIRONMENTAL_IMPACTS_221 = frozenset(get_args(EnvironmentalImpactCategory221))
IMAGE_CATEGORIES_221 = frozenset(get_args(ImageCategory221))
PARKING_RESTRICTIONS_221 = frozenset(get_args(ParkingRestriction221))
PARKING_TYPES_221 = frozenset(get_args(ParkingType221))
TOKEN_TYPES_221 = frozenset(get_args(TokenType221))
CAPABILITIES_221 = frozenset(get_args(Capability221))
FACILITIES_221 = frozenset(get_args(Facility221))
CONNECTOR_TYPES_221 = frozenset(get_args(ConnectorType221))
ROLES_221 = frozenset(get_args(Role221))

AUTH_METHODS_211 = frozenset(get_args(AuthMethod211))
CAPABILITIES_211 = frozenset(
    {
        "CHARGING_PROFILE_CAPABLE",
        "CREDIT_CARD_PAYABLE",
        "REMOTE_START_STOP_CAPABLE",
        "RESERVABLE",
        "RFID_READER",
        "UNLOCK_CAPABLE",
    }
)
COMMAND_RESPONSES_211 = frozenset(get_args(CommandResponseType211))
CONNECTOR_TYPES_211 = CONNECTOR_TYPES_221 - {
    *("CHAOJI", "DOMESTIC_M", "DOMESTIC_N", "DOMESTIC_O", "GBT_AC", "GBT_DC", "NEMA_5_20", "NEMA_6_30", "NEMA_6_50"),
    *("NEMA_10_30", "NEMA_10_50", "NEMA_14_30", "NEMA_14_50", "PANTOGRAPH_BOTTOM_UP", "PANTOGRAPH_TOP_DOWN"),
}
CDR_DIMENSIONS_211 = frozenset(get_args(CdrDimensionType211))
FACILITIES_211 = FACILITIES_221 - {"BIKE_SHARING", "TRAM_STOP", "METRO_STATION", "PARKING_LOT"}
LOCATION_TYPES_211 = frozenset(get_args(LocationType211))
POWER_TYPES_211 = frozenset(get_args(PowerType211))
SESSION_STATUSES_211 = frozenset(get_args(SessionStatus211))
TOKEN_TYPES_211 = frozenset(get_args(TokenType211))
