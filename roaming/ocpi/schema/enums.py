"""The closed enumerations of OCPI, and the known values of the open ones (appendix B).

A closed enumeration is a ``Literal``; an unknown value is a violation. An open one (``OpenEnum`` of 2.3.0) is any
printable text in the structs; the sets of known values below tell the downgrade what an older partner understands.
"""

from typing import Literal, get_args

AllowedType = Literal["ALLOWED", "BLOCKED", "EXPIRED", "NO_CREDIT", "NOT_ALLOWED"]
AuthMethod = Literal["AUTH_REQUEST", "COMMAND", "WHITELIST"]
ConnectorFormat = Literal["SOCKET", "CABLE"]
DayOfWeek = Literal["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
EnergySourceCategory = Literal["NUCLEAR", "GENERAL_FOSSIL", "COAL", "GAS", "GENERAL_GREEN", "SOLAR", "WIND", "WATER"]
EvsePosition = Literal["LEFT", "RIGHT", "CENTER"]
EvseStatus = Literal[
    "AVAILABLE", "BLOCKED", "CHARGING", "INOPERATIVE", "OUTOFORDER", "PLANNED", "REMOVED", "RESERVED", "UNKNOWN"
]
InterfaceRole = Literal["SENDER", "RECEIVER"]
ParkingDirection = Literal["PARALLEL", "PERPENDICULAR", "ANGLE"]
PowerType = Literal["AC_1_PHASE", "AC_2_PHASE", "AC_2_PHASE_SPLIT", "AC_3_PHASE", "DC"]
ProfileType = Literal["CHEAP", "FAST", "GREEN", "REGULAR"]
ReservationRestriction = Literal["RESERVATION", "RESERVATION_EXPIRES"]
BookingRestriction = Literal["BOOKING", "BOOKING_EXPIRES", "BOOKING_CANCELLATION_FEES", "BOOKING_OVERTIME"]
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

ENVIRONMENTAL_IMPACTS_221 = frozenset(get_args(EnvironmentalImpactCategory221))
IMAGE_CATEGORIES_221 = frozenset(get_args(ImageCategory221))
PARKING_RESTRICTIONS_221 = frozenset(get_args(ParkingRestriction221))
PARKING_TYPES_221 = frozenset(get_args(ParkingType221))
TOKEN_TYPES_221 = frozenset(get_args(TokenType221))
CAPABILITIES_221 = frozenset(get_args(Capability221))
FACILITIES_221 = frozenset(get_args(Facility221))
CONNECTOR_TYPES_221 = frozenset(get_args(ConnectorType221))
ROLES_221 = frozenset(get_args(Role221))
