"""How a platform calls the portal: OCPI headers, Base64 tokens, answers read strictly."""

import base64
import uuid
from dataclasses import dataclass
from typing import Any

import httpx2

from roaming.simulator.wire import Json, decode, encode

TIMEOUT_SECONDS = 15.0


class CallFailed(Exception):
    """The portal could not be reached, or its answer is not what OCPI prescribes. str() is a sentence."""


class Refused(Exception):
    """The portal refused something that must go well; the text says what."""


@dataclass(frozen=True)
class Answer:
    """One answer of the portal. `status_code` is OCPI's, `data` as decoded."""

    http_status: int
    status_code: int
    message: str
    data: Any
    headers: httpx2.Headers

    @property
    def good(self) -> bool:
        return self.http_status < 300 and 1000 <= self.status_code < 2000


class Caller:
    """HTTP client of one platform. Shared by threads."""

    def __init__(self) -> None:
        limits = httpx2.Limits(max_connections=16, max_keepalive_connections=16)
        self._client = httpx2.Client(timeout=TIMEOUT_SECONDS, limits=limits, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def call(
        self,
        method: str,
        url: str,
        *,
        token: str,
        body: Any = None,
        params: dict[str, str] | None = None,
        sender: Json | None = None,
        receiver: Json | None = None,
        plain: bool = False,
    ) -> Answer:
        """One request; `sender` and `receiver` ({country_code, party_id}) become routing headers. Raises CallFailed.

        `plain` sends the token as OCPI 2.1.1 does.
        """
        headers = {
            "Authorization": "Token " + (token if plain else base64.b64encode(token.encode()).decode()),
            "X-Request-ID": str(uuid.uuid4()),
            "X-Correlation-ID": str(uuid.uuid4()),
            **_routing("from", sender),
            **_routing("to", receiver),
        }
        content = None if body is None else encode(body)
        if content is not None:
            headers["Content-Type"] = "application/json"
        try:
            response = self._client.request(method, url, headers=headers, content=content, params=params)
        except httpx2.HTTPError as failure:
            raise CallFailed(f"{method} {url} got no answer: {str(failure) or type(failure).__name__}.") from failure
        _check_ids(method, url, headers, response)
        return _read(method, url, response)

    def pages(
        self, url: str, *, token: str, params: dict[str, str] | None = None, plain: bool = False, **parties: Json
    ) -> list[Json]:
        """Every object of a list, Link after Link."""
        found: list[Json] = []
        following: str | None = url
        while following:
            answer = self.call("GET", following, token=token, params=params, plain=plain, **parties)
            if not answer.good or not isinstance(answer.data, list):
                raise CallFailed(
                    f"GET {following} answered {answer.http_status}/{answer.status_code} {answer.message}."
                )
            found += answer.data
            following, params = _next(answer.headers.get("Link", "")), None
        return found


def expect(answer: Answer, what: str) -> None:
    """Raise Refused unless the portal took it."""
    if not answer.good:
        raise Refused(f"{what}: the portal answered HTTP {answer.http_status}, {answer.status_code} {answer.message}")


def _routing(direction: str, party: Json | None) -> dict[str, str]:
    if party is None:
        return {}
    return {
        f"OCPI-{direction}-country-code": party["country_code"],
        f"OCPI-{direction}-party-id": party["party_id"],
    }


def _check_ids(method: str, url: str, sent: dict[str, str], response: httpx2.Response) -> None:
    for name in ("X-Request-ID", "X-Correlation-ID"):
        if response.headers.get(name) != sent[name]:
            raise CallFailed(f"{method} {url} did not return our {name}.")


def _read(method: str, url: str, response: httpx2.Response) -> Answer:
    try:
        envelope = decode(response.content)
        status_code, stamped = envelope["status_code"], envelope["timestamp"]
    except (ValueError, KeyError, TypeError) as failure:
        raise CallFailed(f"{method} {url} answered HTTP {response.status_code} without an OCPI envelope.") from failure
    if not isinstance(status_code, int) or not isinstance(stamped, str):
        raise CallFailed(f"{method} {url} answered an envelope with a bad status code or timestamp.")
    return Answer(
        http_status=response.status_code,
        status_code=status_code,
        message=str(envelope.get("status_message") or ""),
        data=envelope.get("data"),
        headers=response.headers,
    )


def _next(link: str) -> str | None:
    for part in link.split(","):
        target, _, relation = part.partition(";")
        if 'rel="next"' in relation:
            return target.strip().strip("<>")
    return None
