from roaming.cdrs.admin import CdrAdmin
from roaming.findings.admin import FindingAdmin
from roaming.locations.admin import LocationAdmin
from roaming.sessions.admin import SessionAdmin
from roaming.tariffs.admin import TariffAdmin
from roaming.tokens.admin import TokenAdmin

__all__ = ["CdrAdmin", "FindingAdmin", "LocationAdmin", "SessionAdmin", "TariffAdmin", "TokenAdmin"]
