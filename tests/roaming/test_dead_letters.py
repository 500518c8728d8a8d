"""Dead letters: what people do with pushes that nobody tries any more, and what a refusal leaves as it was."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from partners.connections.models import Connection
from partners.people.models import User
from roaming.cdrs import services as cdrs
from roaming.cdrs.models import Cdr
from roaming.exchange import backfill, dead_letters, delivery, journal, outbox, repairs, retention, selectors
from roaming.exchange.models import Direction, Exchange, Failure, Push, PushState
from roaming.ocpi.schema import transforms, wire
from roaming.tariffs import services as tariffs
from tests import cast
from tests import wire as samples
from tests.roaming.calls import Caller
from tests.roaming.platform import Platform, Said

AT = cast.NOW
LATER = AT + timedelta(hours=1)
WHY = "HTTP 200, OCPI 2001: not this one"

pytestmark = pytest.mark.django_db


@pytest.fixture
def otto(db: None) -> User:
    return cast.person("Otto", "operator")


def change(number: int, hour: int = 0) -> Push:
    """Volta changes its tariff T`number`; the push of it."""
    sent = {**samples.load("tariff_ac22"), "id": f"T{number}", "currency": "SEK" if hour else "EUR"}
    sent["last_updated"] = f"2026-11-10T{hour:02}:00:00Z"
    data = transforms.upgrade("2.2.1", "tariff", sent)
    tariffs.put(party=cast.party("NL*VLT", "CPO"), tariff_id=f"T{number}", data=data, at=AT)
    return Push.objects.filter(path=f"NL/VLT/T{number}").latest("id")


def dead(push: Push, **fields: Any) -> Push:
    """The push, given up after the last try."""
    given_up = {"state": PushState.DEAD, "attempts": 12, "failure": Failure.REFUSED, "last_error": WHY}
    Push.objects.filter(pk=push.pk).update(**given_up | fields)
    push.refresh_from_db()
    return push


def row(push: Push) -> dict[str, Any]:
    return dict(Push.objects.filter(pk=push.pk).values().get())


def dead_cdr(nomad: Connection) -> Push:
    """A CDR of a driver of Nomad's, accepted and refused by Nomad."""
    assert Caller("Volta").post("/receiver/cdrs", samples.load("cdr_ac22")).http == 201
    cdr = Cdr.objects.get()
    cdrs.move(cdr=cdr, to="accepted", reason="In order.", agreement=nomad_agreement(), at=AT)
    return dead(Push.objects.get(kind="cdr"))


def nomad_agreement() -> Any:
    from partners.agreements.models import Agreement

    return Agreement.objects.get()


def edited(push: Push, edit: Callable[[Any], Any]) -> str:
    """The body after a person's edit, as text with indents."""
    body: Any = wire.decode(push.body.encode())
    edit(body)
    return json.dumps(json.loads(wire.encode_text(body)), indent=2)


# Sending again


def test_a_person_sends_a_dead_push_again(otto: User, nomad_platform: Platform) -> None:
    cast.volta()
    nomad = cast.nomad(url=nomad_platform.url)
    cast.agreement("NL*VLT", "DE*NMD")
    nomad_platform.answering = lambda asked: Said(status=2001, message="not this one")
    push = change(0)
    delivery.deliver_due(nomad.pk, AT)
    push.refresh_from_db()
    assert push.state == PushState.DEAD
    nomad_platform.answering = lambda asked: None
    sent = dead_letters.retry(push=push, by=otto, at=LATER)
    assert (sent.state, sent.attempts, sent.next_attempt_at) == (PushState.WAITING, 0, LATER)
    assert (sent.handled_by, sent.handled_at, sent.last_error) == (otto, LATER, WHY)  # until the next try ends
    assert delivery.deliver_due(nomad.pk, LATER) == 1
    assert [(one.what, one.by, one.at, one.last_error) for one in selectors.handlings(push)] == [
        ("Sent again", otto, LATER, WHY)
    ]
    push.refresh_from_db()
    with pytest.raises(dead_letters.CannotRetry, match="is delivered; only dead pushes"):
        dead_letters.retry(push=push, by=otto, at=LATER)


