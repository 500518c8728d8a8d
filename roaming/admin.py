from roaming.cdrs.admin import CdrAdmin
from roaming.exchange.admin import ExchangeAdmin, PushAdmin
from roaming.findings.admin import FindingAdmin
from roaming.locations.admin import LocationAdmin
from roaming.sessions.admin import SessionAdmin
from roaming.tariffs.admin import TariffAdmin
from roaming.tokens.admin import TokenAdmin

__all__ = [
    "CdrAdmin",
    "ExchangeAdmin",
    "FindingAdmin",
    "LocationAdmin",
    "PushAdmin",
    "SessionAdmin",
    "TariffAdmin",
    "TokenAdmin",
]
