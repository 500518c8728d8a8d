"""Versions of tariffs: each accepted change is one, never changed again, and any past moment has its answer."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.db import transaction
from django.db.models import ProtectedError
from django.db.utils import ProgrammingError
from django.test.utils import CaptureQueriesContext

from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.findings.models import Finding
from roaming.ocpi import storage
from roaming.ocpi.schema.values import format_time
from roaming.tariffs import selectors, services
from roaming.tariffs.models import Tariff, TariffVersion
from tests import cast, wire
from tests.billing import records
from tests.roaming.calls import Caller

pytestmark = pytest.mark.django_db


def day(number: int, hour: int = 0) -> datetime:
    return datetime(2026, 10, number, hour, tzinfo=UTC)


@pytest.fixture
def polder() -> Party:
    cast.polder()
    return cast.party("NL*PLD", "CPO")


def published(
    polder: Party, price: str, updated: datetime, *, at: datetime | None = None, tariff_id: str = "FAIR"
) -> None:
    data = records.tariff(("ENERGY", price), tariff_id=tariff_id, last_updated=format_time(updated))
    services.put(party=polder, tariff_id=tariff_id, data=data, at=at or updated)


def deleted(polder: Party, at: datetime) -> None:
    services.delete(party=polder, tariff_id="FAIR", at=at)


def price_of(version: TariffVersion | None) -> str:
    return str(version.data["elements"][0]["price_components"][0]["price"]) if version else "none"


def prices(polder: Party, moments: Sequence[datetime]) -> list[str]:
    return [price_of(selectors.tariff_at(party=polder, tariff_id="FAIR", moment=moment)) for moment in moments]


# What happens: the price and its last_updated, and when it came; a price of "" is a deletion. Then which price was in
# force on each day from the 1st to the 8th, at noon.
Happening = tuple[str, datetime, datetime]
STORIES: dict[str, tuple[list[Happening], str]] = {
    "one that is never changed": ([("0.40", day(3), day(3))], "none none 0.40 0.40 0.40 0.40 0.40 0.40"),
    "one that becomes dearer": (
        [("0.40", day(2), day(2)), ("0.45", day(5), day(5))],
        "none 0.40 0.40 0.40 0.45 0.45 0.45 0.45",
    ),
    "a change that comes late holds since it says": (
        [("0.40", day(2), day(2)), ("0.45", day(4), day(8))],
        "none 0.40 0.40 0.45 0.45 0.45 0.45 0.45",
    ),
    "an older state that comes late is none": (
        [("0.45", day(4), day(4)), ("0.40", day(2), day(5))],
        "none none none 0.45 0.45 0.45 0.45 0.45",
    ),
    "one dated ahead holds since it was accepted": (
        [("0.40", day(2), day(2)), ("0.45", day(9), day(5))],
        "none 0.40 0.40 0.40 0.45 0.45 0.45 0.45",
    ),
    "the same again with a newer age is no version": (
        [("0.40", day(2), day(2)), ("0.40", day(5), day(5))],
        "none 0.40 0.40 0.40 0.40 0.40 0.40 0.40",
    ),
    "two of one moment: the later one holds": (
        [("0.40", day(2), day(2)), ("0.45", day(5), day(5)), ("0.50", day(5), day(6))],
        "none 0.40 0.40 0.40 0.50 0.50 0.50 0.50",
    ),
    "a deleted one is not in force": (
        [("0.40", day(2), day(2)), ("", day(5), day(5))],
        "none 0.40 0.40 0.40 none none none none",
    ),
    "put again, it holds from its new age on": (
        [("0.40", day(2), day(2)), ("", day(4), day(4)), ("0.45", day(6), day(7))],
        "none 0.40 0.40 none none 0.45 0.45 0.45",
    ),
    "put again as it was, it holds since it is back": (
        [("0.40", day(2), day(2)), ("", day(4), day(4)), ("0.40", day(2), day(7))],
        "none 0.40 0.40 none none none 0.40 0.40",
    ),
    "an older one put after the deletion is none": (
        [("0.40", day(3), day(3)), ("", day(5), day(5)), ("0.35", day(2), day(6))],
        "none none 0.40 0.40 none none none none",
    ),
    "a clock of ours that went back begins nothing before what it follows": (
        [("0.40", day(5), day(5)), ("0.45", day(6), day(4))],
        "none none none none 0.45 0.45 0.45 0.45",
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_which_version_was_in_force(story: str, polder: Party) -> None:
    happened, told = STORIES[story]
    for price, updated, at in happened:
        if price:
            published(polder, price, updated, at=at)
        else:
            deleted(polder, at)
    assert prices(polder, [day(number, 12) for number in range(1, 9)]) == told.split()


def test_a_version_begins_at_its_moment_and_ends_before_the_next_one(polder: Party) -> None:
    published(polder, "0.40", day(2))
    published(polder, "0.45", day(5))
    instant = timedelta(microseconds=1)
    moments = [day(2) - instant, day(2), day(5) - instant, day(5)]
    assert prices(polder, moments) == ["none", "0.40", "0.40", "0.45"]
    first, second = (selectors.tariff_at(party=polder, tariff_id="FAIR", moment=day(number)) for number in (4, 6))
    assert first and (first.number, first.valid_from, first.valid_until) == (1, day(2), day(5))
    assert second and (second.number, second.valid_from, second.valid_until) == (2, day(5), None)


def test_a_tariff_is_found_in_any_letter_case_and_only_that_of_its_owner(polder: Party, volta: Connection) -> None:
    published(polder, "0.40", day(2), tariff_id="Fair")
    published(polder, "0.45", day(5), tariff_id="FAIR")
    for tariff_id in ("FAIR", "fair", "Fair"):
        assert price_of(selectors.tariff_at(party=polder, tariff_id=tariff_id, moment=day(6))) == "0.45"
    assert selectors.tariff_at(party=cast.party("NL*VLT", "CPO"), tariff_id="FAIR", moment=day(6)) is None
    assert selectors.tariff_at(party=polder, tariff_id="FAIR2", moment=day(6)) is None
    assert Tariff.objects.count() == 1


def test_another_spelling_of_the_id_alone_is_no_version(polder: Party) -> None:
    published(polder, "0.40", day(2), tariff_id="Fair")
    published(polder, "0.40", day(3), tariff_id="FAIR")
    assert TariffVersion.objects.count() == 1


def test_the_timeline_tells_all_of_it_newest_first(polder: Party) -> None:
    published(polder, "0.40", day(2))
    published(polder, "0.45", day(4), at=day(5))
    deleted(polder, day(6))
    published(polder, "0.49", day(8))
    told = selectors.versions_of(Tariff.objects.get())
    assert [(one.version.number, one.what, one.changes) for one in told] == [
        (4, "Published again after its deletion", ["price of ENERGY 0.45 → 0.49"]),
        (3, "Deleted, none in force", []),
        (2, "Changed", ["price of ENERGY 0.40 → 0.45"]),
        (1, "The first we know", []),
    ]
    periods = [(one.version.valid_from, one.version.valid_until, one.version.accepted_at) for one in told]
    assert periods == [
        (day(8), None, day(8)),
        (day(6), day(8), day(6)),
        (day(4), day(6), day(5)),
        (day(2), day(4), day(2)),
    ]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_part_of_the_timeline_tells_the_same_as_the_whole(limit: int, polder: Party) -> None:
    published(polder, "0.40", day(2))
    deleted(polder, day(3))
    published(polder, "0.45", day(4))
    published(polder, "0.49", day(5))
    tariff = Tariff.objects.get()
    whole = selectors.versions_of(tariff)
    assert [selectors.versions_of(tariff, up_to=number, limit=limit) for number in (4, 3, 2, 1)] == [
        whole[start : start + limit] for start in range(4)
    ]


def test_one_that_was_replaced_at_its_own_moment_never_held(polder: Party) -> None:
    for price in ("0.40", "0.45"):
        published(polder, price, day(2))
    assert [one.was_in_force for one in selectors.versions_of(Tariff.objects.get())] == [True, False]
    assert Finding.objects.get().code == "same_age_other_content"


def test_a_patch_of_2_1_1_is_a_version(polder: Party) -> None:
    published(polder, "0.40", day(2))
    dear = records.tariff(("ENERGY", "0.50"))["elements"]
    for data in ({"elements": dear}, {"elements": dear}, {"last_updated": format_time(day(6))}):
        services.patch(party=polder, tariff_id="fair", data=data, at=day(5))
    assert prices(polder, [day(4), day(5)]) == ["0.40", "0.50"]
    assert TariffVersion.objects.count() == 2


def test_a_put_that_is_refused_is_none(volta: Connection) -> None:
    ours, url, body = Caller("Volta"), "/receiver/tariffs/NL/VLT/AC22", wire.load("tariff_ac22")
    ours.put(url, body)
    assert ours.put(url, {**body, "currency": "EURO"}).status == 2001
    assert [version.data for version in TariffVersion.objects.all()] == [Tariff.objects.get().data]


def test_deleting_twice_is_one_deletion(polder: Party) -> None:
    published(polder, "0.40", day(2))
    deleted(polder, day(3))
    with pytest.raises(storage.Unknown):
        deleted(polder, day(4))
    assert list(TariffVersion.objects.values_list("number", "body")[:1]) == [(2, "")]


def test_what_is_rolled_back_leaves_no_version(polder: Party) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        published(polder, "0.40", day(2))
        raise RuntimeError
    assert not TariffVersion.objects.exists()


@pytest.mark.parametrize("what", ["change", "delete"])
def test_the_database_keeps_versions_as_they_are(what: str, polder: Party) -> None:
    published(polder, "0.40", day(2))
    versions = TariffVersion.objects.all()
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        versions.update(body="{}") if what == "change" else versions._raw_delete(versions.db)
    with pytest.raises(ProtectedError):
        Tariff.objects.all().delete()
    assert price_of(TariffVersion.objects.get()) == "0.40"


@pytest.mark.parametrize(("number", "begins"), [(1, day(3)), (3, day(3)), (2, day(1))])
def test_the_database_refuses_a_version_that_does_not_follow(number: int, begins: datetime, polder: Party) -> None:
    published(polder, "0.40", day(2))
    wrong = {"number": number, "valid_from": begins, "accepted_at": begins, "body": "{}"}
    with pytest.raises(ProgrammingError, match="follows the last one"), transaction.atomic():
        TariffVersion.objects.create(tariff=Tariff.objects.get(), **wrong)
    assert TariffVersion.objects.count() == 1


def test_a_version_costs_one_statement(polder: Party) -> None:
    published(polder, "0.40", day(2))
    with CaptureQueriesContext(database) as captured:
        published(polder, "0.45", day(3))
    with CaptureQueriesContext(database) as unchanged:
        published(polder, "0.45", day(4))
    about = ["tariffversion" in query["sql"] for query in captured.captured_queries]
    assert (about.count(True), any("tariffversion" in query["sql"] for query in unchanged.captured_queries)) == (
        1,
        False,
    )


def test_what_was_published_for_a_moment_is_one_question_for_many_tariffs(polder: Party) -> None:
    for tariff_id in ("A", "B", "C"):
        published(polder, "0.40", day(2), tariff_id=tariff_id)
        published(polder, "0.45", day(4), tariff_id=tariff_id)
    services.delete(party=polder, tariff_id="B", at=day(5))
    with CaptureQueriesContext(database) as captured:
        found = {
            number: selectors.published_at(party=polder, tariff_ids=["a", "b", "X"], moment=day(number))
            for number in (1, 3, 6)
        }
    assert len(captured) == 3
    told = {
        number: {name: (one.version.number, one.in_force, one.deleted) for name, one in known.items()}
        for number, known in found.items()
    }
    assert told == {
        1: {"A": (1, False, False), "B": (1, False, False)},
        3: {"A": (1, True, False), "B": (1, True, False)},
        6: {"A": (2, True, False), "B": (2, False, True)},
    }
