"""The objects of OCPI 2.1.1 as structs: strings are ASCII, coordinates have six decimals, no object names its owner.

Connector types, capabilities and facilities are closed by the text, but read as open here too (T85); unknown ones are
never sent. Fractions of seconds are read (T82) and never sent.
"""

from msgspec import Struct

from ..v230.registration import Version
from . import charges, commands, locations, registration

STRUCTS: dict[str, type[Struct]] = {
    "location": locations.Location,
    "evse": locations.Evse,
    "connector": locations.Connector,
    "tariff": charges.Tariff,
    "token": charges.Token,
    "session": charges.Session,
    "cdr": charges.Cdr,
    "credentials": registration.Credentials,
    "version": Version,
    "version_details": registration.VersionDetails,
    "location_references": locations.LocationReferences,
    "authorization_info": charges.AuthorizationInfo,
    "start_session": commands.StartSession,
    "stop_session": commands.StopSession,
    "reserve_now": commands.ReserveNow,
    "unlock_connector": commands.UnlockConnector,
    "command_response": commands.CommandResponse,
    "command_result": commands.CommandResponse,
}
