"""What must not arrive twice is looked up before it is sent again; what an attempt's end means."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from partners.connections.models import Connection
from partners.routing import Receiver
from roaming.exchange import delivery, outbox
from roaming.exchange.models import Exchange, Failure, Push, PushState
from roaming.exchange.outbox import Change
from roaming.ocpi.schema import transforms, wire
from tests import cast
from tests import wire as samples
from tests.roaming.platform import Asked, Platform, Said, platform

AT = cast.NOW
LATER = AT + timedelta(minutes=1)

pytestmark = pytest.mark.django_db


class Books:
    """An eMSP that keeps CDRs, gives each a URL, and fails as told after, or instead of, keeping one."""

    def __init__(self, theirs: Platform) -> None:
        self.theirs = theirs
        self.kept: list[str] = []
        self.failing: dict[str, list[Said | None]] = {}
        self.before: dict[str, list[Said]] = {}
        self.looks = True
        theirs.answering = self.answer

    def answer(self, asked: Asked) -> Said | None:
        if asked.method == "GET":
            return self._look(asked.path.rpartition("/")[2])
        cdr_id = asked.body["id"]
        if self.before.get(cdr_id):
            return self.before[cdr_id].pop(0)
        self.kept.append(cdr_id)
        said = self.failing[cdr_id].pop(0) if self.failing.get(cdr_id) else None
        return said or Said(headers={"Location": f"{self.theirs.url}/our/cdrs/{cdr_id}"})

    def _look(self, cdr_id: str) -> Said:
        if not self.looks:
            return Said(http=405, status=2000)
        return Said({"id": cdr_id}) if cdr_id in self.kept else Said(http=404, status=2003)


@pytest.fixture
def books() -> Iterator[Books]:
    with platform("EMSP DE*NMD") as theirs:
        yield Books(theirs)


@pytest.fixture
def nomad(books: Books) -> Connection:
    cast.volta()
    connection = cast.nomad(url=books.theirs.url)
    cast.agreement("NL*VLT", "DE*NMD")
    return connection


def billed(nomad: Connection, *ids: str, **fields: Any) -> None:
    """CDRs of Volta's that are to be sent."""
    volta = cast.party("NL*VLT", "CPO")
    body = transforms.upgrade("2.2.1", "cdr", samples.load("cdr_ac22"))
    changes = [
        Change("cdrs", "cdr", "POST", "", wire.encode_text({**body, "id": one}), f"cdrs NL*VLT {one}", **fields)
        for one in ids
    ]
    with transaction.atomic():
        to = [Receiver(nomad, cast.party("DE*NMD", "EMSP"))]
        outbox.enqueue_many(receivers=to, owner=volta, changes=changes, at=AT)


def deliver(nomad: Connection, at: datetime = AT) -> int:
    return delivery.deliver_due(nomad.pk, at)


def push(cdr_id: str) -> Push:
    return Push.objects.get(object_key=f"cdrs NL*VLT {cdr_id}")


LOST = [
    Said(hangs_up=True),
    Said(raw=b'{"status_code": 1000, "time'),
    Said(raw=b"<html>a proxy</html>"),
    Said(http=500, status=3000),
]


@pytest.mark.parametrize("said", LOST)
def test_a_cdr_whose_answer_was_lost_is_looked_up_and_not_sent_again(
    nomad: Connection, books: Books, said: Said
) -> None:
    billed(nomad, "C-1")
    assert deliver(nomad) == 1
    assert push("C-1").kept_at == f"{books.theirs.url}/our/cdrs/C-1"
    books.failing["C-2"] = [said]
    billed(nomad, "C-2")
    assert deliver(nomad) == 0
    assert (push("C-2").state, push("C-2").begun_at is not None) == (PushState.RETRYING, True)
    assert deliver(nomad, LATER) == 1
    assert books.kept == ["C-1", "C-2"]
    assert books.theirs.paths("GET") == ["/our/cdrs/C-2"]
    assert Exchange.objects.filter(push=push("C-2")).count() == 2


def test_a_cdr_that_did_not_arrive_is_sent_again_after_the_look(nomad: Connection, books: Books) -> None:
    billed(nomad, "C-1")
    deliver(nomad)
    books.before["C-2"] = [Said(http=500, status=3000)]
    billed(nomad, "C-2")
    deliver(nomad)
    assert deliver(nomad, LATER) == 1
    assert books.kept == ["C-1", "C-2"] and books.theirs.paths("GET") == ["/our/cdrs/C-2"]


