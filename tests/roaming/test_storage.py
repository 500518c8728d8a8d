"""The one write path of owned objects: identity, age, what counts as a change, and how often the database is asked."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.findings.models import Finding
from roaming.ocpi import storage
from roaming.ocpi.schema.values import format_time
from roaming.ocpi.storage import Stored, Unknown
from roaming.tariffs.models import Tariff
from roaming.tokens.models import Token
from tests import cast

pytestmark = pytest.mark.django_db
AT = cast.NOW
LATER = AT + timedelta(minutes=5)
AGE = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def owner(volta: Connection) -> Party:
    return cast.party("NL*VLT", "CPO")


def put(
    owner: Party, *, price: str = "0.30", ocpi_id: str = "T1", age: datetime = AGE, at: datetime = LATER, **columns: Any
) -> Stored[Tariff]:
    return storage.put_object(
        Tariff,
        party=owner,
        ocpi_id=ocpi_id,
        data={"id": ocpi_id, "price": Decimal(price), "last_updated": format_time(age)},
        columns={"currency": "EUR", "last_updated": age, **columns},
        at=at,
    )


def test_what_is_new_is_created_and_what_changed_is_replaced(owner: Party) -> None:
    first, second = put(owner), put(owner, price="0.31")
    assert (first.created, first.changed) == (True, True)
    assert (second.created, second.changed, second.row.pk) == (False, True, first.row.pk)
    assert Tariff.objects.get().data["price"] == Decimal("0.31")


def test_the_same_content_in_another_spelling_is_no_change(owner: Party) -> None:
    put(owner)
    assert put(owner, price="0.300").changed is False
    assert '"price":0.30' in Tariff.objects.get().body


def test_the_same_content_at_a_later_time_is_kept_and_is_no_news(owner: Party) -> None:
    put(owner)
    later = AGE + timedelta(days=1)
    assert put(owner, age=later, at=LATER + timedelta(days=1)).changed is False
    row = Tariff.objects.get()
    assert (row.last_updated, row.data["last_updated"], row.changed_at) == (later, format_time(later), LATER)
    assert put(owner, price="0.31").note  # older than the later time


def test_an_older_object_is_not_stored_and_the_sender_is_told_so(owner: Party) -> None:
    """T65."""
    put(owner)
    stored = put(owner, price="0.31", age=AGE - timedelta(seconds=1))
    assert (stored.changed, stored.row.changed_at) == (False, LATER)
    assert "older than what is stored here, which was last updated 2026-11-01T00:00:00Z" in stored.note
    assert Tariff.objects.get().data["price"] == Decimal("0.30")
    assert not Finding.objects.exists()


def test_other_content_of_the_same_age_is_stored_and_found_once(owner: Party) -> None:
    """T65: nobody can tell which of the two is younger; what came last is taken."""
    for price in ("0.30", "0.31", "0.32"):
        stored = put(owner, price=price)
    assert (stored.changed, stored.note) == (True, "")
    assert Tariff.objects.get().data["price"] == Decimal("0.32")
    finding = Finding.objects.get()
    assert (finding.code, finding.severity, str(finding.connection)) == ("same_age_other_content", "note", "Volta")
    assert finding.subject == "tariffs T1"
    assert "different: price." in finding.sentence


def test_a_column_that_changed_by_itself_is_a_change(owner: Party) -> None:
    put(owner, deleted_at=AT)
    assert put(owner, deleted_at=None).changed is True
    assert Tariff.objects.get().deleted_at is None


def test_another_letter_case_is_the_same_object_in_its_newest_spelling(owner: Party) -> None:
    put(owner, ocpi_id="Tarif-A")
    assert put(owner, ocpi_id="TARIF-a", price="0.31").created is False
    row = Tariff.objects.get()
    assert (row.ocpi_id, row.ocpi_id_upper) == ("TARIF-a", "TARIF-A")
    assert storage.find(Tariff, party=owner, ocpi_id="tarif-a") == row


def test_further_identity_makes_another_object(owner: Party) -> None:
    columns = {"contract_id": "C", "valid": True, "whitelist": "NEVER", "last_updated": AGE}
    for kind in ("RFID", "APP_USER"):
        storage.put_object(Token, party=owner, ocpi_id="1", type=kind, data={"uid": "1"}, columns=columns, at=AT)
    assert Token.objects.count() == 2
    found = storage.find(Token, party=owner, ocpi_id="1", type="RFID")
    assert found is not None
    assert found.type == "RFID"


def test_what_is_not_there_cannot_be_locked(owner: Party) -> None:
    with transaction.atomic(), pytest.raises(Unknown, match=r"NL\*VLT has no tariff “NOPE” here"):
        storage.lock(Tariff, party=owner, ocpi_id="NOPE")


def test_an_insert_that_comes_second_takes_the_row_that_is_there(owner: Party) -> None:
    first = put(owner).row
    again, created = storage.insert(
        Tariff, party=owner, ocpi_id="t1", data={}, columns={"currency": "EUR", "last_updated": AGE}, at=LATER
    )
    assert (again.pk, created) == (first.pk, False)


def test_writing_asks_the_database_a_few_times(
    owner: Party, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(4):  # look, savepoint, insert, release
        put(owner)
    later = AGE + timedelta(days=1)
    with django_assert_max_num_queries(2):
        put(owner, price="0.31", age=later)
    with django_assert_max_num_queries(1):
        put(owner, price="0.31", age=later)


def test_an_amount_is_rounded_as_its_column_holds_it() -> None:
    assert storage.amount(Decimal("9999999999999999.123456789")) == Decimal("9999999999999999.12345679")
    assert storage.amount(7) == 7


def test_a_time_ahead_of_our_clock_is_found_once_and_that_of_a_clock_a_little_wrong_is_not(owner: Party) -> None:
    """T65: true updates are older than that, and are not taken."""
    put(owner, ocpi_id="FAST", age=LATER + timedelta(hours=23))
    assert not Finding.objects.exists()
    put(owner, age=LATER + timedelta(days=400))
    put(owner, price="0.31", age=LATER + timedelta(days=500))
    finding = Finding.objects.get()
    assert (finding.code, finding.severity, str(finding.connection)) == ("last_updated_ahead", "note", "Volta")
    assert (finding.subject, finding.actual) == ("tariffs T1", format_time(LATER + timedelta(days=400)))
    put(owner, ocpi_id="T2", age=LATER + timedelta(days=400))
    assert Finding.objects.count() == 2
