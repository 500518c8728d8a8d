from roaming.bookings.models import Booking, BookingLocation, FreeSlot
from roaming.cdrs.models import Cdr
from roaming.commands.models import Command, Reservation
from roaming.conformance.models import CheckResult, ConformanceRun
from roaming.exchange.models import Exchange, Met, Pull, Push, Replay, SecondLook
from roaming.findings.models import Finding
from roaming.hub.models import ClientInfo, HubNotice
from roaming.invoice_records.models import InvoiceRecord, ListedCdr
from roaming.locations.models import Location
from roaming.own_objects.models import Edit, Upload
from roaming.profiles.models import ActiveProfile
from roaming.registration.models import Attempt
from roaming.sessions.models import Session
from roaming.tariffs.models import Tariff, TariffVersion
from roaming.terminals.models import FinancialAdvice, Terminal
from roaming.tokens.models import Authorization, OfflineCount, Token

__all__ = [
    "ActiveProfile",
    "Attempt",
    "Authorization",
    "Booking",
    "BookingLocation",
    "Cdr",
    "CheckResult",
    "ClientInfo",
    "Command",
    "ConformanceRun",
    "Edit",
    "Exchange",
    "FinancialAdvice",
    "Finding",
    "FreeSlot",
    "HubNotice",
    "InvoiceRecord",
    "ListedCdr",
    "Location",
    "Met",
    "OfflineCount",
    "Pull",
    "Push",
    "Replay",
    "Reservation",
    "SecondLook",
    "Session",
    "Tariff",
    "TariffVersion",
    "Terminal",
    "Token",
    "Upload",
]
