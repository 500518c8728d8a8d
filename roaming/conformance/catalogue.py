"""Every check there is: what it looks at, and where OCPI asks for it.

`chapter` names chapter and heading of the specification, the same in all versions; `requirement` is our own number of
it (docs/ocpi.md). What the specification only advises, or leaves open, is a warning when it fails: `must` False.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from roaming.ocpi.listings import LISTINGS

PLATFORM, VERSIONS, DETAILS, CREDENTIALS = "platform", "versions", "version details", "credentials"

_FORMAT = "Transport and format: "
_SENDERS = {
    "hubclientinfo": "HubClientInfo module: ClientInfo object",
    "tariffs": "Tariffs module: Tariff object",
    "locations": "Locations module: Location object",
    "tokens": "Tokens module: Token object",
    "terminals": "Payments module: Terminal object",
    "financial-advice-confirmations": "Payments module: Financial Advice Confirmation object",
    "booking_locations": "Bookings module: BookingLocation object",
    "bookings": "Bookings module: Booking object",
    "sessions": "Sessions module: Session object",
    "cdrs": "CDRs module: CDR object",
    "invoicereconciliation": "Invoice Reconciliation module: InvoiceReconciliationRecord object",
}


@dataclass(frozen=True)
class Check:
    code: str
    area: str
    title: str
    chapter: str
    requirement: str
    must: bool = True
    since: str = "2.1.1"

    def section(self, version: str, module: str) -> str:
        """Where that version of OCPI asks for it."""
        return f"OCPI {version}, {self.chapter or _SENDERS[module]}"


_MESSAGE_IDS = (
    Check("request_id", "Answers", "X-Request-ID is repeated", _FORMAT + "Unique message IDs", "T11", since="2.2.1"),
    Check(
        "correlation_id",
        "Answers",
        "X-Correlation-ID is repeated",
        _FORMAT + "Unique message IDs",
        "T11",
        since="2.2.1",
    ),
)
_ON_PLATFORM = (
    *_MESSAGE_IDS,
    Check("tls", "Access", "Their addresses are https", _FORMAT + "Security and authentication", "T108"),
    Check(
        "token_form", "Access", "The token is taken as the version writes it", _FORMAT + "Authorization header", "T2"
    ),
    Check(
        "wrong_token", "Access", "A wrong token is answered 401, in an envelope", _FORMAT + "Authorization header", "T4"
    ),
    Check(
        "unknown_path",
        "Answers",
        "An unknown address is answered 404, in an envelope",
        _FORMAT + "Response format",
        "T22",
    ),
    Check("clock", "Clock", "Their clock shows the time", "Types: DateTime", "T82", must=False),
)
_ADDRESSES = Check(
    "addresses",
    "Versions",
    "The addresses listed are at the hosts of the registration",
    "Credentials module: Changing endpoints for the current version",
    "C3",
)
_ON_VERSIONS = (
    _ADDRESSES,
    Check(
        "versions_valid",
        "Versions",
        "The list of versions is valid",
        "Versions module: Version information endpoint",
        "V1",
    ),
    Check(
        "version_offered",
        "Versions",
        "The version we agreed on is still offered",
        "Versions module: Version information endpoint",
        "V5",
    ),
)
_ON_DETAILS = (
    _ADDRESSES,
    Check(
        "details_valid", "Versions", "The version details are valid", "Versions module: Version details endpoint", "V2"
    ),
    Check(
        "details_version",
        "Versions",
        "The details are those of the version asked for",
        "Versions module: Version details endpoint",
        "V1",
    ),
    Check(
        "credentials_listed", "Versions", "The credentials module is listed", "Versions module: Endpoint class", "V3"
    ),
    Check("endpoints_once", "Versions", "Each interface is listed once", "Versions module: Endpoint class", "V2"),
    Check("endpoints_absolute", "Versions", "Endpoint URLs are absolute", "Versions module: Endpoint class", "V2"),
    Check(
        "endpoints_known",
        "Versions",
        "The endpoints are those of the registration",
        "Credentials module: Changing endpoints for the current version",
        "C3",
        must=False,
    ),
)
_SLASH = Check(
    "slash",
    "Addresses",
    "The address works with and without a slash at its end",
    "Versions module: Endpoint class",
    "T50",
    must=False,
)
_ON_CREDENTIALS = (
    _SLASH,
    Check(
        "credentials_valid",
        "Versions",
        "The credentials object is valid",
        "Credentials module: Credentials object",
        "C8",
    ),
    Check(
        "credentials_token",
        "Versions",
        "The credentials name the token that we use",
        "Credentials module: GET method",
        "C4",
    ),
    Check(
        "credentials_parties",
        "Versions",
        "The credentials name the parties that we know",
        "Credentials module: Credentials object",
        "C9",
        must=False,
    ),
)
_ON_ANSWERS = (
    Check("success", "Answers", "A right request is answered with HTTP 200 and 1000", "Status codes", "T31"),
    Check("content_type", "Answers", "Answers are application/json", _FORMAT + "Response format", "T10"),
    Check("envelope", "Answers", "Answers have status_code and timestamp", _FORMAT + "Response format", "T20"),
    Check(
        "data_shape",
        "Answers",
        "data is an array for a list, an object for one thing",
        _FORMAT + "Response format",
        "T21",
    ),
    Check("timestamp_utc", "Answers", "The timestamp of the answer is in UTC", "Types: DateTime", "T82"),
    *_MESSAGE_IDS,
)
_NO_ROUTING = Check(
    "no_routing",
    "Answers",
    "Configuration modules carry no routing headers",
    _FORMAT + "Message Routing Headers",
    "T101",
    since="2.2.1",
)
_ON_LISTS = (
    Check(
        "routing",
        "Answers",
        "Routing headers are answered, swapped",
        _FORMAT + "Message Routing Headers",
        "T100",
        since="2.2.1",
    ),
    Check(
        "total_count", "Paging", "X-Total-Count says how many objects there are", _FORMAT + "Paginated Response", "T42"
    ),
    Check("x_limit", "Paging", "X-Limit says how many objects fit on a page", _FORMAT + "Paginated Response", "T42"),
    Check("limit", "Paging", "No page holds more than limit asks for", _FORMAT + "Paginated Request", "T40"),
    Check("limit_cap", "Paging", "A limit above X-Limit is capped, not refused", _FORMAT + "Paginated Request", "T44"),
    Check("link", "Paging", "Link leads to the next page", _FORMAT + "Paginated Response", "T42"),
    Check("link_absolute", "Paging", "The next page's URL is absolute", _FORMAT + "Paginated Response", "T43"),
    Check("link_host", "Paging", "The next page is at the same host", _FORMAT + "Paginated Response", "T43"),
    Check("link_filters", "Paging", "The next page's URL repeats the filters", _FORMAT + "Paginated Response", "T43"),
    Check("next_page", "Paging", "The next page can be read as it is given", _FORMAT + "Paginated Response", "T43"),
    Check("list_ends", "Paging", "The last page leads nowhere", _FORMAT + "Paginated Response", "T42"),
    Check("no_repeats", "Paging", "No object is on two pages", _FORMAT + "Paginated Response", "T46"),
    Check(
        "order",
        "Paging",
        "Asked again, the list has the same order",
        _FORMAT + "Paginated Request",
        "T46",
        must=False,
    ),
    Check("past_end", "Paging", "Behind the last object comes an empty page", _FORMAT + "Paginated Request", "T45"),
    Check("date_from", "Filters", "date_from is inclusive", _FORMAT + "Paginated Request", "T41"),
    Check("date_to", "Filters", "date_to is exclusive", _FORMAT + "Paginated Request", "T41"),
    Check("future", "Filters", "A date_from in the future finds nothing", _FORMAT + "Paginated Request", "T45"),
    Check(
        "filtered_count",
        "Filters",
        "X-Total-Count counts what the filters leave",
        _FORMAT + "Paginated Response",
        "T42",
    ),
    _SLASH,
    Check("schema", "Objects", "Every object is valid", "", "Appendix A"),
    Check("unique_ids", "Objects", "No id is listed twice", _FORMAT + "Client Owned Object Push", "T73"),
    Check(
        "owner",
        "Objects",
        "Every object belongs to one of their parties",
        _FORMAT + "Client Owned Object Pull",
        "T74",
        must=False,
    ),
    Check("object_times", "Objects", "last_updated is a time in UTC", "Types: DateTime", "T82"),
    Check("not_in_future", "Objects", "last_updated does not lie in the future", "Types: DateTime", "T82", must=False),
)
_ON_SINGLES = (
    Check("single", "Objects", "An object can be had by its id", _FORMAT + "Response format", "T21"),
    Check("unknown_object", "Objects", "An unknown id is answered 404, in an envelope", "Status codes", "T22"),
)

CHECKS = {
    check.code: check
    for group in (
        _ON_PLATFORM,
        _ON_VERSIONS,
        _ON_DETAILS,
        _ON_CREDENTIALS,
        _ON_ANSWERS,
        (_NO_ROUTING,),
        _ON_LISTS,
        _ON_SINGLES,
    )
    for check in group
}


def checks_of(module: str) -> Iterable[Check]:
    """The checks of one part of a run: PLATFORM, VERSIONS, DETAILS, CREDENTIALS, or the name of a list."""
    if module == PLATFORM:
        return _ON_PLATFORM
    own = {VERSIONS: _ON_VERSIONS, DETAILS: _ON_DETAILS, CREDENTIALS: _ON_CREDENTIALS}.get(module)
    if own is not None:
        return (*_ON_ANSWERS, _NO_ROUTING, *own)
    listing = LISTINGS[module]
    lists = _ON_LISTS if listing.routed else (_NO_ROUTING, *_ON_LISTS[1:])
    return (*_ON_ANSWERS, *lists, *(_ON_SINGLES if listing.single else ()))
