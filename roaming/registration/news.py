"""What people have to know of new credentials: a party is listed no more, the platform calls itself a hub, or it
does not list what we need."""

from collections.abc import Iterable
from datetime import datetime

from partners.connections.models import Connection
from partners.parties import selectors as hosts
from partners.parties.models import Party
from roaming.findings import services as findings
from roaming.findings.models import Severity
from roaming.kernel import events
from roaming.registration.needs import Needs


def subscribe() -> None:
    events.subscribe("parties.left", note_parties_left)
    events.subscribe("connection.became_hub", note_hub)


def note_parties_left(*, connection: Connection, parties: Iterable[Party], at: datetime) -> None:
    """One finding for each; `connection` writes, reads and gets nothing in its name any more."""
    for party in parties:
        findings.record(
            code="party_left",
            severity=Severity.NOTE,
            title="A party has left its platform",
            sentence=f"The credentials of {connection.name} list {party.code} as {party.role} no more. What the party "
            "owns stays; the platform may not change it, and reads and gets nothing in its name.",
            connection=connection,
            subject=f"parties {party.code} {party.role}",
            at=at,
        )


def note_hub(*, connection: Connection, at: datetime) -> None:
    """A platform that was none before calls itself a hub: it may now bring in parties that nobody declared."""
    findings.record(
        code="became_hub",
        severity=Severity.NOTE,
        title="A platform has become a hub",
        sentence=f"{connection.name} now says that it is the hub {connection.hub_party_id}. It may tell of parties "
        "behind it, and keeps those that it had.",
        connection=connection,
        subject="credentials",
        at=at,
    )


def note_missing(connection: Connection, at: datetime) -> str:
    """Credentials were exchanged with one that does not list all that we need (C7). The sentence that people are told;
    empty when it does."""
    roles = hosts.hosted(connection).values_list("role", flat=True)
    needs = Needs(connection, roles)
    if not (missing := needs.missing(connection.endpoints)):
        return ""
    sentence = (
        f"{connection.name} does not list {needs.told(missing)}. Nothing is read there; ask "
        "them to add it, and exchange new tokens then, for that reads their endpoints again."
    )
    _tell_of_missing(connection, sentence, Severity.NOTE, at)
    return sentence


def alert_missing(connection: Connection, sentence: str, at: datetime) -> None:
    """Our credentials were not sent to it (C7)."""
    _tell_of_missing(connection, sentence, Severity.ERROR, at)


def _tell_of_missing(connection: Connection, sentence: str, severity: Severity, at: datetime) -> None:
    findings.record_once(
        code="endpoints_missing",
        severity=severity,
        title="A platform does not list what we need",
        sentence=sentence,
        connection=connection,
        subject="credentials",
        at=at,
    )
