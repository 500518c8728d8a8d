"""Too often is 429: per platform, and by address for those we do not know."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings
from redis.exceptions import ConnectionError as RedisAway

from partners.connections.models import Connection
from roaming.exchange.models import Exchange
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_second_42(settings: Settings) -> Iterator[None]:
    """Two calls within a minute are enough, of which 18 seconds are left."""
    settings.REQUESTS_PER_MINUTE = settings.STRANGER_REQUESTS_PER_MINUTE = 2
    cache.clear()
    with time_machine.travel(cast.NOW + timedelta(seconds=42), tick=False):
        yield
    cache.clear()


def call(name: str = "", **extra: Any) -> tuple[int, dict[str, Any], Any]:
    headers = {"Authorization": f"Token {cast.token(name)}"} if name else {}
    response = Client().get("/ocpi/versions", headers=headers, **extra)
    return response.status_code, json.loads(response.content), response


def statuses(name: str = "", times: int = 4, **extra: Any) -> list[int]:
    return [call(name, **extra)[0] for _ in range(times)]


def test_a_platform_that_calls_too_often_is_told_how_long_to_wait(volta: Connection, nomad: Connection) -> None:
    """T22: in an envelope, too."""
    assert statuses("Nomad") == [200, 200, 429, 429]
    _, envelope, response = call("Nomad")
    assert (envelope["status_code"], response["Retry-After"]) == (2000, "18")
    sentence = "Your platform called more than 2 times within a minute; wait 18 seconds."
    assert envelope["status_message"] == sentence and response["X-Request-ID"]
    assert Exchange.objects.filter(connection=nomad, http_status=429).count() == 3
    assert statuses("Volta", 1) == [200]


def test_the_next_minute_is_another(nomad: Connection) -> None:
    assert statuses("Nomad", 3) == [200, 200, 429]
    with time_machine.travel(cast.NOW + timedelta(seconds=60), tick=False):
        assert statuses("Nomad", 3) == [200, 200, 429]


def test_a_connection_may_have_a_limit_of_its_own(nomad: Connection) -> None:
    Connection.objects.filter(name="Nomad").update(requests_per_minute=3)
    assert statuses("Nomad") == [200, 200, 200, 429]


def test_strangers_are_counted_by_their_address(nomad: Connection) -> None:
    """T4: until then it is 401. A flood of them does not fill the journal, and locks nobody out who is known."""
    assert statuses() == [401, 401, 429, 429]
    assert call()[2]["Retry-After"] == "18"
    assert Exchange.objects.count() == 2
    assert statuses(REMOTE_ADDR="192.0.2.7", times=1) == [401]
    assert statuses("Nomad", 1) == [200]


UNFIT = [({"HTTP_HOST": "evil.example"}, 400), ({"CONTENT_LENGTH": "999999999"}, 413)]


@pytest.mark.parametrize(("sent", "refused"), UNFIT, ids=["wrong host", "huge body"])
def test_who_is_unknown_is_counted_whatever_else_is_wrong(
    nomad: Connection, settings: Settings, sent: dict[str, Any], refused: int
) -> None:
    """T4: what is refused unread fills the journal neither."""
    settings.ALLOWED_HOSTS = ["testserver"]
    assert statuses(**sent) == [401, 401, 429, 429]
    assert Exchange.objects.count() == 2
    assert statuses("Nomad", 1, **sent) == [refused]


@pytest.mark.parametrize(("sent", "refused"), UNFIT, ids=["wrong host", "huge body"])
def test_what_is_refused_unread_counts_for_its_platform_and_is_in_its_journal(
    nomad: Connection, settings: Settings, sent: dict[str, Any], refused: int
) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    assert statuses("Nomad", 3, **sent) == [refused, refused, 429]
    assert Exchange.objects.filter(connection=nomad, http_status=refused).count() == 2
    Connection.objects.filter(name="Nomad").update(state="suspended")
    assert statuses("Nomad", 1, **sent) == [401]


def test_a_header_makes_no_other_address(db: None) -> None:
    """What a stranger says of itself is not believed: here no proxy of ours is in front."""
    assert [call(HTTP_X_FORWARDED_FOR=f"192.0.2.{number}")[0] for number in range(3)] == [401, 401, 429]


def test_without_the_cache_nobody_is_counted(
    nomad: Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(key: str) -> int:
        raise RedisAway("Connection refused")

    monkeypatch.setattr(cache, "incr", away)
    assert statuses("Nomad") == [200, 200, 200, 200]
    assert statuses() == [401, 401, 401, 401]
    assert "calls are not counted" in caplog.text
