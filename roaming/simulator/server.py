"""A threaded HTTP server that hands requests to a platform and writes OCPI answers."""

from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


@dataclass(frozen=True)
class Reply:
    """What to answer: `body` is the OCPI envelope, None an empty page as a broken platform sends it."""

    http_status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


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
            self.reply(answers(request))

        do_GET = do_PUT = do_PATCH = do_POST = do_DELETE = handle_one  # noqa: N815

        def reply(self, reply: Reply) -> None:
            content = b"" if reply.body is None else encode(reply.body)
            self.send_response(reply.http_status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            for name in ECHOED:
                if self.headers.get(name):
                    self.send_header(name, self.headers[name])
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: what was said stands in the portal's own journal."""

    return Handler
