"""Tokens at rest: those we check are kept as hashes, those we must send are encrypted with FIELD_KEYS."""

import hashlib
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models
from django.utils.crypto import get_random_string


def new_token() -> str:
    """A fresh credentials token: 256 bits in 43 letters and digits.

    Nothing else is in it, for people carry it to shells and chats: a double click takes it whole, and a command does
    not take it for an option as it would one that begins with a dash.
    """
    return get_random_string(43)


def token_hash(token: str) -> str:
    """What is stored and compared of a token that partners send us. The token has 256 bits, so no slow hash is
    needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def marks(text: str) -> list[str]:
    """What a text is recognised by, in any letter case, without being readable: eight figures for each of FIELD_KEYS.

    The first is the one to write down; what was written before the keys were changed bears one of the others.
    """
    return [
        hashlib.blake2b(text.upper().encode(), digest_size=4, key=key).hexdigest()
        for key in _mark_keys(tuple(settings.FIELD_KEYS))
    ]


@lru_cache(maxsize=4)
def _mark_keys(keys: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(hashlib.sha256(b"marks:" + key.encode()).digest() for key in keys)


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _box() -> MultiFernet:
    return _fernet(tuple(settings.FIELD_KEYS))


def sealed(text: str) -> str:
    """A secret as it may be kept: only `opened` reads it. The first of FIELD_KEYS encrypts, all of them decrypt."""
    return _box().encrypt(text.encode()).decode()


def opened(text: str) -> str:
    return _box().decrypt(text.encode()).decode()


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that the database sees only encrypted."""

    def get_prep_value(self, value: Any) -> Any:
        return sealed(value) if value else value

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return opened(value) if value else value
