from roaming.bookings.admin import BookingAdmin, BookingLocationAdmin
from roaming.cdrs.admin import CdrAdmin
from roaming.commands.admin import CommandAdmin, ReservationAdmin
from roaming.conformance.admin import CheckResultAdmin, ConformanceRunAdmin
from roaming.exchange.admin import ExchangeAdmin, PullAdmin, PushAdmin
from roaming.findings.admin import FindingAdmin
from roaming.hub.admin import ClientInfoAdmin, HubNoticeAdmin
from roaming.invoice_records.admin import InvoiceRecordAdmin
from roaming.locations.admin import LocationAdmin
from roaming.profiles.admin import ActiveProfileAdmin
from roaming.sessions.admin import SessionAdmin
from roaming.tariffs.admin import TariffAdmin
from roaming.terminals.admin import FinancialAdviceAdmin, TerminalAdmin
from roaming.tokens.admin import AuthorizationAdmin, OfflineCountAdmin, TokenAdmin

__all__ = [
    "ActiveProfileAdmin",
    "AuthorizationAdmin",
    "BookingAdmin",
    "BookingLocationAdmin",
    "CdrAdmin",
    "CheckResultAdmin",
    "ClientInfoAdmin",
    "CommandAdmin",
    "ConformanceRunAdmin",
    "ExchangeAdmin",
    "FinancialAdviceAdmin",
    "FindingAdmin",
    "HubNoticeAdmin",
    "InvoiceRecordAdmin",
    "LocationAdmin",
    "OfflineCountAdmin",
    "PullAdmin",
    "PushAdmin",
    "ReservationAdmin",
    "SessionAdmin",
    "TariffAdmin",
    "TerminalAdmin",
    "TokenAdmin",
]
