"""What people have to know of new credentials: a party is listed no more, or the platform calls itself a hub."""

from collections.abc import Iterable
from datetime import datetime

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.findings import services as findings
from roaming.findings.models import Severity
from roaming.kernel import events


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
