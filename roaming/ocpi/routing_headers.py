"""The routing headers: which party a request is from, and which one it is for (T100 to T107).

They belong to functional modules of OCPI 2.2 and later; elsewhere they are not read. That the platform of the party
meant is not connected is no error here: what is pushed is stored and sent on once it is back. Only a question that
would have to be put to it at once is answered with 4003 (roaming.exchange.asking).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from partners import routing
from partners.connections.models import Connection
from partners.parties import selectors as parties
from roaming.ocpi import modules
from roaming.ocpi.errors import UNKNOWN_RECEIVER, OcpiError, invalid

Headers = Mapping[str, str]

_FORMS = {
    "country-code": (re.compile("[A-Za-z]{2}"), "two letters"),
    "party-id": (re.compile("[A-Za-z0-9]{3}"), "three letters or digits"),
}
_ADDRESS = re.compile(r"/ocpi/([0-9.]+)/(?:sender|receiver)/([^/]+)")


@dataclass(frozen=True)
class Route:
    """Country code and party id, in capitals, of whom a request is from and for; None where it names nobody.

    `to_hub`: it is for this platform itself, which means everybody behind it (T103, T105).
    """

    from_party: routing.Code | None = None
    to_party: routing.Code | None = None
    to_hub: bool = False


NOWHERE = Route()


def read(headers: Headers, connection: Connection) -> Route:
    """The route of a request of `connection`. Raises OcpiError naming the header: 2001 for half a pair and for a sender
    that the platform does not host, 4001 for a receiver that it cannot reach here."""
    sender, receiver = _pair(headers, "from"), _pair(headers, "to")
    if sender is not None and not routing.may_speak_as(connection, sender):
        raise invalid(
            f"OCPI-from-country-code and OCPI-from-party-id: {'*'.join(sender)} is no party of your platform."
        )
    if receiver == parties.parse(settings.PORTAL_PARTY):
        return Route(sender, to_hub=True)
    if receiver is not None and not routing.may_address(connection, receiver):
        raise OcpiError(
            UNKNOWN_RECEIVER,
            f"OCPI-to-country-code and OCPI-to-party-id: no agreement joins {'*'.join(receiver)} to a party of yours.",
        )
    return Route(sender, receiver)


def how_to_choose(version: str) -> str:
    """What a partner is told to do when its request may be for several parties here."""
    if version == "2.1.1":
        return "OCPI 2.1.1 cannot say which is meant: have us choose one as the party that we are for your platform"
    return "address the one meant with the OCPI-to headers"


def of_answerer(connection: Connection, route: Route) -> dict[str, str]:
    """Headers of an answer to a request that says who it is from, but not whom it is for: the party that must be meant,
    where there is one only."""
    if route.to_party is not None or route.to_hub:
        return {}
    meant = routing.only_one_joined_to(connection)
    return {} if meant is None else dict(zip(_names("from"), meant, strict=True))


def swapped(headers: Headers, path: str) -> dict[str, str]:
    """Headers of every answer: the request's sender becomes its receiver, and back."""
    if not _are_read(path):
        return {}
    pairs = [*zip(_names("to"), _names("from"), strict=True), *zip(_names("from"), _names("to"), strict=True)]
    forms = [form for form, _ in _FORMS.values()] * 2
    return {
        name: headers[opposite]
        for (name, opposite), form in zip(pairs, forms, strict=True)
        if form.fullmatch(headers.get(opposite, ""))
    }


def _are_read(path: str) -> bool:
    """Whether requests to that address carry routing headers."""
    found = _ADDRESS.match(path)
    if found is None or found[1] == "2.1.1":
        return False
    return all(module.routed for module in modules.MODULES if module.identifier == found[2])


def _pair(headers: Headers, word: str) -> routing.Code | None:
    said = {name: headers.get(name, "").strip() for name in _names(word)}
    if not any(said.values()):
        return None
    for (name, value), (form, sentence) in zip(said.items(), _FORMS.values(), strict=True):
        if not value:
            raise invalid(f"The header {name} is missing beside its other half.")
        if not form.fullmatch(value):
            raise invalid(f"The header {name} is “{value[:20]}”; it must be {sentence}.")
    country_code, party_id = said.values()
    return country_code.upper(), party_id.upper()


def _names(word: str) -> tuple[str, str]:
    return f"OCPI-{word}-country-code", f"OCPI-{word}-party-id"
