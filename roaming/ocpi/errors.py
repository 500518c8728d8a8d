"""Refusals as OCPI says them: a status code of the envelope, a sentence, and the HTTP status it travels under."""

from collections.abc import Mapping, Sequence
from typing import Any

CLIENT_ERROR = 2000
INVALID = 2001
NOT_ENOUGH_INFORMATION = 2002
UNKNOWN_LOCATION = 2003
UNKNOWN_TOKEN = 2004
SERVER_ERROR = 3000
CANNOT_USE_CLIENT_API = 3001
UNSUPPORTED_VERSION = 3002
NO_MATCHING_ENDPOINTS = 3003
HUB_ERROR = 4000
UNKNOWN_RECEIVER = 4001
TIMEOUT = 4002
NOT_CONNECTED = 4003
# An HTTP status: OCPI has no code of its own for it.
TOO_OFTEN = 429


class OcpiError(Exception):
    """Answered as an envelope with `status_code` and `message`. Fine JSON that is refused travels as HTTP 200 (T30)."""

    def __init__(
        self,
        status_code: int,
        message: str,
        http_status: int = 200,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.message = message
        self.http_status = http_status
        self.data = data
        self.headers = dict(headers or {})


def invalid(message: str) -> OcpiError:
    """The request was understood and is refused: HTTP 200 with 2001. `message` names the field."""
    return OcpiError(INVALID, message)


def not_found(message: str, code: int = CLIENT_ERROR) -> OcpiError:
    """HTTP 404; `code` is 2003 for locations, 2004 for tokens, 2000 for all else."""
    return OcpiError(code, message, 404)


def limited_to(version: str) -> OcpiError:
    """The connection may speak that version only."""
    return OcpiError(UNSUPPORTED_VERSION, f"This connection is limited to OCPI {version}; use that version.")


def unauthorized(message: str) -> OcpiError:
    return OcpiError(CLIENT_ERROR, message, 401, headers={"WWW-Authenticate": "Token"})


def not_json(message: str) -> OcpiError:
    return OcpiError(INVALID, message, 400)


def method_not_allowed(message: str, allowed: Sequence[str]) -> OcpiError:
    """HTTP 405 with the header `Allow`."""
    return OcpiError(CLIENT_ERROR, message, 405, headers={"Allow": ", ".join(allowed)})
