"""A partner's platform on a real socket: it offers versions, lists and receivers, remembers what it was asked, and can
be told to refuse, to fail, or to be down."""

import base64
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from roaming.ocpi.schema import wire
from tests import cast

NOW = "2026-11-20T09:42:00Z"


@dataclass(frozen=True)
class Asked:
    """One request we made."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any

    @property
    def spelled(self) -> str:
        """The token as it was written in the header."""
        return self.headers["authorization"].removeprefix("Token ")

    @property
    def token(self) -> str:
        """What it says in Base64."""
        return base64.b64decode(self.spelled).decode()


@dataclass
class Said:
    """One answer of the platform; `raw` replaces the usual envelope, and where it `hangs_up` there is no answer."""

    data: Any = None
    http: int = 200
    status: int = 1000
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    hangs_up: bool = False

    def encoded(self) -> bytes:
        if self.raw is not None:
            return self.raw
        envelope: dict[str, Any] = {"status_code": self.status, "timestamp": NOW}
        if self.message:
            envelope["status_message"] = self.message
        if self.data is not None:
            envelope["data"] = self.data
        return wire.encode(envelope)


Answering = Callable[[Asked], Said | None]


class Platform:
    """`url` is its root, `versions` are listed with their details. `answering(asked)` comes before its usual answers;
    None leaves it at those."""

    def __init__(self, *roles: str, token_c: str = "the-platform-gave-us-this") -> None:
        self.roles = roles or ("EMSP DE*NMD",)
        self.token_c = token_c
        self.versions: tuple[str, ...] = ("2.0", "2.2.1")
        self.asked: list[Asked] = []
        self.answering: Answering = lambda asked: None
        self.lists: dict[str, list[Any]] = {}
        self.page_size = 2
        self.port = 0
        self._server: ThreadingHTTPServer | None = None
        self._open: set[socket.socket] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def credentials(self, token: str = "", version: str = "2.2.1") -> dict[str, Any]:
        """Its credentials object; in 2.1.1 of the first of its parties."""
        parts = [(role, code) for role, code in (entry.split() for entry in self.roles)]
        roles = [
            {"role": role, "country_code": code[:2], "party_id": code[3:], "business_details": {"name": code}}
            for role, code in parts
        ]
        told = {"token": token or self.token_c, "url": f"{self.url}/versions"}
        if version == "2.1.1":
            return told | {name: value for name, value in roles[0].items() if name != "role"}
        return told | {"roles": roles}

    def details(self, version: str) -> dict[str, Any]:
        """Its version details: in 2.1.1 each module once and without a role."""
        found = [
            *cast.endpoints(self.url),
            {"identifier": "credentials", "role": "RECEIVER", "url": self._door(version)},
        ]
        if version == "2.1.1":
            found = [
                {"identifier": one["identifier"], "url": one["url"]} for one in found if "sender" not in one["url"]
            ]
        return {"version": version, "endpoints": found}

    def _door(self, version: str) -> str:
        return f"{self.url}/credentials" if version == "2.2.1" else f"{self.url}/{version}/credentials"

    def up(self) -> Self:
        """Listen, on the same port as before."""
        platform = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # In one packet, as the simulator does: else each answer waits 40 ms for a delayed ACK.
            wbufsize = -1
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                platform._open.add(self.connection)

            def finish(self) -> None:
                platform._open.discard(self.connection)
                super().finish()

            def _handle(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                platform._answer(self, self.rfile.read(length))

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - names the library calls

            def log_message(self, format: str, *args: Any) -> None:
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def down(self) -> None:
        """Refuse connections until `up`, and hang up on those who are on the line."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            for line in list(self._open):
                with suppress(OSError):  # they were faster
                    line.shutdown(socket.SHUT_RDWR)

    def paths(self, method: str) -> list[str]:
        return [asked.path for asked in self.asked if asked.method == method]

    def _answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        parts = urlsplit(handler.path)
        asked = Asked(
            handler.command,
            parts.path,
            {name: values[-1] for name, values in parse_qs(parts.query).items()},
            {name.lower(): value for name, value in handler.headers.items()},
            wire.decode(body) if body else None,
        )
        self.asked.append(asked)
        said = self.answering(asked) or self._usual(asked)
        if said.hangs_up:
            handler.close_connection = True
            return
        encoded = said.encoded()
        handler.send_response(said.http)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(encoded)), **said.headers}
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(encoded)

    def _usual(self, asked: Asked) -> Said:
        version = asked.path.strip("/").removesuffix("/credentials")
        if asked.path == "/versions":
            return Said([{"version": version, "url": f"{self.url}/{version}"} for version in self.versions])
        if version in self.versions and asked.path == f"/{version}":
            return Said(self.details(version))
        if asked.path.endswith("/credentials"):
            return Said(self.credentials(version=version if version in self.versions else "2.2.1"))
        if asked.method == "GET" and asked.path.startswith("/sender/"):
            return self._page(asked)
        return Said()

    def _page(self, asked: Asked) -> Said:
        objects = self.lists.get(asked.path.removeprefix("/sender/"), [])
        offset = int(asked.query.get("offset", 0))
        after = offset + self.page_size
        filters = {name: value for name, value in asked.query.items() if name.startswith("date_")}
        query = urlencode({**filters, "offset": after, "limit": self.page_size})
        link = {"Link": f'<{self.url}{asked.path}?{query}>; rel="next"'} if after < len(objects) else {}
        return Said(objects[offset:after], headers={"X-Total-Count": str(len(objects)), **link})


@contextmanager
def platform(*roles: str) -> Iterator[Platform]:
    """A platform that is up."""
    running = Platform(*roles).up()
    try:
        yield running
    finally:
        running.down()
