"""Between the version a partner speaks and the shape inside, with what only our own data knows.

OCPI 2.1.1 leaves out who owns an object and names a token by its contract only; a session carries its location.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from partners import routing
from partners.connections.models import Connection
from partners.parties import selectors as parties
from roaming.locations import selectors as locations
from roaming.ocpi.schema import transforms, validation, wire
from roaming.ocpi.schema.known import NOTHING, Known
from roaming.ocpi.versions import NEWEST_SHAPE
from roaming.tokens import selectors as tokens

Json = dict[str, Any]
Owner = tuple[str, str]  # country code, party id
Bodies = dict[tuple[str, str], Json]  # locations by owner's code and id in capitals


def understood(version: str, kind: str, value: Any, *, connection: Connection, owner: Owner | None = None) -> Json:
    """What `connection` sent, valid in its version, in the newest shape. Raises validation.Invalid naming every field.

    `owner` is the party that the address names, for objects which do not say it themselves.
    """
    validation.validate(version, kind, value)
    return upgraded(version, kind, value, connection=connection, owner=owner)


def upgraded(version: str, kind: str, value: Json, *, connection: Connection, owner: Owner | None = None) -> Json:
    """The same for what is known to be valid, such as the body of a PATCH."""
    return transforms.upgrade(version, kind, value, _known_of(version, connection, owner))


def told(version: str, kind: str, value: Json) -> tuple[Json, list[transforms.Loss]]:
    """An object of the newest shape in that version, and what it cannot say. Raises NotExpressible."""
    return transforms.downgrade(version, kind, value, _knowing(value, _locations_of(version, kind, [value])))


def told_texts(version: str, kind: str, texts: Sequence[str]) -> tuple[list[str], list[transforms.Loss]]:
    """Many stored texts in that version; one that cannot exist there is left out, and counted among the losses."""
    if version == NEWEST_SHAPE:
        return list(texts), []
    values = [_object(text) for text in texts]
    around = _locations_of(version, kind, values)
    found: list[str] = []
    losses: list[transforms.Loss] = []
    for value in values:
        try:
            older, lost = transforms.downgrade(version, kind, value, _knowing(value, around))
        except transforms.NotExpressible as error:
            losses.append(transforms.Loss("$", f"left out: {error}"))
        else:
            found.append(wire.encode_text(older))
            losses += lost
    return found, losses


def _object(text: str) -> Json:
    value = wire.decode(text.encode())
    assert isinstance(value, dict)
    return value


def _known_of(version: str, connection: Connection, owner: Owner | None) -> Known:
    if version != "2.1.1":
        return NOTHING
    return Known(
        owner=owner or _only_party(connection),
        issuer=_issuer(connection),
        token=lambda contract_id: tokens.by_contract(connection, contract_id),
    )


def _only_party(connection: Connection) -> Owner | None:
    """In 2.1.1 a platform is one party."""
    hosted = parties.hosted(connection).first()
    return (hosted.country_code, hosted.party_id) if hosted else None


def _issuer(connection: Connection) -> Owner | None:
    """The eMSP of a contract that no token here has, where it can be one only; else the contract itself must say."""
    face = routing.only_face(connection)
    return (face.country_code, face.party_id) if face else None


def _locations_of(version: str, kind: str, values: Iterable[Json]) -> Bodies:
    """The locations of sessions, read at once: 2.1.1 embeds them."""
    return locations.bodies_of(values) if version == "2.1.1" and kind == "session" else {}


def _knowing(value: Json, around: Bodies) -> Known:
    if not around:
        return NOTHING
    owner = f"{value['country_code']}*{value['party_id']}".upper()
    return Known(location=lambda location_id: around.get((owner, location_id.upper())))
