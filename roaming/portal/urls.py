"""Addresses of the portal's pages."""

from django.urls import URLPattern, path

from roaming.own_objects.kinds import LOCATION, TARIFF, TOKEN, Kind
from roaming.portal import (
    agreements,
    attempts,
    authorizations,
    bookings,
    cdrs,
    commands,
    components,
    conformance,
    connection_changes,
    connections,
    disputes,
    exchanges,
    findings,
    home,
    invoice_records,
    invoices,
    locations,
    partners,
    people,
    pushes,
    search,
    sessions,
    settlement,
    tariffs,
    terminals,
    tokens,
)
from roaming.portal.own_objects import files
from roaming.portal.own_objects.evses import KeepEvse
from roaming.portal.own_objects.pages import Keep
from roaming.portal.own_objects.tariffs import DeleteTariff, KeepTariff
from roaming.portal.own_objects.written import Write

app_name = "portal"


def _kept(kind: Kind) -> list[URLPattern]:
    """Where people keep our own objects of a kind: by hand, as JSON, in files."""
    one, many = kind.name, kind.module
    how = {"kind": kind, "grant": kind.grant, "edit_grant": kind.grant}
    by_hand = KeepTariff if kind is TARIFF else Keep
    return [
        path(f"{many}/add/", by_hand.as_view(**how), name=f"{one}_add"),
        path(f"{many}/write/", Write.as_view(**how), name=f"{one}_write"),
        path(f"{many}/import/", files.Import.as_view(**how), name=f"{many}_import"),
        path(f"{many}/import/template.csv", files.Template.as_view(**how), name=f"{many}_template"),
        path(f"{many}/import/<int:pk>/", files.Preview.as_view(**how), name=f"{many}_preview"),
        path(f"{many}/export/<int:pk>.csv", files.Export.as_view(**how), name=f"{many}_export"),
        path(f"{many}/<int:pk>/edit/", by_hand.as_view(**how), name=f"{one}_edit"),
        path(f"{many}/<int:pk>/json/", Write.as_view(**how), name=f"{one}_json"),
    ]


