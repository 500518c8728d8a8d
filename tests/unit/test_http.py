"""The guarded client: which addresses it refuses, and how every failure becomes one sentence."""

import socket
from threading import Thread

import pytest
from pytest_django import Settings

from roaming.kernel import http
from roaming.kernel.http import Unreachable


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
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
    ],
)
def test_an_address_that_is_not_public_is_refused(settings: Settings, host: str) -> None:
    settings.ALLOW_PRIVATE_PARTNERS = False
    with http.client(2.0) as client, pytest.raises(Unreachable, match=r"is not a public address"):
        http.fetch(client, "GET", f"http://{host}:9/", headers={})


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


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "RESPONSE_LIMIT_BYTES", 1_000_000)
    url, listener = serve(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_100_000)
    with listener, http.client(2.0) as client, pytest.raises(Unreachable, match="larger than 1 MB"):
        http.fetch(client, "GET", url, headers={})


def test_redirects_are_not_followed() -> None:
    url, listener = serve(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
    with listener, http.client(2.0) as client:
        assert http.fetch(client, "GET", url, headers={}).status == 302
