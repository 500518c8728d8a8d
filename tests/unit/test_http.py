"""The guarded client: which addresses it refuses, and how every failure becomes one sentence."""

import socket
import time
from threading import Thread

import pytest
from pytest_django import Settings

from roaming.kernel import http
from roaming.kernel.http import NotSent, Unreachable


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "0x7f000001",
        "2130706433",
        "127.1",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.1.2.3]",
        "[::127.0.0.1]",
        "[::7f00:1]",
        "[::8.8.8.8]",
        "[::ffff:0:127.0.0.1]",
        "[::ffff:0:8.8.8.8]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::169.254.169.254]",
        "[64:ff9b:1::7f00:1]",
        "[64:ff9b:1::8.8.8.8]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[2001:db8::1]",
        "[5f00::1]",
        "[fe80::1]",
        "[fec0::1]",
        "[fc00::1]",
        "[ff02::1]",
        "[::]",
    ],
)
def test_an_address_that_is_not_public_is_refused(settings: Settings, host: str) -> None:
    settings.ALLOW_PRIVATE_PARTNERS = False
    with http.client(2.0) as client, pytest.raises(Unreachable, match=r"is not a public address"):
        http.fetch(client, "GET", f"http://{host}:9/", headers={})


@pytest.mark.parametrize(
    "host", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::"]
)
def test_a_public_address_may_be_called_also_as_it_is_written_for_a_translator(settings: Settings, host: str) -> None:
    settings.ALLOW_PRIVATE_PARTNERS = False
    assert http.may_be_called(host)


@pytest.mark.parametrize(
    "found", [["93.184.215.14", "10.1.2.3"], ["::1", "93.184.215.14"], ["2606:2800::1", "fec0::1"]]
)
def test_a_name_of_two_addresses_is_refused_when_one_of_them_is_private(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, found: list[str]
) -> None:
    settings.ALLOW_PRIVATE_PARTNERS = False
    entries = [(socket.AF_UNSPEC, socket.SOCK_STREAM, 0, "", (address, 9)) for address in found]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: entries)
    with http.client(0.3) as client, pytest.raises(NotSent, match=r"two\.example is not a public address"):
        http.fetch(client, "GET", "http://two.example:9/", headers={})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "/relative",
        "file:///etc/passwd",
        "ftp://x.example",
        "http://",
        "http://a:b@x.example/",
        "http://[::",
    ],
)
def test_what_is_no_http_url_is_refused(url: str) -> None:
    with http.client(2.0) as client, pytest.raises(Unreachable):
        http.fetch(client, "GET", url, headers={})


def serve(answer: bytes, *, hold: bool = False) -> tuple[str, socket.socket]:
    """One answer, byte for byte, to one request."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer_once() -> None:
        try:
            with listener.accept()[0] as peer:
                peer.recv(65536)
                peer.sendall(answer)
                if hold:
                    peer.recv(1)
        except OSError:
            pass

    Thread(target=answer_once, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/", listener


@pytest.mark.parametrize(
    ("answer", "hold", "why"),
    [
        (b"", False, "cannot be reached"),
        (b"hello\r\n\r\n", False, "cannot be reached"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", False, "cannot be reached"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", True, "did not answer within 0.3 seconds"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", False, "The answer is no gzip"),
    ],
)
def test_every_failure_is_one_sentence(answer: bytes, hold: bool, why: str) -> None:
    url, listener = serve(answer, hold=hold)
    with listener, http.client(0.3) as client, pytest.raises(Unreachable, match=why) as failure:
        http.fetch(client, "GET", url, headers={})
    assert not str(failure.value).endswith("..")


def trickle(beginning: bytes, drop: bytes) -> tuple[str, socket.socket]:
    """After `beginning` a drop each 50 milliseconds, for as long as somebody listens."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer_slowly() -> None:
        try:
            with listener.accept()[0] as peer:
                peer.recv(65536)
                peer.sendall(beginning)
                while True:
                    peer.sendall(drop)
                    time.sleep(0.05)
        except OSError:
            pass

    Thread(target=answer_slowly, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/", listener


@pytest.mark.parametrize(
    ("beginning", "drop"),
    [
        (b"HTTP/1.1 2", b"0"),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
    ],
    ids=["status line", "headers", "informational answers", "body"],
)
def test_an_answer_that_trickles_in_holds_nobody_beyond_the_deadline(beginning: bytes, drop: bytes) -> None:
    """Each byte comes in time; all together do not."""
    url, listener = trickle(beginning, drop)
    began = time.monotonic()
    with listener, http.client(0.15) as client, pytest.raises(Unreachable, match="trickled in too slowly"):
        http.fetch(client, "GET", url, headers={})
    assert time.monotonic() - began < 2


def test_a_request_that_is_taken_byte_by_byte_holds_nobody_beyond_the_deadline() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def take_slowly() -> None:
        try:
            with listener.accept()[0] as peer:
                while peer.recv(100_000):
                    time.sleep(0.05)
        except OSError:
            pass

    Thread(target=take_slowly, daemon=True).start()
    began = time.monotonic()
    with listener, http.client(0.15) as client, pytest.raises(Unreachable):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        http.fetch(client, "POST", url, headers={}, content=b"x" * 50_000_000)
    assert time.monotonic() - began < 2


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "RESPONSE_LIMIT_BYTES", 1_000_000)
    url, listener = serve(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_100_000)
    with listener, http.client(2.0) as client, pytest.raises(Unreachable, match="larger than 1 MB"):
        http.fetch(client, "GET", url, headers={})


def test_redirects_are_not_followed() -> None:
    url, listener = serve(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
    with listener, http.client(2.0) as client:
        assert http.fetch(client, "GET", url, headers={}).status == 302
