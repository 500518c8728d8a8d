from roaming.cdrs.models import Cdr
from roaming.exchange.models import Exchange, Push
from roaming.findings.models import Finding
from roaming.locations.models import Location
from roaming.sessions.models import Session
from roaming.tariffs.models import Tariff
from roaming.tokens.models import Token

__all__ = ["Cdr", "Exchange", "Finding", "Location", "Push", "Session", "Tariff", "Token"]
