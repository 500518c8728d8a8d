"""Every OCPI address, with and without a slash at its end: a redirect would lose bodies and tokens (T50).

An id at the end of a path may contain slashes, because servers decode %2F before we see it (T75).
"""

from django.urls import URLPattern, re_path

from roaming.cdrs import api as cdrs
from roaming.locations import api as locations
from roaming.ocpi.views import OcpiView, UnknownAddress
from roaming.registration import api as registration
from roaming.sessions import api as sessions
from roaming.tariffs import api as tariffs
from roaming.tokens import api as tokens

_VERSION = r"(?P<version>[0-9]+(?:\.[0-9]+)+)"
_OWNER = r"(?P<country_code>[^/]+)/(?P<party_id>[^/]+)"
_LOCATION = r"(?P<location_id>[^/]+)(?:/(?P<evse_uid>[^/]+)(?:/(?P<connector_id>.+?))?)?"


def _at(path: str, view: type[OcpiView]) -> URLPattern:
    return re_path(rf"\A{path}/?\Z", view.as_view())


def _functional(path: str, view: type[OcpiView]) -> URLPattern:
    return _at(f"{_VERSION}/{path}", view)


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
    re_path(r"", UnknownAddress.as_view()),
]
