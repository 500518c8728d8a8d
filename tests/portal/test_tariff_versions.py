"""The timeline of a tariff, and the page of each of its versions."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from partners.people.models import Role
from roaming.ocpi.schema.values import format_time
from roaming.own_objects import services as own_objects
from roaming.own_objects.kinds import TARIFF
from roaming.tariffs import services
from roaming.tariffs.models import Tariff
from tests import cast
from tests.billing import records
from tests.portal import markup
from tests.portal.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(client: Client) -> Client:
    client.force_login(cast.person("Ada", Role.FINANCE))
    return client


def publish(prices: list[str], *, late: timedelta = timedelta()) -> Tariff:
    """Polder Laden publishes one price a day, from the 20th of November on."""
    cast.polder()
    for number, price in enumerate(prices):
        updated = cast.NOW + timedelta(days=number)
        data = records.tariff(("ENERGY", price), last_updated=format_time(updated))
        services.put(party=cast.party("NL*PLD", "CPO"), tariff_id="FAIR", data=data, at=updated + late)
    return Tariff.objects.get()


def text(browser: Client, url: str) -> str:
    """What a person reads there."""
    answer = browser.get(url)
    assert answer.status_code == 200
    assert markup.read(answer.content.decode()).faults == []
    return " ".join(strip_tags(answer.content.decode().replace("<", " <")).split())


def test_the_page_of_a_tariff_tells_each_version(finance: Client) -> None:
    tariff = publish(["0.40", "0.45"])
    services.delete(party=tariff.party, tariff_id="FAIR", at=cast.NOW + timedelta(days=2))
    page = text(finance, f"/tariffs/{tariff.pk}/")
    assert "Version 3 22 Nov 2026 09:42 UTC now Deleted, none in force by Polder Laden" in page
    assert (
        "Version 2 21 Nov 2026 09:42 UTC 22 Nov 2026 09:42 UTC Changed by Polder Laden price of ENERGY 0.40 → 0.45"
        in page
    )
    assert "Version 1 20 Nov 2026 09:42 UTC 21 Nov 2026 09:42 UTC The first we know by Polder Laden" in page


def test_a_version_is_opened_as_it_was(finance: Client) -> None:
    tariff = publish(["0.40", "0.45"])
    first = text(finance, f"/tariffs/{tariff.pk}/versions/1/")
    assert "in force from 20 Nov 2026 09:42 UTC until 21 Nov 2026 09:42 UTC" in first
    assert "0.40 EUR" in first and "0.45" not in first
    assert "0.45 EUR" in text(finance, f"/tariffs/{tariff.pk}/versions/2/")


def test_a_deletion_is_a_page_without_prices(finance: Client) -> None:
    tariff = publish(["0.40"])
    services.delete(party=tariff.party, tariff_id="FAIR", at=cast.NOW + timedelta(days=2))
    page = text(finance, f"/tariffs/{tariff.pk}/versions/2/")
    assert "deleted it: none in force from 22 Nov 2026 09:42 UTC" in page
    assert "Price components" not in page


def test_one_that_was_replaced_at_its_own_moment_says_so(finance: Client) -> None:
    tariff = publish(["0.40"])
    data = records.tariff(("ENERGY", "0.45"), last_updated=format_time(cast.NOW))
    services.put(party=tariff.party, tariff_id="FAIR", data=data, at=cast.NOW)
    assert "Version 1 20 Nov 2026 09:42 UTC replaced at once" in text(finance, f"/tariffs/{tariff.pk}/")
    assert "never in force" in text(finance, f"/tariffs/{tariff.pk}/versions/1/")


def test_one_that_came_late_says_when(finance: Client) -> None:
    tariff = publish(["0.40"], late=timedelta(hours=2))
    assert "by Polder Laden, came 20 Nov 2026 11:42 UTC" in text(finance, f"/tariffs/{tariff.pk}/")


@pytest.mark.parametrize("number", ["0", "3", "99999999999999999999"])
def test_a_version_that_is_not_there_is_not_found(number: str, finance: Client) -> None:
    assert finance.get(f"/tariffs/{publish(['0.40', '0.45']).pk}/versions/{number}/").status_code == 404


@pytest.mark.parametrize("asked", ["x", "-1", "0", "٣", "9" * 30])
def test_odd_pages_of_the_timeline_break_nothing(asked: str, finance: Client) -> None:
    assert finance.get(f"/tariffs/{publish(['0.40']).pk}/", {"up_to": asked}).status_code == 200


def test_a_long_timeline_comes_in_pages_at_the_same_cost(finance: Client) -> None:
    tariff = publish(["0.40"])
    with CaptureQueriesContext(connection) as few:
        text(finance, f"/tariffs/{tariff.pk}/")
    publish_more(tariff, 29)
    with CaptureQueriesContext(connection) as many:
        newest = text(finance, f"/tariffs/{tariff.pk}/")
    assert len(many) == len(few)
    assert "Version 30 " in newest and "Version 6 " in newest and "Version 5 " not in newest
    assert "?up_to=5#versions" in finance.get(f"/tariffs/{tariff.pk}/").content.decode()
    earlier = text(finance, f"/tariffs/{tariff.pk}/?up_to=5")
    assert "Version 5 " in earlier and "Version 1 " in earlier and "Version 6 " not in earlier
    assert "price of ENERGY 4 → 5" in newest + earlier


def publish_more(tariff: Tariff, count: int) -> None:
    for number in range(2, count + 2):
        at: datetime = cast.NOW + timedelta(days=number)
        data: dict[str, Any] = records.tariff(("ENERGY", str(number)), last_updated=format_time(at))
        services.put(party=tariff.party, tariff_id="FAIR", data=data, at=at)


def test_the_page_of_a_cdr_leads_to_the_version_that_was_in_force(finance: Client) -> None:
    tariff = publish(["0.40", "0.45"])
    of_yesterday = records.tariff(("ENERGY", "0.30"), tariff_id="fair")
    unknown = records.tariff(("ENERGY", "0.30"), tariff_id="NOWHERE")
    ended = cast.NOW + timedelta(days=1, hours=2)
    page = f"/cdrs/{records.received(tariffs=[of_yesterday, unknown], ended=ended).pk}/"
    assert "Tariff fair , version 2 Tariff NOWHERE , not published to us Started" in text(finance, page)
    assert f'href="/tariffs/{tariff.pk}/versions/2/"' in finance.get(page).content.decode()
    services.delete(party=tariff.party, tariff_id="FAIR", at=ended - timedelta(hours=2))
    assert "Tariff fair , version 2 , not in force then" in text(finance, page)


def test_our_own_name_the_person_who_keeps_them(scene: Scene, signed_in: Callable[[str], Client]) -> None:
    otto = scene.people[Role.OPERATOR]
    tariff = Tariff.objects.get(pk=scene.kept_tariff.pk)
    data = {**tariff.data, "elements": records.tariff(("ENERGY", "0.77"))["elements"]}
    later = cast.NOW + timedelta(days=1)
    seen = tariff.data["last_updated"]
    own_objects.keep(kind=TARIFF, party=tariff.party, data=data, by=otto, at=later, seen=seen)
    page = text(signed_in(Role.FINANCE), f"/tariffs/{tariff.pk}/")
    assert page.count(f"by {otto.name}") == 2
    assert "Version 2 21 Nov 2026 09:42 UTC now Changed" in page
