"""The lists that sender interfaces serve: what a pull reads, and what a conformance run looks at."""

from dataclasses import dataclass

from roaming.ocpi.modules import MODULES


@dataclass(frozen=True)
class Listing:
    """One list of one module, known by `name`.

    `kind` is what its objects are, `key` the field that names one, `tail` what follows the endpoint's URL. `single`:
    an object can be had alone, by its id behind the list's URL. `whole`: the list says all that is valid (T49), so
    what it leaves out is gone; otherwise it grows for ever and is read by date. `owned`: each object says whose it is.
    """

    name: str
    module: str
    kind: str
    key: str = "id"
    tail: str = ""
    single: bool = False
    whole: bool = False
    owned: bool = True

    @property
    def owner_roles(self) -> frozenset[str]:
        """Roles of the parties whose objects are listed."""
        return next(module.senders for module in MODULES if module.identifier == self.module)

    @property
    def reader_roles(self) -> frozenset[str]:
        """Roles of the parties that such a list is meant for."""
        return next(module.receivers for module in MODULES if module.identifier == self.module)

    @property
    def routed(self) -> bool:
        """Whether requests carry routing headers; those of a configuration module do not (T101)."""
        return self.module != "hubclientinfo"

    def url(self, endpoint: str) -> str:
        """The list's URL below an endpoint of version details, which is used as it is (T50)."""
        return f"{endpoint.rstrip('/')}/{self.tail}" if self.tail else endpoint


# In the order in which their objects refer to each other.
LISTINGS = {
    listing.name: listing
    for listing in (
        Listing("hubclientinfo", "hubclientinfo", "client_info", key="party_id", owned=False),
        Listing("tariffs", "tariffs", "tariff", whole=True),
        Listing("locations", "locations", "location", single=True, whole=True),
        Listing("tokens", "tokens", "token", key="uid", whole=True),
        Listing(
            "terminals",
            "payments",
            "terminal",
            key="terminal_id",
            tail="terminals",
            single=True,
            whole=True,
            owned=False,
        ),
        Listing("booking_locations", "bookings", "booking_location", tail="booking_locations", single=True, whole=True),
        Listing("sessions", "sessions", "session"),
        Listing("cdrs", "cdrs", "cdr"),
        Listing("bookings", "bookings", "booking"),
        Listing("invoicereconciliation", "invoicereconciliation", "invoice_reconciliation_record"),
        Listing(
            "financial-advice-confirmations",
            "payments",
            "financial_advice_confirmation",
            tail="financial-advice-confirmations",
            single=True,
            owned=False,
        ),
    )
}
