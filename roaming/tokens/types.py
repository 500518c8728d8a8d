"""The types of tokens, of which older versions know fewer: what they lack is OTHER to their partners."""

from django.db.models import Q

from roaming.ocpi.schema import enums

DEFAULT = "RFID"
_OTHER = "OTHER"
_KNOWN = {"2.1.1": enums.TOKEN_TYPES_211, "2.2.1": enums.TOKEN_TYPES_221}


def told(version: str, type_: str) -> str:
    """What a partner of that version is told that a token of this type is."""
    return type_ if type_ in _KNOWN.get(version, {type_}) else _OTHER


def meant(version: str, type_: str | None) -> Q:
    """The tokens that a partner of that version may mean by a type, or by none: in OCPI 2.1.1 the uid says it all, and
    later versions assume RFID (K1)."""
    if type_ is None and version == "2.1.1":
        return Q()
    if type_ == _OTHER and version in _KNOWN:
        return ~Q(type__in=_KNOWN[version] - {_OTHER})
    return Q(type=type_ or DEFAULT)
