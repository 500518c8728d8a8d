"""Calling our OCPI doors as a partner's platform does: real URLs, real headers, strict JSON."""

import base64
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from roaming.ocpi.schema import wire
from tests import cast


@cache
def _client() -> Client:
    """One for all: each loads the middleware anew, which takes longer than most requests."""
    return Client()


@dataclass(frozen=True)
class Reply:
    """An answer of ours: HTTP status, and what its envelope says."""

    http: int
    status: int
    message: str
    data: Any
    headers: dict[str, str]


class Caller:
    """The platform of `cast.connection(name)`. Paths are relative to /ocpi/2.2.1, or to another `version`."""

    def __init__(self, name: str, version: str = "2.2.1", **routing: str) -> None:
        self._client = _client()
        self._base = f"/ocpi/{version}"
        self._headers = {
            "Authorization": "Token " + base64.b64encode(cast.token(name).encode()).decode(),
            **{word.replace("_", "-"): value for word, value in routing.items()},
        }

    def get(self, path: str, **query: Any) -> Reply:
        return self._reply(self._client.get(self._base + path, query, headers=self._headers))

    def put(self, path: str, body: Any) -> Reply:
        return self._send("PUT", self._base + path, body)

    def patch(self, path: str, body: Any) -> Reply:
        return self._send("PATCH", self._base + path, body)

    def post(self, path: str, body: Any = None) -> Reply:
        return self._send("POST", self._base + path, body)

    def delete(self, path: str) -> Reply:
        return self._send("DELETE", self._base + path, None)

    def follow(self, url: str) -> Reply:
        """GET an absolute URL that we gave out."""
        parts = urlsplit(url)
        return self._reply(self._client.get(f"{parts.path}?{parts.query}", headers=self._headers))

    def tell(self, url: str, body: Any) -> Reply:
        """POST to an absolute URL that we gave out, such as a response_url."""
        return self._send("POST", urlsplit(url).path, body)

    def _send(self, method: str, path: str, body: Any) -> Reply:
        content = b"" if body is None else body if isinstance(body, bytes) else wire.encode(body)
        kind = "application/json" if content else ""
        return self._reply(self._client.generic(method, path, content, content_type=kind, headers=self._headers))

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
