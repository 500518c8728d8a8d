"""HTTP to partners, guarded: no redirects, no private addresses, a deadline, and a cap on what is read (T109)."""

import atexit
import ipaddress
import math
import os
import socket
import ssl
import time
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from threading import Lock
from typing import Any, cast

import httpcore2
import httpx2
from django.conf import settings

from roaming.kernel.compression import NotGzip, TooLarge, capped, unpacked

RESPONSE_LIMIT_BYTES = 25_000_000
_DEADLINE_FACTOR = 6
_PIECE_BYTES = 16_384
# All of IPv6 that is routed; what lies outside leads to this machine, to its site, or through a translator.
_ROUTED = ipaddress.IPv6Network("2000::/3")

# Longer than most breaks between two requests to a partner, shorter than what its servers usually keep open.
_KEPT_SECONDS = 20.0
_KEPT_AT_ONCE = 16

_deadline = ContextVar[float]("deadline")
_latest = ContextVar[float]("latest", default=math.inf)
_pools: dict[tuple[int, Hashable, float], httpx2.Client] = {}
_pools_lock = Lock()


class Trouble(StrEnum):
    """Where a request came to grief."""

    NAME = "name"
    CONNECTION = "connection"
    TLS = "tls"
    TIMEOUT = "timeout"
    BROKEN_OFF = "broken_off"


class Unreachable(Exception):
    """No usable answer came; the text says why and is fit for a person."""

    def __init__(self, message: str, trouble: Trouble = Trouble.BROKEN_OFF) -> None:
        super().__init__(message)
        self.trouble = trouble


class NotSent(Unreachable):
    """Nothing reached them, so nothing can have come of it."""


@dataclass(frozen=True)
class Reply:
    """What came back, whatever its status. Header names are looked up without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def shared(owner: Hashable, timeout_seconds: float) -> httpx2.Client:
    """The connections that this process keeps open to one partner, for all its threads; `fetch` sends with it."""
    key = (os.getpid(), owner, timeout_seconds)  # what a parent had open before a fork is not ours to use
    with _pools_lock:
        if key not in _pools:
            _pools[key] = client(timeout_seconds)
        return _pools[key]


@atexit.register
def close_shared() -> None:
    """Hang up on everybody."""
    with _pools_lock:
        for pool in _pools.values():
            pool.close()
        _pools.clear()


def client(timeout_seconds: float) -> httpx2.Client:
    """A pool of connections for one partner. Use it as a context manager, and `fetch` to send with it."""
    limits = httpx2.Limits(max_keepalive_connections=_KEPT_AT_ONCE, keepalive_expiry=_KEPT_SECONDS)
    transport = httpx2.HTTPTransport(verify=_trust(), trust_env=False, retries=0, limits=limits)
    # The public way to check an address after it was resolved and before it is connected does not exist.
    cast(Any, transport)._pool._network_backend = _GuardedBackend()
    return httpx2.Client(transport=transport, timeout=timeout_seconds, follow_redirects=False, trust_env=False)


@cache
def _trust() -> ssl.SSLContext:
    """Reading the certificates of the world takes longer than a request; once is enough."""
    return httpx2.create_ssl_context(trust_env=False)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is fetched in the block must be here, whole, that many seconds from now."""
    before = _latest.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _latest.reset(before)


def fetch(
    http: httpx2.Client, method: str, url: str, *, headers: Mapping[str, str], content: bytes | None = None
) -> Reply:
    """Send one request and read its whole answer. Raises Unreachable."""
    timeout = http.timeout.read or 0.0
    deadline = min(time.monotonic() + timeout * _DEADLINE_FACTOR, _latest.get())
    _deadline.set(deadline)
    try:
        with http.stream(method, _checked(url), headers=dict(headers), content=content) as response:
            return Reply(response.status_code, response.headers, _read(response))
    except httpx2.TimeoutException as error:
        if deadline < _latest.get() and time.monotonic() >= deadline:
            raise Unreachable("The answer trickled in too slowly.", Trouble.TIMEOUT) from None
        never = isinstance(error, httpx2.ConnectTimeout | httpx2.PoolTimeout)
        why = f"{_host(url)} did not answer within {timeout:g} seconds."
        raise (NotSent if never else Unreachable)(why, Trouble.TIMEOUT) from None
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
        why = str(error).rstrip(".") or type(error).__name__
        never = isinstance(error, httpx2.ConnectError | httpx2.InvalidURL | httpx2.UnsupportedProtocol)
        raise (NotSent if never else Unreachable)(f"{_host(url)} cannot be reached: {why}.", _trouble(error)) from error


