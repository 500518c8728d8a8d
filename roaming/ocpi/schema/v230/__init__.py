"""The objects of OCPI 2.3.0 (edition 2) as structs; the shape in which everything inside is kept.

Field names are OCPI's own. Unknown fields are tolerated (T86). Optional fields may be absent or null; a ``*`` list may
also be empty, a ``+`` list may not (T88). Fields of the payments and bookings extensions are there where they touch
the objects of other modules. Cross-field rules stand in ``rules``.
"""

from msgspec import Struct

from . import bookings, charges, commands, invoices, locations, payments, profiles, registration, tariffs, tokens

STRUCTS: dict[str, type[Struct]] = {
    "location": locations.Location,
    "evse": locations.Evse,
    "connector": locations.Connector,
    "tariff": tariffs.Tariff,
    "token": tokens.Token,
    "session": charges.Session,
    "cdr": charges.Cdr,
    "credentials": registration.Credentials,
    "version": registration.Version,
    "version_details": registration.VersionDetails,
    "client_info": registration.ClientInfo,
    "location_references": locations.LocationReferences,
    "authorization_info": tokens.AuthorizationInfo,
    "start_session": commands.StartSession,
    "stop_session": commands.StopSession,
    "reserve_now": commands.ReserveNow,
    "cancel_reservation": commands.CancelReservation,
    "unlock_connector": commands.UnlockConnector,
    "command_response": commands.CommandResponse,
    "command_result": commands.CommandResult,
    "charging_preferences": profiles.ChargingPreferences,
    "set_charging_profile": profiles.SetChargingProfile,
    "charging_profile_response": profiles.ChargingProfileResponse,
    "active_charging_profile": profiles.ActiveChargingProfile,
    "active_charging_profile_result": profiles.ActiveChargingProfileResult,
    "charging_profile_result": profiles.ChargingProfileResult,
    "clear_profile_result": profiles.ClearProfileResult,
    "invoice_reconciliation_record": invoices.InvoiceReconciliationRecord,
    "terminal": payments.Terminal,
    "terminal_activation": payments.UnnamedTerminal,
    "terminal_assignment": payments.UnnamedTerminal,
    "financial_advice_confirmation": payments.FinancialAdviceConfirmation,
    "booking_location": bookings.BookingLocation,
    "calendar": bookings.Calendar,
    "booking": bookings.Booking,
    "booking_request": bookings.BookingRequest,
}
