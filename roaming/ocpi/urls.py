"""Every OCPI address, with and without a slash at its end: a redirect would lose bodies and tokens (T50).

An id at the end of a path may contain slashes, because servers decode %2F before we see it (T75).
"""

import re

from django.urls import URLPattern, re_path

from roaming.bookings import api as bookings
from roaming.cdrs import api as cdrs
from roaming.commands import api as commands
from roaming.hub import api as hub
from roaming.invoice_records import api as invoice_records
from roaming.locations import api as locations
from roaming.ocpi import modules
from roaming.ocpi.versions import OFFERED
from roaming.ocpi.views import OcpiView, UnknownAddress
from roaming.profiles import api as profiles
from roaming.registration import api as registration
from roaming.sessions import api as sessions
from roaming.tariffs import api as tariffs
from roaming.terminals import api as terminals
from roaming.tokens import api as tokens

_VERSION = r"(?P<version>[0-9]+(?:\.[0-9]+)+)"
_OWNER = r"(?P<country_code>[^/]+)/(?P<party_id>[^/]+)"
_PLACE = r"booking_locations/(?P<booking_location_id>[^/]+)(?:/(?P<calendar_id>.+?))?"
_LOCATION = r"(?P<location_id>[^/]+)(?:/(?P<evse_uid>[^/]+)(?:/(?P<connector_id>.+?))?)?"
# Our response_url towards a CPO: what was asked, and which time.
_RESULT = r"(?P<type>[A-Z_]+)/(?P<key>[0-9A-Fa-f-]{36})"


def _at(path: str, view: type[OcpiView], interface: modules.Interface | None = None) -> URLPattern:
    return re_path(rf"\A{path}/?\Z", view.as_view(interface=interface))


def _functional(path: str, view: type[OcpiView]) -> URLPattern:
    """`path` is side/module/…; a module that came later is there from its version on."""
    side, identifier = path.split("/")[:2]
    module = modules.named(identifier)
    offered = "|".join(re.escape(version) for version in OFFERED if module.in_version(version))
    versions = _VERSION if module.in_version(OFFERED[0]) else rf"(?P<version>{offered})"
    return _at(f"{versions}/{path}", view, (identifier, side.upper()))


urlpatterns = [
    _at("versions", registration.Versions),
    _at(_VERSION, registration.VersionDetails),
    _at(f"{_VERSION}/credentials", registration.Credentials),
    _functional("sender/locations", locations.SenderList),
    _functional(f"sender/locations/{_LOCATION}", locations.SenderObject),
    _functional(f"receiver/locations/{_OWNER}/{_LOCATION}", locations.ReceiverObject),
    _functional("sender/tariffs", tariffs.SenderList),
    _functional(f"receiver/tariffs/{_OWNER}/(?P<tariff_id>.+?)", tariffs.ReceiverObject),
    _functional("sender/tokens", tokens.SenderList),
    _functional("sender/tokens/(?P<token_uid>.+?)/authorize", tokens.Authorize),
    _functional(f"receiver/tokens/{_OWNER}/(?P<token_uid>.+?)", tokens.ReceiverObject),
    _functional("sender/sessions", sessions.SenderList),
    _functional(f"receiver/sessions/{_OWNER}/(?P<session_id>.+?)", sessions.ReceiverObject),
    _functional("sender/cdrs", cdrs.SenderList),
    _functional("receiver/cdrs", cdrs.ReceiverCollection),
    _functional(f"receiver/cdrs/{_OWNER}/(?P<cdr_id>.+?)", cdrs.ReceiverObject),
    _functional("sender/hubclientinfo", hub.SenderList),
    _functional(f"receiver/hubclientinfo/{_OWNER}", hub.ReceiverObject),
    _functional("sender/invoicereconciliation", invoice_records.SenderList),
    _functional("receiver/invoicereconciliation", invoice_records.ReceiverCollection),
    _functional(f"receiver/invoicereconciliation/{_OWNER}/(?P<record_id>.+?)", invoice_records.ReceiverObject),
    _functional("receiver/commands/(?P<command>[^/]+)", commands.Receiver),
    _functional(f"sender/commands/{_RESULT}", commands.Result),
    _functional("sender/sessions/(?P<session_id>.+?)/charging_preferences", profiles.ChargingPreferences),
    _functional("receiver/chargingprofiles/(?P<session_id>.+?)", profiles.Receiver),
    _functional(f"sender/chargingprofiles/{_RESULT}", profiles.ProfileResult),
    _functional("sender/chargingprofiles/(?P<session_id>.+?)", profiles.SenderObject),
    _functional("sender/bookings", bookings.SenderBookings),
    _functional("sender/bookings/booking_locations", bookings.SenderPlaces),
    _functional(f"sender/bookings/{_PLACE}", bookings.SenderPlace),
    _functional(f"receiver/bookings/{_OWNER}/{_PLACE}", bookings.ReceiverPlace),
    _functional(f"receiver/bookings/{_OWNER}/(?P<booking_id>.+?)", bookings.ReceiverBooking),
    _functional("sender/payments/terminals", terminals.SenderTerminals),
    _functional("sender/payments/terminals/activate", terminals.Activation),
    _functional("sender/payments/terminals/(?P<terminal_id>.+?)/deactivate", terminals.Deactivation),
    _functional("sender/payments/terminals/(?P<terminal_id>.+?)", terminals.SenderTerminal),
    _functional("sender/payments/financial-advice-confirmations", terminals.SenderAdvices),
    _functional("sender/payments/financial-advice-confirmations/(?P<advice_id>.+?)", terminals.SenderAdvice),
    _functional("receiver/payments/terminals", terminals.ReceiverTerminals),
    _functional("receiver/payments/terminals/(?P<terminal_id>.+?)", terminals.ReceiverTerminal),
    _functional("receiver/payments/financial-advice-confirmations", terminals.ReceiverAdvices),
    _functional("receiver/payments/financial-advice-confirmations/(?P<advice_id>.+?)", terminals.ReceiverAdvice),
    re_path(r"", UnknownAddress.as_view()),
]