def test_a_clear_refusal_needs_no_look(nomad: Connection, books: Books) -> None:
    billed(nomad, "C-1")
    deliver(nomad)
    books.before["C-2"] = [Said(http=429, status=2000)]
    billed(nomad, "C-2")
    deliver(nomad)
    assert (push("C-2").begun_at, push("C-2").failure) == (None, Failure.TOO_OFTEN)
    deliver(nomad, LATER)
    assert books.kept == ["C-1", "C-2"] and books.theirs.paths("GET") == []


def test_where_the_look_is_in_trouble_itself_nothing_is_sent(nomad: Connection, books: Books) -> None:
    billed(nomad, "C-1")
    deliver(nomad)
    books.failing["C-2"] = [Said(hangs_up=True)]
    billed(nomad, "C-2")
    deliver(nomad)
    books.theirs.answering = lambda asked: Said(http=500, status=3000)
    deliver(nomad, LATER)
    assert books.theirs.paths("POST").count("/receiver/cdrs") == 2 and push("C-2").begun_at is not None
    books.theirs.answering = books.answer
    assert deliver(nomad, LATER + timedelta(minutes=1)) == 1
    assert books.kept == ["C-1", "C-2"]


def test_a_partner_without_a_way_to_look_is_sent_it_again(nomad: Connection, books: Books) -> None:
    books.looks = False
    billed(nomad, "C-1")
    deliver(nomad)
    books.failing["C-2"] = [Said(hangs_up=True), Said(status=2001, message="CDR C-2 already exists")]
    billed(nomad, "C-2")
    deliver(nomad)
    assert deliver(nomad, LATER) == 1
    assert books.kept == ["C-1", "C-2", "C-2"]
    assert "already exists" in push("C-2").last_error


@pytest.mark.parametrize(
    "said",
    [
        Said(http=409, raw=b"conflict"),
        Said(status=2000, message="Duplicate CDR"),
        Said(http=400, status=2001, message="already exists"),
    ],
)
def test_a_partner_that_has_it_already_counts_as_served(nomad: Connection, books: Books, said: Said) -> None:
    books.before["C-1"] = [said]
    billed(nomad, "C-1")
    assert deliver(nomad) == 1 and push("C-1").state == PushState.DELIVERED


def test_no_token_of_ours_goes_to_a_url_on_another_host(nomad: Connection, books: Books) -> None:
    billed(nomad, "C-1")
    deliver(nomad)
    Push.objects.update(kept_at="http://elsewhere.example/cdrs/C-1")
    books.failing["C-2"] = [Said(hangs_up=True)]
    billed(nomad, "C-2")
    deliver(nomad)
    deliver(nomad, LATER)
    assert Exchange.objects.filter(method="GET").count() == 0 and books.kept == ["C-1", "C-2", "C-2"]


def test_a_worker_that_died_while_it_sent_leaves_what_is_looked_up_first(
    nomad: Connection, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    billed(nomad, "C-1")
    deliver(nomad)
    billed(nomad, "C-2", "C-3")

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("roaming.exchange.outcomes.write", die)
        with pytest.raises(KeyboardInterrupt):
            deliver(nomad)
    assert {push("C-2").begun_at, push("C-3").begun_at} == {AT}
    assert deliver(nomad, LATER) == 2
    assert sorted(books.kept) == ["C-1", "C-2", "C-3"]


def test_a_cdr_that_waits_is_not_touched_when_it_is_announced_again(nomad: Connection, books: Books) -> None:
    billed(nomad, "C-1")
    before = push("C-1")
    billed(nomad, "C-1")
    assert push("C-1").edition == before.edition


def test_a_credit_cdr_comes_after_the_cdr_that_it_corrects(nomad: Connection, books: Books) -> None:
    books.before["C-1"] = [Said(http=500, status=3000)]
    billed(nomad, "C-2", follows="cdrs NL*VLT C-1")
    billed(nomad, "C-1")
    assert deliver(nomad) == 0 and books.kept == []
    assert deliver(nomad, LATER) == 2
    assert books.kept == ["C-1", "C-2"]


def test_states_that_do_not_merge_are_all_sent_one_after_the_other(nomad: Connection, books: Books) -> None:
    volta, body = cast.party("NL*VLT", "CPO"), transforms.upgrade("2.2.1", "cdr", samples.load("cdr_ac22"))
    for one in ("C-1", "C-2", "C-3"):
        change = Change("cdrs", "cdr", "POST", "", wire.encode_text({**body, "id": one}), "the same", merges=False)
        with transaction.atomic():
            to = [Receiver(nomad, cast.party("DE*NMD", "EMSP"))]
            outbox.enqueue_many(receivers=to, owner=volta, changes=[change], at=AT)
    assert deliver(nomad) == 3 and books.kept == ["C-1", "C-2", "C-3"]