def _trouble(error: BaseException | None) -> Trouble:
    """What lies under an error of the library, which tells a refused connection and a bad certificate alike."""
    if not isinstance(error, httpx2.ConnectError):
        return Trouble.BROKEN_OFF
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, ssl.SSLError):
            return Trouble.TLS
        below = below.__cause__ or below.__context__
    return Trouble.CONNECTION


def _read(response: httpx2.Response) -> bytes:
    try:
        return b"".join(_parts(response))
    except TooLarge:
        raise Unreachable(f"The answer is larger than {RESPONSE_LIMIT_BYTES // 1_000_000} MB.") from None
    except NotGzip as error:
        raise Unreachable(f"The answer is no gzip, although its header Content-Encoding says so: {error}.") from None


def _parts(response: httpx2.Response) -> Iterator[bytes]:
    """The answer as it comes, unpacked, never more than we take."""
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if coding in ("gzip", "x-gzip"):
        return unpacked(response.iter_raw(), RESPONSE_LIMIT_BYTES)
    if coding not in ("", "identity"):
        raise Unreachable(f"The answer is coded as “{coding[:40]}”, which was not asked for.")
    return capped(response.iter_raw(), RESPONSE_LIMIT_BYTES)


def _checked(url: str) -> httpx2.URL:
    parsed = httpx2.URL(url)
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise NotSent(f"“{url}” is not an absolute http(s) URL.", Trouble.NAME)
    if parsed.userinfo:
        raise NotSent("A URL with a user name or password in it is not used.", Trouble.NAME)
    return parsed


def _host(url: str) -> str:
    try:
        return httpx2.URL(url).host or url
    except httpx2.InvalidURL:
        return url


class _GuardedBackend(httpcore2.SyncBackend):
    """Resolves once, refuses addresses that are not public, and connects to the very address it checked."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        address = _address(host, port)
        return _PromptStream(super().connect_tcp(address, port, _left(timeout), local_address, socket_options))


class _PromptStream(httpcore2.NetworkStream):
    """Waits for each piece as long as it may, and for all of them together until the deadline of `fetch`: who sends, or
    takes, a byte now and then holds nobody up."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE_BYTES):
            self._stream.write(buffer[start : start + _PIECE_BYTES], _left(timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _PromptStream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None) -> float:
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout
    return min(left, timeout or left)


def _address(host: str, port: int) -> str:
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise NotSent(f"The name {host} cannot be resolved.", Trouble.NAME) from None
    if not settings.ALLOW_PRIVATE_PARTNERS and not all(_public(address) for address in found):
        why = f"{host} is not a public address; ALLOW_PRIVATE_PARTNERS would permit it."
        raise NotSent(why, Trouble.NAME)
    # With private partners allowed, "localhost" may resolve to ::1 first while the partner listens on 127.0.0.1 only.
    return min(found, key=lambda address: ":" in address)


def may_be_called(host: str) -> bool:
    """Whether `host` is no private address, as far as that can be said without resolving its name."""
    if settings.ALLOW_PRIVATE_PARTNERS:
        return True
    try:
        return _public(host)
    except ValueError:  # a name, which is looked at again once it is resolved
        return host.lower().rstrip(".") != "localhost"


def _public(address: str) -> bool:
    parsed = ipaddress.ip_address(address.split("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or _nat64(parsed)
        if inner is not None:
            return _public(str(inner))
        if parsed not in _ROUTED:
            return False
    return parsed.is_global and not parsed.is_multicast


def _nat64(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in ipaddress.IPv6Network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
