"""System checks: settings that can be read but cannot be right. Run by every command of manage.py."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
SHORTEST_SECRET, FEWEST_LETTERS = 40, 10


def _checks(check: Callable[[], Iterator[CheckMessage]]) -> Callable[[], Iterator[CheckMessage]]:
    def run(**_: Any) -> list[CheckMessage]:
        return list(check())

    register(run, Tags.security)
    return check


@_checks
def field_keys_are_keys() -> Iterator[CheckMessage]:
    """roaming.E001: partners' tokens could not be encrypted, or not be read again."""
    hint = 'Make one with: python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
    if not settings.FIELD_KEYS:
        yield Error("FIELD_KEYS is empty.", hint=hint, id="roaming.E001")
    for position, key in enumerate(settings.FIELD_KEYS, start=1):
        try:
            Fernet(key)
        except ValueError:
            yield Error(f"Key {position} of FIELD_KEYS is not a Fernet key.", hint=hint, id="roaming.E001")


@_checks
def portal_url_is_absolute() -> Iterator[CheckMessage]:
    """roaming.E002: partners are told this address. roaming.W002: their tokens would travel in the clear."""
    parts = urlsplit(settings.PORTAL_URL)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        hint = "It is what partners and users reach us by, for example https://roaming.example.com"
        yield Error(f"PORTAL_URL {settings.PORTAL_URL!r} is not an absolute URL.", hint=hint, id="roaming.E002")
    elif parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS and not settings.DEBUG:
        yield Warning("PORTAL_URL is not https: tokens of partners travel in the clear.", id="roaming.W002")


@_checks
def secret_key_is_secret() -> Iterator[CheckMessage]:
    """roaming.W003: sessions and reset links are signed with it."""
    key = settings.SECRET_KEY
    weak = len(key) < SHORTEST_SECRET or len(set(key)) < FEWEST_LETTERS
    if weak and not settings.DEBUG and not settings.EMBEDDED:
        hint = 'Make one with: python -c "import secrets; print(secrets.token_urlsafe(50))"'
        yield Warning("SECRET_KEY is too short or too regular to be secret.", hint=hint, id="roaming.W003")


@_checks
def database_is_postgresql() -> Iterator[CheckMessage]:
    """roaming.E004: constraints, triggers and locks of PostgreSQL carry the books."""
    engine = settings.DATABASES["default"]["ENGINE"]
    if engine not in {"django.db.backends.postgresql", "roaming.kernel.embedded"}:
        hint = "It reads postgres://user:password@host:5432/name"
        yield Error("DATABASE_URL does not name a PostgreSQL database.", hint=hint, id="roaming.E004")


@_checks
def processes_share_a_broker() -> Iterator[CheckMessage]:
    """roaming.W001: without Redis a worker in another process hears nothing but the sweeps."""
    if not settings.EMBEDDED and not settings.REDIS_URL:
        hint = "Set REDIS_URL, or run everything in one process with `manage.py run`."
        yield Warning(
            "DATABASE_URL is set but REDIS_URL is not: processes cannot share work.", hint=hint, id="roaming.W001"
        )
