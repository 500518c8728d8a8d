"""A threaded HTTP server that hands requests to a platform and writes OCPI answers."""

import os
import struct
from dataclasses import dataclass, field, replace
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SO_LINGER, SOL_SOCKET
from threading import Thread
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from roaming.simulator.wire import encode

ECHOED = ("X-Request-ID", "X-Correlation-ID")


@dataclass(frozen=True)
class Request:
    """One request, its path cut into percent-decoded segments."""

    method: str
    segments: tuple[str, ...]
    query: dict[str, str]
    headers: Any
    body: bytes


class Manner(Enum):
    """How an answer goes over the wire."""

    WHOLE = "whole"
    CUT = "cut in the middle of its body"
    CLOSED = "not sent, the connection is closed"
    RESET = "not sent, the connection is reset"


@dataclass(frozen=True)
class Reply:
    """What to answer: `body` is the OCPI envelope, bytes as they are, None an empty page as of a broken platform."""

    http_status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    manner: Manner = Manner.WHOLE


def routed(reply: Reply, request: Request) -> Reply:
    """The reply with the routing headers of the request, sender and receiver swapped."""
    ways = (("from", "to"), ("to", "from"))
    swapped = {
        f"OCPI-{theirs}-{part}": request.headers[f"OCPI-{ours}-{part}"]
        for ours, theirs in ways
        for part in ("country-code", "party-id")
        if request.headers.get(f"OCPI-{ours}-{part}")
    }
    return replace(reply, headers=reply.headers | swapped)


class Answers(Protocol):
    def __call__(self, request: Request) -> Reply: ...


class Server:
    """Listens on 127.0.0.1 from `start()` until `stop()`. Port 0 takes a free one."""

    def __init__(self, answers: Answers, *, port: int = 0) -> None:
        self._http = _Http(("127.0.0.1", port), _handler(answers))
        self._thread = Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    allow_reuse_address = True


def _handler(answers: Answers) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body leave in one packet: without this each answer waits for the other side's delayed ACK.
        wbufsize = -1
        disable_nagle_algorithm = True
        timeout = 60

        def handle_one(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(
                method=self.command,
                segments=tuple(unquote(segment) for segment in parts.path.split("/") if segment),
                query=dict(parse_qsl(parts.query)),
                headers=self.headers,
                body=self.rfile.read(length),
            )
            reply = answers(request)
            if reply.manner is Manner.RESET:
                self.reset()
            elif reply.manner is Manner.CLOSED:
                self.close_connection = True
            else:
                self.reply(reply)

        do_GET = do_PUT = do_PATCH = do_POST = do_DELETE = handle_one  # noqa: N815

        def reset(self) -> None:
            """End the connection with a TCP reset: nothing lingers, and it is closed at once, whoever reads it."""
            self.close_connection = True
            self.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())

        def reply(self, reply: Reply) -> None:
            content = _content(reply)
            self.send_response(reply.http_status)
            headers = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(content))}
            headers |= {name: self.headers[name] for name in ECHOED if self.headers.get(name)}
            for name, value in (headers | reply.headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: what was said stands in the portal's own journal."""

    return Handler


def _content(reply: Reply) -> bytes:
    if isinstance(reply.body, bytes):
        return reply.body
    content = b"" if reply.body is None else encode(reply.body)
    return content[: len(content) // 2] if reply.manner is Manner.CUT else content
