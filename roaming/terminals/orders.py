"""What a CPO has a payment terminal provider do, while it waits: assign, activate, deactivate (Y1)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from partners import routing
from partners.connections.models import Connection
from partners.parties import selectors as parties
from partners.parties.models import Party, PartyRole
from roaming.exchange.asking import Asking, ask
from roaming.terminals import selectors, services
from roaming.terminals.models import Terminal

Data = dict[str, Any]
Code = tuple[str, str]


class Unclear(Exception):
    """The request names a CPO that the platform does not host, or does not say which provider it is for."""


@dataclass(frozen=True)
class Asker:
    """The CPO's platform that asks; `sending` and `addressed` are the parties of its routing headers, if any."""

    connection: Connection
    sending: Code | None = None
    addressed: Code | None = None
    correlation_id: str = ""


def assign(asker: Asker, terminal: Terminal, method: str, data: Data, *, at: datetime) -> str:
    """Tell the provider what the terminal is for, and keep it as soon as it was taken.

    Both PUT and PATCH change what they name: the rest is the provider's. Returns a note when something younger is
    known; "" otherwise. Raises Unclear and what asking.ask raises; must not be called inside a transaction.
    """
    if data.get("country_code") and data.get("party_id"):
        _cpo(asker, data)
    if note := services.outdated(terminal=terminal, data=data):
        return note
    _ask(asker, terminal.cpo, terminal.party, method, f"/{quote(terminal.ocpi_id, safe='')}", data, at)
    return services.assigned(terminal=terminal, data=data, at=at).note


def activate(asker: Asker, data: Data, *, at: datetime) -> None:
    """Have a provider activate a terminal; it then creates it here by POST (Y1). Raises as `assign` does."""
    cpo = _cpo(asker, data)
    _ask(asker, cpo, _provider(asker, at), "POST", "/activate", data, at)


def deactivate(asker: Asker, terminal: Terminal, *, at: datetime) -> None:
    """Have the provider deactivate the terminal. Raises as `assign` does."""
    tail = f"/{quote(terminal.ocpi_id, safe='')}/deactivate"
    _ask(asker, terminal.cpo, terminal.party, "POST", tail, None, at)
    services.deactivated(terminal=terminal, at=at)


def _cpo(asker: Asker, data: Data) -> Party:
    """Whose terminal it is: the body names the CPO, or the header does, or the platform hosts one only."""
    by_body = data.get("country_code") and data.get("party_id")
    named: Code | None = (str(data["country_code"]), str(data["party_id"])) if by_body else asker.sending
    if named is None:
        hosted = list(parties.hosted(asker.connection, PartyRole.CPO)[:2])
        if len(hosted) == 1:
            return hosted[0]
        raise Unclear("country_code and party_id: say which CPO of your platform the terminal is for.")
    cpo = routing.may_write(asker.connection, *named, PartyRole.CPO)
    if cpo is None:
        raise Unclear(f"country_code and party_id: {'*'.join(named)} is not a CPO of your platform.")
    return cpo


def _provider(asker: Asker, at: datetime) -> Party:
    found = list(routing.providers_joined_to(asker.connection, at=at))
    code = tuple(part.upper() for part in asker.addressed or ())
    meant = [party for party in found if (party.country_code, party.party_id) == code] if code else found
    if len(meant) == 1:
        return meant[0]
    raise Unclear(
        "Address one payment terminal provider with the OCPI-to headers; "
        f"{', '.join(party.code for party in found) or 'none'} can be reached."
    )


def _ask(
    asker: Asker, cpo: Party | None, provider: Party, method: str, tail: str, data: Data | None, at: datetime
) -> None:
    question = Asking(
        to_party=provider,
        from_party=cpo,
        module="payments",
        role="SENDER",
        method=method,
        tail=f"/{selectors.TERMINALS}{tail}",
        body=("terminal_assignment", data) if data is not None else None,
        correlation_id=asker.correlation_id,
    )
    ask(question, at=at)