@pytest.mark.parametrize("newer", [PushState.WAITING, PushState.DELIVERED, PushState.DEAD, PushState.DROPPED])
def test_a_dead_push_is_not_sent_again_over_a_newer_state(nomad: Connection, otto: User, newer: str) -> None:
    push = dead(change(0))
    stamps = {"handled_by": otto, "handled_at": AT, "note": "No."}
    Push.objects.filter(pk=change(0, hour=1).pk).update(state=newer, **stamps)
    before = row(push)
    with pytest.raises(dead_letters.CannotRetry, match="out of date: a newer state"):
        dead_letters.retry(push=push, by=otto, at=LATER)
    assert row(push) == before and selectors.handlings(push) == []


def test_a_newer_state_that_comes_at_the_same_moment_wins(
    nomad: Connection, otto: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written down and delivered between the look and the update."""
    push, looked, looks = dead(change(0)), selectors.has_newer, iter([True])

    def overtaken() -> Any:
        return Q(pk__lt=0) if next(looks, False) else looked()  # the first look finds nothing

    before = row(push)
    Push.objects.filter(pk=change(0, hour=1).pk).update(state=PushState.DELIVERED, delivered_at=AT)
    monkeypatch.setattr(selectors, "has_newer", overtaken)
    with pytest.raises(dead_letters.CannotRetry, match="out of date"):
        dead_letters.retry(push=push, by=otto, at=LATER)
    assert next(looks, None) is None and row(push) == before and selectors.handlings(push) == []


def test_a_result_that_came_too_late_is_not_sent_again(nomad: Connection, otto: User) -> None:
    push = dead(change(0), lapses_at=LATER)
    before = row(push)
    with pytest.raises(dead_letters.CannotRetry, match="of no use any more"):
        dead_letters.retry(push=push, by=otto, at=LATER)
    assert row(push) == before


def test_a_selection_is_sent_again_in_a_few_statements_and_the_rest_is_told(nomad: Connection, otto: User) -> None:
    pushes = [dead(change(number)) for number in range(30)]
    change(0, hour=1)
    Push.objects.filter(pk=pushes[1].pk).update(state=PushState.DELIVERED)
    dead(pushes[2], lapses_at=AT)
    chosen = Push.objects.filter(connection=nomad, pk__lte=pushes[-1].pk)
    with CaptureQueriesContext(database) as captured:
        handled = dead_letters.retry_all(pushes=chosen, by=otto, at=LATER)
    assert len(captured) <= 8
    assert handled.told("sent again") == (
        "27 are sent again. 1 is out of date: a newer state of the object was sent or waits. "
        "1 is not dead any more. 1 is of no use any more: it came too late for whoever waited."
    )
    assert Push.objects.filter(state=PushState.WAITING, handled_by=otto, next_attempt_at=LATER).count() == 27
    assert len({push.edition for push in Push.objects.all()}) == Push.objects.count()


def test_of_two_dead_states_of_one_object_the_newer_one_is_sent_again(nomad: Connection, otto: User) -> None:
    older, newer = dead(change(0)), dead(change(0, hour=1))
    assert dead_letters.retry_all(pushes=Push.objects.all(), by=otto, at=LATER).count == 1
    assert [row(push)["state"] for push in (older, newer)] == [PushState.DEAD, PushState.WAITING]


def test_what_is_sent_again_is_tried_as_long_as_if_it_were_new(otto: User, nomad_platform: Platform) -> None:
    cast.volta()
    nomad = cast.nomad(url=nomad_platform.url)
    cast.agreement("NL*VLT", "DE*NMD")
    push, much_later = dead(change(0)), AT + timedelta(days=30)
    nomad_platform.answering = lambda asked: Said(http=503, raw=b"")
    dead_letters.retry(push=push, by=otto, at=much_later)
    delivery.deliver_due(nomad.pk, much_later)
    assert (row(push)["state"], row(push)["attempts"]) == (PushState.RETRYING, 1)


def test_where_states_do_not_replace_each_other_only_what_arrived_makes_an_older_one_out_of_date(
    nomad: Connection, otto: User
) -> None:
    Push.objects.filter(pk=dead(change(0)).pk).update(merges=False)
    older = Push.objects.get(path="NL/VLT/T0")
    Push.objects.filter(pk=change(0, hour=1).pk).update(merges=False)
    assert dead_letters.retry(push=older, by=otto, at=LATER).state == PushState.WAITING
    dead(older)
    Push.objects.filter(pk__gt=older.pk).update(state=PushState.DELIVERED, delivered_at=AT)
    with pytest.raises(dead_letters.CannotRetry, match="out of date"):
        dead_letters.retry(push=older, by=otto, at=LATER)


def test_the_status_of_an_evse_is_out_of_date_once_the_whole_location_was_written_down(
    nomad: Connection, otto: User
) -> None:
    url, location = "/receiver/locations/NL/VLT/ZUIDPLEIN", samples.load("location_zuidplein")
    assert Caller("Volta").put(url, location).http == 201
    Push.objects.update(state=PushState.DELIVERED, delivered_at=AT)
    status = {"status": "OUTOFORDER", "last_updated": "2026-11-19T10:00:00Z"}
    uid = location["evses"][0]["uid"]
    assert Caller("Volta").patch(f"{url}/{uid}", status).http == 200
    push = dead(Push.objects.get(kind="evse"))
    text = edited(push, lambda body: body.update(status="INOPERATIVE"))
    with pytest.raises(repairs.CannotRepair, match=r"\$\.status"):
        dead_letters.repair(push=push, body=edited(push, lambda b: b.update(status=5)), by=otto, note="-", at=LATER)
    assert dead_letters.repair(push=push, body=text, by=otto, note="Softer.", at=LATER).state == PushState.WAITING
    dead(push)
    newer = {**location, "name": "Zuidplein", "last_updated": "2026-11-19T11:00:00Z"}
    assert Caller("Volta").put(url, newer).http == 200
    with pytest.raises(dead_letters.CannotRetry, match="out of date"):
        dead_letters.retry(push=push, by=otto, at=LATER)


# Dropping


def test_a_person_drops_a_dead_push_with_a_note_and_it_stays(nomad: Connection, otto: User) -> None:
    push = dead(change(0))
    dropped = dead_letters.drop(push=push, by=otto, note=" They have it by mail. ", at=LATER)
    assert (dropped.state, dropped.note, dropped.handled_by) == (PushState.DROPPED, "They have it by mail.", otto)
    assert [(one.what, one.note) for one in selectors.handlings(push)] == [("Dropped", "They have it by mail.")]
    with pytest.raises(dead_letters.CannotDrop, match="is dropped; only dead"):
        dead_letters.drop(push=push, by=otto, note="Again.", at=LATER)
    with pytest.raises(dead_letters.CannotRetry, match="is dropped; only dead"):
        dead_letters.retry(push=push, by=otto, at=LATER)
    assert len(selectors.handlings(push)) == 1


@pytest.mark.parametrize("note", ["", "  \n ", "x" * 501])
def test_nothing_is_dropped_or_repaired_without_a_note_that_can_be_kept(
    nomad: Connection, otto: User, note: str
) -> None:
    push = dead(change(0))
    before = row(push)
    with pytest.raises(dead_letters.CannotDrop, match="note"):
        dead_letters.drop(push=push, by=otto, note=note, at=LATER)
    with pytest.raises(repairs.CannotRepair, match="note"):
        dead_letters.repair(push=push, body="{}", by=otto, note=note, at=LATER)
    assert row(push) == before


def test_a_selection_is_dropped_but_for_those_that_are_not_dead_any_more(nomad: Connection, otto: User) -> None:
    pushes = [dead(change(number)) for number in range(3)]
    waiting = change(3)
    handled = dead_letters.drop_all(pushes=Push.objects.all(), by=otto, note="Not needed.", at=LATER)
    assert handled.told("dropped") == "3 are dropped. 1 is not dead any more."
    assert {row(push)["state"] for push in pushes} == {PushState.DROPPED}
    assert row(waiting)["state"] == PushState.WAITING


def test_only_what_was_delivered_since_makes_a_dead_push_pointless(nomad: Connection, otto: User) -> None:
    first, other = dead(change(0)), dead(change(1))
    newer = change(0, hour=1)
    assert {push.superseded_by for push in selectors.dead_for(otto)} == {None}
    Push.objects.filter(pk=newer.pk).update(state=PushState.DELIVERED, delivered_at=AT)
    assert {push.pk: push.superseded_by for push in selectors.dead_for(otto)} == {first.pk: newer.pk, other.pk: None}


# Repairing


def test_a_cdr_is_sent_again_with_another_address_and_the_trail_keeps_the_one_before(
    nomad: Connection, otto: User
) -> None:
    push = dead_cdr(nomad)
    said, edition, booked = push.body, push.edition, Cdr.objects.get().body
    text = edited(push, lambda body: body["cdr_location"].update(address="Zuidplein 36a"))
    sent = dead_letters.repair(push=push, body=text, by=otto, note="They want it so.", at=LATER)
    assert (sent.state, sent.attempts, sent.next_attempt_at) == (PushState.WAITING, 0, LATER)
    assert wire.decode(sent.body.encode())["cdr_location"]["address"] == "Zuidplein 36a"  # type: ignore[index,call-overload]
    assert sent.edition != edition and Cdr.objects.get().body == booked
    [done] = selectors.handlings(push)
    assert (done.what, done.by, done.note, done.body_before) == (
        "Repaired",
        otto,
        "They want it so.",
        said,
    )


def test_what_was_charged_is_never_repaired(nomad: Connection, otto: User) -> None:
    push = dead_cdr(nomad)
    before = row(push)

    def falsify(body: Any) -> None:
        body["total_cost"]["before_taxes"] += 1
        body["charging_periods"][0]["dimensions"][0]["volume"] += 1
        body["cdr_token"]["contract_id"] = "DE-NMD-C00000000-0"
        body |= {"id": "OTHER", "total_energy": 1, "end_date_time": "2026-10-14T20:00:00Z", "currency": "SEK"}
        body |= {"x_discount": 5, "credit": True, "credit_reference_id": "C-1", "remark": "This alone is fine."}

    with pytest.raises(repairs.CannotRepair) as refused:
        dead_letters.repair(push=push, body=edited(push, falsify), by=otto, note="Cheaper.", at=LATER)
    named = {sentence.split()[0] for sentence in refused.value.violations}
    assert named == {
        *("$.id", "$.total_cost.before_taxes", "$.charging_periods", "$.cdr_token.contract_id", "$.total_energy"),
        *("$.end_date_time", "$.currency", "$.x_discount", "$.credit", "$.credit_reference_id"),
    }
    assert row(push) == before and selectors.handlings(push) == []


@pytest.mark.parametrize("kind", [*repairs.REPAIRABLE])
def test_the_page_says_of_each_kind_that_tells_amounts_what_may_be_repaired(kind: str) -> None:
    assert "stays as our books have it" in repairs.told(kind) or "Nothing may be repaired" in (repairs.told(kind))


def test_a_repaired_body_is_valid_and_every_mistake_is_named_with_its_path(nomad: Connection, otto: User) -> None:
    push = dead_cdr(nomad)
    before = row(push)

    def spoil(body: Any) -> None:
        body["remark"] = "x" * 256
        body["cdr_location"]["city"] = None
        body["last_updated"] = "yesterday"

    with pytest.raises(repairs.CannotRepair) as refused:
        dead_letters.repair(push=push, body=edited(push, spoil), by=otto, note="Oh.", at=LATER)
    paths = sorted(sentence.split()[0] for sentence in refused.value.violations)
    assert paths == ["$.cdr_location.city", "$.last_updated", "$.remark"]
    assert row(push) == before


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ('{"id": ', "is not JSON"),
        ("[]", "no JSON object"),
        ('{"a":1,"a":2}', "twice"),
        ("\ud800", "is not JSON"),
    ],
)
def test_what_is_no_json_object_repairs_nothing(nomad: Connection, otto: User, text: str, why: str) -> None:
    push = dead(change(0))
    before = row(push)
    with pytest.raises(repairs.CannotRepair, match=why):
        dead_letters.repair(push=push, body=text, by=otto, note="Typing.", at=LATER)
    assert row(push) == before


def test_a_repair_that_changes_nothing_is_none_whatever_its_spelling(nomad: Connection, otto: User) -> None:
    push = dead(change(0))
    with pytest.raises(repairs.CannotRepair, match="the same as before"):
        dead_letters.repair(push=push, body=edited(push, lambda body: None), by=otto, note="Again.", at=LATER)


def test_a_location_may_be_repaired_in_all_but_its_identity(nomad: Connection, otto: User) -> None:
    assert Caller("Volta").put("/receiver/locations/NL/VLT/ZUIDPLEIN", samples.load("location_zuidplein")).http == 201
    push = dead(Push.objects.get(kind="location"))
    with pytest.raises(repairs.CannotRepair, match=r"^\$\.id says which object it is"):
        dead_letters.repair(push=push, body=edited(push, lambda b: b.update(id="X")), by=otto, note="-", at=LATER)
    text = edited(push, lambda body: body.update(name="Zuidplein"))
    assert dead_letters.repair(push=push, body=text, by=otto, note="Shorter.", at=LATER).state == PushState.WAITING


def test_of_two_people_who_repair_one_push_one_is_told(nomad: Connection, otto: User) -> None:
    push = dead_cdr(nomad)
    seen_by_ada = Push.objects.get(pk=push.pk)
    once = edited(push, lambda body: body.update(remark="Otto"))
    dead_letters.repair(push=push, body=once, by=otto, note="Otto.", at=LATER)
    dead(push)
    text = edited(seen_by_ada, lambda body: body.update(remark="Ada"))
    with pytest.raises(repairs.CannotRepair, match="somebody else meanwhile"):
        dead_letters.repair(push=seen_by_ada, body=text, by=cast.person("Ada"), note="Ada.", at=LATER)
    assert "Otto" in row(push)["body"] and len(selectors.handlings(push)) == 1


def test_a_deletion_has_nothing_to_repair(nomad: Connection, otto: User) -> None:
    push = dead(change(0), method="DELETE", body="")
    with pytest.raises(repairs.CannotRepair, match="no body"):
        dead_letters.repair(push=push, body="{}", by=otto, note="-", at=LATER)


# Nothing disappears by itself


def test_nothing_but_a_person_moves_or_forgets_a_dead_push(nomad: Connection, otto: User) -> None:
    push = dead(change(0), lapses_at=AT)
    note = journal.Note(nomad, Direction.OUT, "PUT", "http://nomad.invalid/T0", "r", "c", "{}", AT, push=push)
    assert journal.write(note, journal.Outcome(0.1, 200, 2001, error=WHY))
    before = row(push)
    assert outbox.withdraw(connection=nomad, key=push.object_key, why="No agreement.") == 0
    assert delivery.lapse(LATER) == 0
    backfill.connection_registered(connection=nomad, at=LATER)
    retention.forget(before=LATER)
    assert row(push) == before
    assert Exchange.objects.filter(push=push).count() == 1
    change(1)
    dead_letters.drop(push=push, by=otto, note="Done.", at=LATER)
    retention.forget(before=LATER)
    assert Exchange.objects.filter(push=push).count() == 0
