"""Calling our versions and credentials as a partner's platform does, in any version and spelling of the token."""

import base64
import json
from typing import Any

from django.test import Client

from partners.connections import services
from tests.roaming.platform import Answering, Platform, Said

VERSIONS = "/ocpi/versions"
ALL = ("2.1.1", "2.2.1", "2.3.0")


def door(version: str) -> str:
    """Our credentials endpoint."""
    return f"/ocpi/{version}/credentials"


CREDENTIALS = door("2.2.1")


def header(token: str, plain: bool = False) -> str:
    return f"Token {token if plain else base64.b64encode(token.encode()).decode()}"


def call(method: str, path: str, token: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
    """HTTP status and envelope of our answer."""
    content = b"" if body is None else json.dumps(body).encode()
    sent = {"Authorization": header(token), **{name.replace("_", "-"): value for name, value in headers.items()}}
    response = Client().generic(method, path, content, content_type="application/json", headers=sent)
    return response.status_code, json.loads(response.content)


def opens(token: str, path: str = VERSIONS) -> bool:
    """Whether our platform takes a token: 200, not 401."""
    status, _ = call("GET", path, token)
    assert status in (200, 401)
    return status == 200


def works_with(token: str, version: str = "2.2.1") -> bool:
    """Whether data is exchanged with it."""
    return opens(token, f"/ocpi/{version}/sender/locations")


def register(added: services.Added, theirs: Platform, token_b: str = "nomad-B", version: str = "2.2.1") -> str:
    """The handshake as a partner does it; the token C it gets."""
    status, envelope = call("POST", door(version), added.token, theirs.credentials(token_b, version))
    assert (status, envelope["status_code"]) == (200, 1000), envelope
    return str(envelope["data"]["token"])


def always(answer: Said) -> Answering:
    """A platform that answers the same to everything."""
    return lambda asked: answer


def to(method: str, answer: Said) -> Answering:
    """A platform that answers one method so, and else as usual."""
    return lambda asked: answer if asked.method == method else None


def role(**changes: Any) -> dict[str, Any]:
    """Nomad's entry in the roles of credentials; None leaves a field out."""
    usual = {"role": "EMSP", "country_code": "DE", "party_id": "NMD", "business_details": {"name": "Nomad"}}
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}
