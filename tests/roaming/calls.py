"""Calling our OCPI doors as a partner's platform does: real URLs, real headers, strict JSON."""

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from roaming.ocpi.schema import wire
from tests import cast

BASE = "/ocpi/2.2.1"


@dataclass(frozen=True)
class Reply:
    """An answer of ours: HTTP status, and what its envelope says."""

    http: int
    status: int
    message: str
    data: Any
    headers: dict[str, str]


class Caller:
    """The platform of `cast.connection(name)`. Paths are relative to /ocpi/2.2.1."""

    def __init__(self, name: str, **routing: str) -> None:
        self._client = Client()
        self._headers = {
            "Authorization": "Token " + base64.b64encode(cast.token(name).encode()).decode(),
            **{word.replace("_", "-"): value for word, value in routing.items()},
        }

    def get(self, path: str, **query: Any) -> Reply:
        return self._reply(self._client.get(BASE + path, query, headers=self._headers))

    def put(self, path: str, body: Any) -> Reply:
        return self._send("PUT", path, body)

    def patch(self, path: str, body: Any) -> Reply:
        return self._send("PATCH", path, body)

    def post(self, path: str, body: Any = None) -> Reply:
        return self._send("POST", path, body)

    def delete(self, path: str) -> Reply:
        return self._send("DELETE", path, None)

    def follow(self, url: str) -> Reply:
        """GET an absolute URL that we gave out."""
        parts = urlsplit(url)
        return self._reply(self._client.get(f"{parts.path}?{parts.query}", headers=self._headers))

    def _send(self, method: str, path: str, body: Any) -> Reply:
        content = b"" if body is None else body if isinstance(body, bytes) else wire.encode(body)
        kind = "application/json" if content else ""
        return self._reply(self._client.generic(method, BASE + path, content, content_type=kind, headers=self._headers))

    def _reply(self, response: Any) -> Reply:
        envelope = wire.decode(response.content)
        assert isinstance(envelope, dict)
        return Reply(
            http=response.status_code,
            status=int(str(envelope["status_code"])),
            message=str(envelope.get("status_message", "")),
            data=envelope.get("data"),
            headers=dict(response.items()),
        )
