"""Where the next page of a list begins, as partners' clients carry it back to us in the `Link` that they follow.

Sealed: it tells nobody how many objects there are, cannot be made up, and holds for one question only. One that does
not open is as good as none; the page is then found by its offset, which takes longer the further it lies.
"""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.utils.crypto import salted_hmac

_SALT = "roaming.ocpi.cursors"
_PACKED = struct.Struct(">QQI")


@dataclass(frozen=True)
class Cursor:
    """The key of the last object seen, and how many there were in all when they were counted (whole seconds)."""

    pk: int
    total: int
    counted_at: datetime


def sealed(cursor: Cursor, question: str) -> str:
    """The cursor for whoever asks `question` again: 48 characters fit for a URL."""
    packed = _PACKED.pack(cursor.pk, cursor.total, int(cursor.counted_at.timestamp()))
    return urlsafe_b64encode(_box().encrypt(packed, [question.encode()])).decode()


def opened(text: str, question: str) -> Cursor | None:
    """What was sealed for the same question; None for anything else."""
    try:
        packed = _box().decrypt(urlsafe_b64decode(text.encode("ascii")), [question.encode()])
    except (ValueError, InvalidTag):
        return None
    pk, total, seconds = _PACKED.unpack(packed)
    return Cursor(pk, total, datetime.fromtimestamp(seconds, UTC))


def _box() -> AESSIV:
    return AESSIV(salted_hmac(_SALT, "key", algorithm="sha256").digest())
