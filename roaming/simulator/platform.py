"""One partner platform: its parties, what it owns, its link with the portal, and its doors."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from roaming.simulator import books, speech
from roaming.simulator.caller import Answer, Caller, CallFailed
from roaming.simulator.faults import AnswerFaults, answered
from roaming.simulator.modules import OPPOSITE, interfaces_of
from roaming.simulator.server import Reply, Request, Server, routed
from roaming.simulator.store import Store
from roaming.simulator.wire import Clock, Json, utc_now
from roaming.simulator.world import Estate, PartyCard

if TYPE_CHECKING:
    from roaming.simulator.play import Play


@dataclass
class Link:
    """What both sides agreed on. `token_in` is what the portal shows us, `token_out` what we show it."""

    registration_tokens: set[str] = field(default_factory=set)
    token_in: str = ""
    token_out: str = ""
    endpoints: dict[tuple[str, str], str] = field(default_factory=dict)


class Platform:
    """Speaks one version of OCPI both ways for all its parties (in 2.1.1 for one). Its objects are written in 2.2.1.

    `down` answers 503 to everything, as in an outage, `faults` spoil a share of the answers. `outcomes` says how an
    order ends, by its name: "START_SESSION", or the method for charging profiles. `play` has what the platform is told
    to play by whoever directs it.
    """

    def __init__(
        self,
        name: str,
        parties: Sequence[PartyCard],
        *,
        clock: Clock = utc_now,
        port: int = 0,
        version: str = "2.2.1",
        faults: AnswerFaults | None = None,
    ) -> None:
        self.name = name
        self.parties = tuple(parties)
        self.version = version
        self.faults = faults or AnswerFaults()
        self.outcomes: dict[str, str] = {}
        self.clock = clock
        self.store = Store()
        self.estates: list[Estate] = []
        self.play: Play | None = None
        self.link = Link()
        self.down = False
        self.requests = 0
        self.caller = Caller()
        self._server = Server(self.answer, port=port)

    def start(self) -> "Platform":
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()
        self.caller.close()

    @property
    def versions_url(self) -> str:
        return f"{self._server.url}/ocpi/versions"

    @property
    def base_url(self) -> str:
        return f"{self._server.url}/ocpi/{self.version}"

    @property
    def plain(self) -> bool:
        """OCPI 2.1.1 sends its token as it is."""
        return self.version == "2.1.1"

    @property
    def interfaces(self) -> list[tuple[str, str]]:
        """What this platform has: (module, SENDER or RECEIVER)."""
        return interfaces_of(self.roles, self.version)

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(party.role for party in self.parties)

    def move_in(self, estate: Estate) -> None:
        """Own what `estate` holds."""
        self.estates.append(estate)
        for module, data in estate.objects():
            self.store.keep(module, data)

    def answer(self, request: Request) -> Reply:
        """Answer one request of the portal, or of the tester who looks into our books."""
        if request.segments[:1] != ("ocpi",):
            return books.answer(self, request)
        self.requests += 1
        if self.down:
            return Reply(503, None)
        return routed(answered(self, request), request)

    def invite(self) -> str:
        """A TOKEN_A with which the portal may register here."""
        token = secrets.token_hex(24)
        self.link.registration_tokens.add(token)
        return token

    def register_at(self, versions_url: str, token_a: str) -> None:
        """Register with the portal: versions, details, credentials. Raises CallFailed with what went wrong."""
        endpoints = self.discover(versions_url, token_a)
        self.link.token_in = secrets.token_hex(24)
        answer = self.caller.call(
            "POST",
            endpoints["credentials", "SENDER"],
            token=token_a,
            body=self.credentials(self.link.token_in),
            plain=self.plain,
        )
        if not answer.good:
            raise CallFailed(f"The portal refused our credentials: {answer.status_code} {answer.message}")
        self.link.token_out, self.link.endpoints = answer.data["token"], endpoints

    def discover(self, versions_url: str, token: str) -> dict[tuple[str, str], str]:
        """The portal's endpoints by (module, role) in our version."""
        versions = _wanted(self.caller.call("GET", versions_url, token=token, plain=self.plain))
        url = next((entry["url"] for entry in versions if entry["version"] == self.version), None)
        if url is None:
            raise CallFailed(f"The portal does not offer OCPI {self.version}.")
        details = _wanted(self.caller.call("GET", url, token=token, plain=self.plain))
        if self.version == "2.1.1":
            theirs = {entry["identifier"]: entry["url"] for entry in details["endpoints"]}
            found = {(module, OPPOSITE[side]): theirs[module] for module, side in self.interfaces if module in theirs}
        else:
            found = {(entry["identifier"], entry["role"]): entry["url"] for entry in details["endpoints"]}
        return found | {("credentials", "SENDER"): url_of_credentials(details)}

    def credentials(self, token: str) -> Json:
        """Our credentials object with the token the portal is to use."""
        if self.version == "2.1.1":
            role = self.parties[0].as_role()
            return {"token": token, "url": self.versions_url} | {n: v for n, v in role.items() if n != "role"}
        return {"token": token, "url": self.versions_url, "roles": [party.as_role() for party in self.parties]}

    def send(
        self,
        method: str,
        module: str,
        role: str,
        tail: str = "",
        *,
        body: Any = None,
        params: dict[str, str] | None = None,
        sender: Json | None = None,
        receiver: Json | None = None,
    ) -> Answer:
        """Call the portal's `role` interface of `module`; `tail` is appended to its URL as it is.

        `body` is written in 2.2.1 where that version knows the module, in 2.3.0 otherwise.
        """
        return self.caller.call(
            method,
            self.link.endpoints[module, role] + tail,
            token=self.link.token_out,
            plain=self.plain,
            body=self._spoken(method, module, body),
            params=params,
            sender=sender,
            receiver=receiver,
        )

    def _spoken(self, method: str, module: str, body: Any) -> Any:
        """Only objects are translated: a question, such as an authorization, is alike in every version."""
        if not isinstance(body, dict) or (method == "POST" and module != "cdrs"):
            return body
        return speech.spoken(self.version, module, body, self.store)

    def crawl(self, module: str) -> list[Json]:
        """Everything the portal lets us see of a module."""
        url = self.link.endpoints[module, "SENDER"]
        return self.caller.pages(url, token=self.link.token_out, plain=self.plain)


def url_of_credentials(details: Json) -> str:
    """The credentials endpoint, whatever role it is listed under."""
    for entry in details["endpoints"]:
        if entry["identifier"] == "credentials":
            return str(entry["url"])
    raise CallFailed("The portal lists no credentials endpoint.")


def _wanted(answer: Answer) -> Any:
    if not answer.good:
        raise CallFailed(f"The portal answered HTTP {answer.http_status}, {answer.status_code} {answer.message}")
    return answer.data
