"""The outbox drained into a real platform: in order, at least once, and without losing anything on the way."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext

from partners.connections import services as connections
from partners.connections.models import Connection, ConnectionState
from partners.routing import Receiver
from roaming.exchange import delivery, outbox, outcomes, policy, selectors
from roaming.exchange.models import Exchange, Push, PushState
from roaming.ocpi.schema import transforms, wire
from roaming.tariffs import services as tariffs
from tests import cast
from tests import wire as samples
from tests.roaming.platform import Platform, Said, platform

AT = cast.NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs() -> Iterator[Platform]:
    with platform("EMSP DE*NMD") as running_platform:
        yield running_platform


@pytest.fixture
def nomad(theirs: Platform) -> Connection:
    """Nomad's platform may see Volta's tariffs. It bears one call at a time."""
    cast.volta()
    connection = cast.nomad(url=theirs.url)
    cast.agreement("NL*VLT", "DE*NMD")
    Connection.objects.filter(pk=connection.pk).update(send_at_once=1)
    return connection


def change(number: int, currency: str = "EUR", hour: int = 0) -> Push:
    """Volta changes its tariff T`number`; the push of it."""
    sent = {**samples.load("tariff_ac22"), "id": f"T{number}", "currency": currency}
    sent["last_updated"] = f"2026-11-10T{hour:02}:00:00Z"
    data = transforms.upgrade("2.2.1", "tariff", sent)
    tariffs.put(party=cast.party("NL*VLT", "CPO"), tariff_id=f"T{number}", data=data, at=AT)
    return Push.objects.filter(path=f"NL/VLT/T{number}").latest("id")


def states() -> list[str]:
    return list(Push.objects.order_by("id").values_list("state", flat=True))


def test_changes_arrive_in_order_in_the_partners_version_with_all_headers(nomad: Connection, theirs: Platform) -> None:
    pushes = [change(number) for number in range(3)]
    assert delivery.deliver_due(nomad.pk, AT) == 3
    assert theirs.paths("PUT") == [f"/receiver/tariffs/NL/VLT/T{number}" for number in range(3)]
    asked = theirs.asked[0]
    assert asked.body == {**samples.load("tariff_ac22"), "id": "T0", "last_updated": "2026-11-10T00:00:00Z"}
    assert (asked.token, asked.headers["content-type"]) == ("Nomad-gave-us-this", "application/json")
    assert asked.headers["x-correlation-id"] == pushes[0].correlation_id
    assert len({asked.headers["x-request-id"] for asked in theirs.asked}) == 3
    routing = {name: value for name, value in asked.headers.items() if name.startswith("ocpi-")}
    assert routing == {
        "ocpi-to-country-code": "DE",
        "ocpi-to-party-id": "NMD",
        "ocpi-from-country-code": "NL",
        "ocpi-from-party-id": "VLT",
    }
    assert states() == [PushState.DELIVERED] * 3
    delivered = Push.objects.order_by("id").first()
    assert delivered is not None and (delivered.attempts, delivered.delivered_at) == (1, AT)
    exchange = Exchange.objects.order_by("id").first()
    assert exchange is not None and exchange.push == delivered and exchange.http_status == 200


def test_a_partner_that_is_down_keeps_its_queue_and_gets_it_in_order_when_it_is_back(
    nomad: Connection, theirs: Platform
) -> None:
    for number in range(3):
        change(number)
    theirs.down()
    assert delivery.deliver_due(nomad.pk, AT) == 0
    nomad.refresh_from_db()
    assert states() == [PushState.RETRYING, PushState.WAITING, PushState.WAITING]
    head = Push.objects.order_by("id").first()
    assert head is not None and head.attempts == 1 and "cannot be reached" in head.last_error
    assert nomad.failures == 1 and nomad.paused_until is not None
    assert timedelta() <= nomad.paused_until - AT <= timedelta(seconds=3)

    Connection.objects.filter(pk=nomad.pk).update(paused_until=AT + timedelta(seconds=2))
    assert delivery.deliver_due(nomad.pk, AT + timedelta(seconds=1)) == 0  # paused: nothing is even tried
    assert Exchange.objects.filter(direction="out").count() == 1
    assert list(selectors.connections_with_due_pushes(AT + timedelta(seconds=1))) == []

    theirs.up()
    later = AT + timedelta(seconds=10)
    assert list(selectors.connections_with_due_pushes(later)) == [nomad]
    assert delivery.deliver_due(nomad.pk, later) == 3
    assert theirs.paths("PUT") == [f"/receiver/tariffs/NL/VLT/T{number}" for number in range(3)]
    nomad.refresh_from_db()
    assert nomad.failures == 0 and nomad.paused_until is None


def test_the_pauses_grow_to_an_hour_and_after_three_days_a_push_is_given_up(
    nomad: Connection, theirs: Platform
) -> None:
    change(0)
    theirs.answering = lambda asked: Said(http=503)
    at = AT
    for number in range(22):
        delivery.deliver_due(nomad.pk, at)
        nomad.refresh_from_db()
        assert nomad.paused_until is not None
        assert 0 <= (nomad.paused_until - at).total_seconds() <= min(2 * 2**number, 3600) + 1
        at = max(nomad.paused_until, Push.objects.get().next_attempt_at)
    push = Push.objects.get()
    assert (push.state, push.attempts) == (PushState.RETRYING, 22)  # hours of silence are not the push's fault
    delivery.deliver_due(nomad.pk, AT + policy.of("tariffs").patience)
    push.refresh_from_db()
    assert (push.state, push.attempts) == (PushState.DEAD, 23) and push.last_error.startswith("Given up after 23")
    nomad.refresh_from_db()
    assert nomad.state == ConnectionState.OFFLINE and nomad.paused_until is not None
    theirs.answering = lambda asked: None
    change(1)
    assert delivery.deliver_due(nomad.pk, nomad.paused_until) == 1
    nomad.refresh_from_db()
    assert nomad.state == ConnectionState.REGISTERED


@pytest.mark.parametrize(
    "said",
    [
        Said(http=503, raw=b"oops"),
        Said(http=503, status=3000),
        Said(http=502, raw=b"<html>nobody behind me</html>"),
        Said(http=401, status=2000),
        Said(http=429, raw=b""),
        Said(http=302, headers={"Location": "http://127.0.0.1:1/"}),
    ],
)
def test_a_platform_that_is_away_is_left_alone_and_nothing_overtakes(
    nomad: Connection, theirs: Platform, said: Said
) -> None:
    change(0)
    change(1)
    theirs.answering = lambda asked: said
    assert delivery.deliver_due(nomad.pk, AT) == 0
    assert states() == [PushState.RETRYING, PushState.WAITING] and len(theirs.asked) == 1
    nomad.refresh_from_db()
    assert nomad.paused_until is not None and nomad.troubled_pushes == []


FAULTS = [
    Said(http=500, raw=b"oops"),
    Said(http=500, status=3000),
    Said(status=3000, message="not this one"),
    Said(raw=b"<html>a proxy says hello</html>"),
    Said(raw=b'{"status_code": 1000, "timest'),
    Said(hangs_up=True),
]


def failing_at(theirs: Platform, *numbers: int, said: Said = FAULTS[0]) -> None:
    """They fail at these tariffs by a fault of theirs and take all others."""
    theirs.answering = lambda asked: said if asked.path.rpartition("T")[2] in map(str, numbers) else None


@pytest.mark.parametrize("said", FAULTS)
def test_a_platform_that_fails_at_one_object_gets_the_others_meanwhile(
    nomad: Connection, theirs: Platform, said: Said
) -> None:
    for number in range(3):
        change(number)
    failing_at(theirs, 0, said=said)
    assert delivery.deliver_due(nomad.pk, AT) == 2
    assert states() == [PushState.RETRYING, PushState.DELIVERED, PushState.DELIVERED]
    nomad.refresh_from_db()
    assert (nomad.failures, nomad.paused_until, nomad.state) == (0, None, ConnectionState.REGISTERED)
    first = Push.objects.order_by("id")[0]
    assert timedelta() <= first.next_attempt_at - AT <= timedelta(seconds=3)
    assert delivery.deliver_due(nomad.pk, AT) == 0 and len(theirs.asked) == 3
    theirs.answering = lambda asked: None
    assert delivery.deliver_due(nomad.pk, AT + timedelta(seconds=7)) == 1


def test_the_waits_of_one_object_grow_by_themselves_until_it_is_given_up(nomad: Connection, theirs: Platform) -> None:
    push, at = change(0), AT
    failing_at(theirs, 0)
    for number in range(20):
        change(number + 1)
        assert delivery.deliver_due(nomad.pk, at) == 1
        push.refresh_from_db()
        assert 0 <= (push.next_attempt_at - at).total_seconds() <= min(2 * 2**number, 3600) + 1 or number == 19
        at = max(at, push.next_attempt_at)
    assert (push.state, push.attempts) == (PushState.DEAD, 20) and push.last_error.startswith("Given up after 20")
    nomad.refresh_from_db()
    assert nomad.failures == 0


def test_a_newer_state_of_an_object_they_failed_at_replaces_it_and_is_tried_at_once(
    nomad: Connection, theirs: Platform
) -> None:
    change(0)
    theirs.answering = lambda asked: FAULTS[0] if asked.body["currency"] == "EUR" else None
    assert delivery.deliver_due(nomad.pk, AT) == 0
    change(0, "SEK", hour=1)
    assert delivery.deliver_due(nomad.pk, AT) == 1
    assert [asked.body["currency"] for asked in theirs.asked] == ["EUR", "SEK"]
    assert states() == [PushState.DELIVERED]


def test_a_platform_that_fails_at_five_different_objects_in_a_row_is_broken_and_left_alone(
    nomad: Connection, theirs: Platform
) -> None:
    for number in range(8):
        change(number)
    theirs.answering = lambda asked: FAULTS[0]
    assert delivery.deliver_due(nomad.pk, AT) == 0
    assert len(theirs.asked) == 5
    nomad.refresh_from_db()
    assert nomad.failures == 1 and nomad.paused_until is not None
    at = nomad.paused_until
    assert delivery.deliver_due(nomad.pk, at) == 0
    assert [asked.path[-2:] for asked in theirs.asked[5:]] == ["T5"]  # one probe, of what it has not failed at yet
    nomad.refresh_from_db()
    assert nomad.failures == 2 and nomad.paused_until > at

    theirs.answering = lambda asked: None
    assert delivery.deliver_due(nomad.pk, nomad.paused_until + timedelta(minutes=1)) == 8
    after = Connection.objects.get(pk=nomad.pk)
    assert (after.failures, after.paused_until, after.troubled_pushes) == (0, None, [])


def test_one_object_that_fails_again_and_again_does_not_make_a_platform_broken(
    nomad: Connection, theirs: Platform
) -> None:
    change(0)
    failing_at(theirs, 0)
    for hours in range(7):
        delivery.deliver_due(nomad.pk, AT + timedelta(hours=hours))
    nomad.refresh_from_db()
    assert len(theirs.asked) == 7 and nomad.failures == 0


def test_five_objects_that_always_fail_do_not_keep_the_others_back(nomad: Connection, theirs: Platform) -> None:
    for number in range(9):
        change(number)
    failing_at(theirs, *range(5))
    at = AT
    for _ in range(3):
        delivery.deliver_due(nomad.pk, at)
        at += timedelta(seconds=7)
    assert states()[5:] == [PushState.DELIVERED] * 4


@pytest.mark.parametrize(
    ("http", "header", "seconds"),
    [
        (429, "120", (120, 120)),
        (503, "Fri, 20 Nov 2026 09:47:00 GMT", (300, 300)),
        (503, "86400", (3600, 3600)),
        (429, "9" * 400, (3600, 3600)),
        (429, "Sat, 01 Jan 9999 00:00:00 GMT", (3600, 3600)),
        (503, "Fri, 20 Nov 2020 09:47:00 GMT", (0, 2)),
        (503, "soon", (0, 2)),
        (503, "-5", (0, 2)),
        (503, "Fri, 20 Nov 2026 09:47:00", (0, 2)),
        (502, "120", (0, 2)),
    ],
)
def test_a_platform_is_left_alone_as_long_as_it_asks_for_but_an_hour_at_most(
    nomad: Connection, theirs: Platform, http: int, header: str, seconds: tuple[int, int]
) -> None:
    change(0)
    theirs.answering = lambda asked: Said(http=http, raw=b"", headers={"Retry-After": header})
    delivery.deliver_due(nomad.pk, AT)
    nomad.refresh_from_db()
    assert nomad.paused_until is not None
    assert seconds[0] <= (nomad.paused_until - AT).total_seconds() <= seconds[1] + 1


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Said(status=2001, message="currency is odd"), "currency is odd"),
        (Said(http=404, status=2003, message="which location?"), "which location?"),
        (Said(http=400, raw=b"no"), "HTTP 400"),
        (Said(http=405, status=2000), "HTTP 405"),
    ],
)
def test_a_refusal_is_dead_at_once_with_their_sentence_and_the_rest_goes_on(
    nomad: Connection, theirs: Platform, said: Said, why: str
) -> None:
    first, _ = change(0), change(1)
    theirs.answering = lambda asked: said if asked.path.endswith("T0") else None
    assert delivery.deliver_due(nomad.pk, AT) == 1
    assert states() == [PushState.DEAD, PushState.DELIVERED]
    first.refresh_from_db()
    assert why in first.last_error and first.attempts == 1
    nomad.refresh_from_db()
    assert nomad.paused_until is None


def test_a_newer_state_replaces_one_that_waits_and_keeps_its_place(nomad: Connection, theirs: Platform) -> None:
    change(0)
    change(1)
    theirs.down()
    delivery.deliver_due(nomad.pk, AT)
    change(0, "SEK", hour=1)
    assert states() == [PushState.WAITING, PushState.WAITING]
    theirs.up()
    assert delivery.deliver_due(nomad.pk, AT + timedelta(minutes=1)) == 2
    assert [(asked.path[-2:], asked.body["currency"]) for asked in theirs.asked] == [("T0", "SEK"), ("T1", "EUR")]


def test_a_state_that_changes_while_it_is_sent_is_sent_again(
    nomad: Connection, theirs: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = wire.encode_text({**wire_body(change(0)), "currency": "SEK"})
    write = outcomes.write

    def replaced_before(found: Any) -> None:
        if len(theirs.asked) == 1 and found:
            enqueue_again(nomad, newer)
        write(found)

    monkeypatch.setattr(outcomes, "write", replaced_before)
    assert delivery.deliver_due(nomad.pk, AT) == 2
    assert [asked.body["currency"] for asked in theirs.asked] == ["EUR", "SEK"]
    assert states() == [PushState.DELIVERED]


def wire_body(push: Push) -> dict[str, Any]:
    value = wire.decode(push.body.encode())
    assert isinstance(value, dict)
    return value


def enqueue_again(nomad: Connection, body: str) -> None:
    volta = cast.party("NL*VLT", "CPO")
    outbox.enqueue(
        receivers=[Receiver(nomad, cast.party("DE*NMD", "EMSP"))],
        owner=volta,
        module="tariffs",
        kind="tariff",
        method="PUT",
        path=outbox.object_path(volta, "T0"),
        body=body,
        object_key=outbox.object_key("tariffs", volta, "T0"),
        at=AT,
    )


def die(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_a_worker_that_dies_after_sending_leaves_the_push_to_be_sent_again(
    nomad: Connection, theirs: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(0)
    with monkeypatch.context() as patch:
        patch.setattr(outcomes, "write", die)
        with pytest.raises(KeyboardInterrupt):
            delivery.deliver_due(nomad.pk, AT)
    assert states() == [PushState.WAITING] and len(theirs.asked) == 1
    assert delivery.deliver_due(nomad.pk, AT) == 1
    assert len(theirs.asked) == 2 and states() == [PushState.DELIVERED]


def test_a_deletion_of_what_they_no_longer_have_is_delivered(nomad: Connection, theirs: Platform) -> None:
    change(0)
    delivery.deliver_due(nomad.pk, AT)
    theirs.answering = lambda asked: Said(http=404, status=2000)
    tariffs.delete(party=cast.party("NL*VLT", "CPO"), tariff_id="T0", at=AT)
    assert delivery.deliver_due(nomad.pk, AT) == 1
    assert theirs.asked[-1].method == "DELETE" and theirs.asked[-1].body is None


def test_a_suspended_or_unregistered_partner_is_sent_nothing(nomad: Connection, theirs: Platform) -> None:
    change(0)
    nomad.refresh_from_db()
    connections.suspend(connection=nomad)
    assert delivery.deliver_due(nomad.pk, AT) == 0
    connections.resume(connection=nomad, at=AT)
    connections.unregister(connection=nomad, at=AT)
    assert delivery.deliver_due(nomad.pk, AT) == 0
    assert theirs.asked == [] and PushState.WAITING in states()


def test_nothing_is_written_for_an_interface_the_partner_does_not_have(nomad: Connection, theirs: Platform) -> None:
    Connection.objects.filter(pk=nomad.pk).update(endpoints=[{"identifier": "cdrs", "role": "RECEIVER", "url": "x"}])
    with pytest.raises(Push.DoesNotExist):
        change(0)


def test_an_interface_that_went_away_is_a_dead_push(nomad: Connection, theirs: Platform) -> None:
    push = change(0)
    Connection.objects.filter(pk=nomad.pk).update(endpoints=[{"identifier": "cdrs", "role": "RECEIVER", "url": "x"}])
    delivery.deliver_due(nomad.pk, AT)
    push.refresh_from_db()
    assert push.state == PushState.DEAD and "no receiver interface" in push.last_error


def test_a_rolled_back_change_leaves_no_push(nomad: Connection) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        change(0)
        _ = 1 / 0
    assert Push.objects.count() == 0


def test_a_push_costs_few_queries(nomad: Connection, theirs: Platform) -> None:
    change(0)
    with CaptureQueriesContext(database) as one:
        delivery.deliver_due(nomad.pk, AT)
    for number in range(1, 6):
        change(number)
    with CaptureQueriesContext(database) as five:
        delivery.deliver_due(nomad.pk, AT)
    # Each push: savepoint and journal, tick it off; fewer where several answers come at once.
    assert len(five) - len(one) <= 4 * 4