urlpatterns = [
    *_kept(LOCATION),
    *_kept(TARIFF),
    *_kept(TOKEN),
    path("locations/<int:pk>/evse/", KeepEvse.as_view(), name="location_evse"),
    path("tariffs/<int:pk>/delete/", DeleteTariff.as_view(), name="tariff_delete"),
    path("", home.Home.as_view(), name="home"),
    path("search/", search.Search.as_view(), name="search"),
    path("partners/", partners.PartnerList.as_view(), name="partners"),
    path("partners/add/", partners.PartnerEdit.as_view(), name="partner_add"),
    path("partners/<int:pk>/", partners.PartnerPage.as_view(), name="partner"),
    path("partners/<int:pk>/edit/", partners.PartnerEdit.as_view(), name="partner_edit"),
    path("partners/<int:pk>/connect/", connection_changes.AddConnection.as_view(), name="connection_add"),
    path("connections/<int:pk>/", connections.ConnectionPage.as_view(), name="connection"),
    path("connections/<int:pk>/edit/", connection_changes.EditConnection.as_view(), name="connection_edit"),
    path("connections/<int:pk>/token/", connection_changes.NewToken.as_view(), name="connection_token"),
    path("connections/<int:pk>/withdraw/", connection_changes.WithdrawOffer.as_view(), name="connection_withdraw"),
    path("connections/<int:pk>/unregister/", connection_changes.Unregister.as_view(), name="connection_unregister"),
    path("connections/<int:pk>/register/", connections.Register.as_view(), name="connection_register"),
    path("connections/<int:pk>/attempts/", attempts.AttemptList.as_view(), name="connection_attempts"),
    path("connections/<int:pk>/attempts/<int:attempt>/", attempts.AttemptPage.as_view(), name="connection_attempt"),
    path("connections/<int:pk>/conformance/", conformance.Overview.as_view(), name="connection_conformance"),
    path("connections/<int:pk>/quirks/", conformance.DecideQuirk.as_view(), name="connection_quirk"),
    path("conformance/<int:pk>/", conformance.Scorecard.as_view(), name="conformance"),
    path("conformance/<int:pk>/text/", conformance.AsText.as_view(), name="conformance_text"),
    path("exchanges/<int:pk>/", exchanges.ExchangePage.as_view(), name="exchange"),
    path("agreements/", agreements.AgreementList.as_view(), name="agreements"),
    path("agreements/add/", agreements.AgreementEdit.as_view(), name="agreement_add"),
    path("agreements/<int:pk>/", agreements.AgreementPage.as_view(), name="agreement"),
    path("agreements/<int:pk>/edit/", agreements.AgreementEdit.as_view(), name="agreement_edit"),
    path("agreements/<int:pk>/activate/", agreements.Activate.as_view(), name="agreement_activate"),
    path("agreements/<int:pk>/end/", agreements.End.as_view(), name="agreement_end"),
    path("locations/", locations.LocationList.as_view(), name="locations"),
    path("locations/<int:pk>/", locations.LocationPage.as_view(), name="location"),
    path("locations/<int:pk>/unlock/", commands.Unlock.as_view(), name="location_unlock"),
    path("tariffs/", tariffs.TariffList.as_view(), name="tariffs"),
    path("tariffs/<int:pk>/", tariffs.TariffPage.as_view(), name="tariff"),
    path("tokens/", tokens.TokenList.as_view(), name="tokens"),
    path("tokens/<int:pk>/", tokens.TokenPage.as_view(), name="token"),
    path("authorizations/", authorizations.AuthorizationList.as_view(), name="authorizations"),
    path("authorizations/<int:pk>/", authorizations.AuthorizationPage.as_view(), name="authorization"),
    path("sessions/", sessions.SessionList.as_view(), name="sessions"),
    path("sessions/<int:pk>/", sessions.SessionPage.as_view(), name="session"),
    path("sessions/<int:pk>/stop/", commands.Stop.as_view(), name="session_stop"),
    path("commands/", commands.CommandList.as_view(), name="commands"),
    path("commands/<int:pk>/", commands.CommandPage.as_view(), name="command"),
    path("bookings/", bookings.BookingList.as_view(), name="bookings"),
    path("bookings/places/", bookings.PlaceList.as_view(), name="bookings_places"),
    path("bookings/<int:pk>/", bookings.BookingPage.as_view(), name="booking"),
    path("terminals/", terminals.TerminalList.as_view(), name="terminals"),
    path("terminals/captures/", terminals.CaptureList.as_view(), name="terminals_captures"),
    path("terminals/<int:pk>/", terminals.TerminalPage.as_view(), name="terminal"),
    path("cdrs/", cdrs.CdrList.as_view(), name="cdrs"),
    path("cdrs/<int:pk>/", cdrs.CdrPage.as_view(), name="cdr"),
    path("cdrs/<int:pk>/accept/", cdrs.Decide.as_view(), name="cdr_accept"),
    path("cdrs/<int:pk>/reject/", cdrs.Decide.as_view(decision="reject"), name="cdr_reject"),
    path("cdrs/<int:pk>/price-again/", cdrs.PriceAgain.as_view(), name="cdr_price_again"),
    path("cdrs/<int:pk>/contest/", cdrs.Contest.as_view(), name="cdr_contest"),
    path("findings/", findings.FindingList.as_view(), name="findings"),
    path("pushes/", pushes.PushList.as_view(), name="pushes"),
    path("pushes/<int:pk>/", pushes.PushPage.as_view(), name="push"),
    path("pushes/<int:pk>/retry/", pushes.Retry.as_view(), name="push_retry"),
    path("settlement/", settlement.RunList.as_view(), name="settlement"),
    path("settlement/settle/", settlement.Settle.as_view(), name="settle"),
    path("settlement/<int:pk>/", settlement.RunPage.as_view(), name="run"),
    path("invoices/", invoices.InvoiceList.as_view(), name="invoices"),
    path("invoices/<int:pk>/", invoices.InvoicePage.as_view(), name="invoice"),
    path("invoices/<int:pk>/issue/", invoices.Issue.as_view(), name="invoice_issue"),
    path("invoices/<int:pk>/<str:format>/", invoices.Download.as_view(), name="invoice_file"),
    path("invoice-records/", invoice_records.InvoiceRecordList.as_view(), name="records"),
    path("invoice-records/<int:pk>/", invoice_records.InvoiceRecordPage.as_view(), name="record"),
    path("disputes/", disputes.DisputeList.as_view(), name="disputes"),
    path("disputes/<int:pk>/", disputes.DisputePage.as_view(), name="dispute"),
    path("people/", people.PersonList.as_view(), name="people"),
    path("people/add/", people.Invite.as_view(), name="person_add"),
    path("people/trail/", people.Trail.as_view(), name="trail"),
    path("components/", components.Components.as_view(), name="components"),
]
