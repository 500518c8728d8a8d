"""One walk through a partner's platform: versions, details, credentials, each list, and what must be refused."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from partners.connections.models import Connection
from partners.parties import selectors as parties
from roaming.conformance import access, filters, objects, paging, versions
from roaming.conformance.catalogue import CREDENTIALS, DETAILS, PLATFORM, VERSIONS
from roaming.conformance.limits import Limits
from roaming.conformance.probe import Elsewhere, Probe, Silent, Stopped
from roaming.conformance.sheet import Sheet
from roaming.conformance.subject import Subject
from roaming.ocpi.listings import LISTINGS, Listing

_NOT_LISTED = "Their version details do not list it."
_NOT_READ = "What leads there could not be read."

Look = Callable[[Sheet], None]


@dataclass
class Walk:
    """Iterate over `sheets()`, each told as soon as it is complete; `reason` says afterwards why it ended early.

    `wanted` limits it to some lists; `tell` hears what is looked at now.
    """

    connection: Connection
    probe: Probe
    limits: Limits
    wanted: Sequence[str] = ()
    tell: Callable[[str], None] = lambda text: None
    reason: str = field(default="", init=False)
    _details_url: str | None = field(default=None, init=False)
    _endpoints: list[versions.Endpoint] = field(default_factory=list, init=False)
    _parties: versions.Roles = field(default_factory=set, init=False)
    _subjects: list[Subject] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._platform = Sheet(PLATFORM, self.connection.version)

    def sheets(self) -> Iterator[Sheet]:
        """Every part of the run, complete; one that was not reached says why."""
        for sheet, look in self._steps():
            self.tell(f"Looking at {sheet.module}")
            if self.reason:
                sheet.ends(self.reason)
            else:
                self._look(sheet, look)
            yield sheet

    def _look(self, sheet: Sheet, look: Look) -> None:
        try:
            look(sheet)
        except Elsewhere as error:  # which is noted where the address is listed
            sheet.ends(str(error))
        except Silent as silent:
            sheet.says("success", False, silent.seen, str(silent), "an answer", "nothing")
            sheet.ends(str(silent))
            self.reason = f"They do not answer. {silent}" if silent.away else ""
        except Stopped as stop:
            self.reason = str(stop)
            sheet.ends(self.reason)

    def _steps(self) -> Iterator[tuple[Sheet, Look]]:
        """Later steps depend on what earlier ones read."""
        version = self.connection.version
        yield Sheet(VERSIONS, version), self._look_at_versions
        yield Sheet(DETAILS, version), self._look_at_details
        yield Sheet(CREDENTIALS, version), self._look_at_credentials
        for listing in self._listings():
            yield Sheet(listing.name, version), partial(self._look_at_list, listing)
        yield self._platform, self._look_at_platform

    def _listings(self) -> list[Listing]:
        """The lists they offer, or those that are wanted."""
        if self.wanted:
            return [LISTINGS[name] for name in self.wanted]
        return [listing for listing in LISTINGS.values() if self._endpoint(listing.module)]

    def _look_at_versions(self, sheet: Sheet) -> None:
        access.look_at_tls(self._platform, self.connection)
        first = access.first(self._platform, self.probe, self.connection)
        self._details_url = versions.look_at_versions(sheet, self.probe, self.connection, first)
        if first.http == 401:
            raise Stopped("They do not take our token.")

    def _look_at_details(self, sheet: Sheet) -> None:
        if self._details_url is None:
            sheet.ends(_NOT_READ)
        else:
            self._endpoints = versions.look_at_details(sheet, self.probe, self.connection, self._details_url)

    def _look_at_credentials(self, sheet: Sheet) -> None:
        url = next((entry["url"] for entry in self._endpoints if entry["identifier"] == "credentials"), None)
        if url is None:
            sheet.ends(_NOT_READ if not self._endpoints else _NOT_LISTED)
        else:
            self._parties = versions.look_at_credentials(sheet, self.probe, self.connection, url)

    def _look_at_list(self, listing: Listing, sheet: Sheet) -> None:
        endpoint = self._endpoint(listing.module)
        if endpoint is None:
            sheet.ends(_NOT_LISTED)
            return
        subject = self._subject(listing, listing.url(endpoint), sheet)
        paging.look_at_slash(subject)
        if paging.look(subject) is None:
            return
        self._subjects.append(subject)
        objects.look(subject)
        filters.look(subject)
        if listing.single:
            objects.look_alone(subject)

    def _endpoint(self, module: str) -> str | None:
        """Their sender interface, by the details just read, else by those of the registration."""
        registered = self.connection.endpoint(module, "SENDER")
        if not self._endpoints:
            return registered
        roles = {"SENDER"} if self.connection.version != "2.1.1" else {""} if registered else set()
        found = (e["url"] for e in self._endpoints if e["identifier"] == module and e["role"] in roles)
        return next(found, None)

    def _subject(self, listing: Listing, url: str, sheet: Sheet) -> Subject:
        hosted = list(parties.hosted(self.connection))
        owners = [party for party in hosted if party.role in listing.owner_roles]
        hub = parties.hub_of(self.connection)
        theirs = hub or (owners[0] if len(owners) == 1 else None)
        ours = parties.ours().filter(role__in=listing.reader_roles).first()
        routed = listing.routed and self.connection.version != "2.1.1" and theirs is not None
        return Subject(
            connection=self.connection,
            listing=listing,
            url=url,
            probe=self.probe,
            sheet=sheet,
            limits=self.limits,
            ours=ours if routed else None,
            theirs=theirs if routed else None,
            owners=None if hub else self._parties or {(party.country_code, party.party_id) for party in hosted},
            needs_routing=len(hosted) > 1 or parties.ours().count() > 1,
        )

    def _look_at_platform(self, sheet: Sheet) -> None:
        """What must be refused, once for all; and the clock of all answers."""
        access.look_at_clock(sheet, self.probe)
        versions_url, details_url = self.connection.versions_url, self._details_url
        access.look_at_refusals(
            sheet,
            self.probe,
            a_list=self._subjects[0].url if self._subjects else versions_url,
            root=details_url if details_url and self.probe.is_theirs(details_url) else versions_url,
        )
