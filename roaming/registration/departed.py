"""Parties that a platform's credentials list no more: a finding, for somebody has to look after their agreements."""

from collections.abc import Iterable
from datetime import datetime

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.findings import services as findings
from roaming.findings.models import Severity
from roaming.kernel import events


def subscribe() -> None:
    events.subscribe("parties.left", note)


def note(*, connection: Connection, parties: Iterable[Party], at: datetime) -> None:
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
