"""The price calculator on a tariff's page: what it asks, what it says, and that it says no in the right place."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from partners.connections.models import Connection
from partners.people.models import Role
from roaming.kernel import clock
from roaming.locations.models import Location
from roaming.tariffs import services as tariffs
from roaming.tariffs.models import Tariff
from tests.portal import markup
from tests.portal.scene import Scene

ASKED = {
    "energy": "22",
    "power": "11",
    "date": "2027-03-28",
    "time": "01:30",
    "duration": "2:30",
    "zone": "Europe/Amsterdam",
}


@pytest.fixture
def browser(signed_in: Callable[[str], Client]) -> Client:
    return signed_in(Role.ACCOUNT_MANAGER)


def asked(browser: Client, tariff: Tariff, **changed: str) -> Any:
    return opened(browser, tariff, {}, changed)


def part(browser: Client, tariff: Tariff) -> Any:
    return opened(browser, tariff, {"HX-Request": "true"}, {})


def opened(browser: Client, tariff: Tariff, headers: dict[str, str], changed: dict[str, str]) -> Any:
    answer = browser.get(f"/tariffs/{tariff.pk}/price/", ASKED | changed, headers=headers)
    assert answer.status_code == 200
    return answer


def test_what_the_platform_does_not_say_of_tax_is_not_known(browser: Client, scene: Scene) -> None:
    """OCPI 2.2.1 says that a price without a rate has no tax; 2.1.1 and 2.3.0 do not."""
    tariff = scene.tariff
    data = tariff.data
    for element in data["elements"]:
        for component in element["price_components"]:
            component.pop("vat", None)
    tariffs.put(party=tariff.party, tariff_id=tariff.ocpi_id, data=changed_later(data), at=clock.now())
    for version, known in (("2.2.1", True), ("2.1.1", False)):
        Connection.objects.filter(pk=tariff.party.connection_id).update(version=version)
        total = asked(browser, tariff).context["calculator"]["result"]["total"]
        assert (total.excl is not None, total.incl is not None) == (True, known)


def changed_later(data: dict[str, Any], at: str = "2026-11-01T00:00:00Z") -> dict[str, Any]:
    return data | {"last_updated": at}


def test_a_charge_is_priced_by_the_version_of_its_day(browser: Client, scene: Scene) -> None:
    dearer = changed_later(scene.tariff.data)
    dearer["elements"][0]["price_components"][0]["price"] += 1
    tariffs.put(party=scene.tariff.party, tariff_id=scene.tariff.ocpi_id, data=dearer, at=clock.now())
    told = {}
    for date in ("2026-10-31", "2026-11-02", "2027-03-28"):
        answer = asked(browser, scene.tariff, date=date)
        told[date] = answer.context["calculator"]["result"]
        number = told[date]["published"].version.number
        assert f'/versions/{number}/">version {number}</a>, published' in answer.content.decode()
    assert [one["published"].version.number for one in told.values()] == [1, 2, 2]
    first, second, third = (one["total"].excl for one in told.values())
    assert second == third != first


def test_a_deleted_tariff_is_priced_by_its_last_version_and_says_so(browser: Client, scene: Scene) -> None:
    tariffs.delete(party=scene.tariff.party, tariff_id=scene.tariff.ocpi_id, at=clock.now())
    assert (
        "the last one before the tariff was deleted: none is in force then"
        in asked(browser, scene.tariff).content.decode()
    )


def test_of_an_hour_that_comes_twice_both_are_had(browser: Client, scene: Scene) -> None:
    first = asked(browser, scene.tariff, date="2027-10-31", time="02:30")
    assert "this is the first" in first.content.decode()
    query = first.context["calculator"]["other_hour"]
    second = browser.get(f"/tariffs/{scene.tariff.pk}/price/?{query}")
    assert "this is the second" in second.content.decode()
    starts = [one.context["calculator"]["result"]["priced"].cdr.starts_at for one in (first, second)]
    assert starts[1] - starts[0] == timedelta(hours=1)
    back = QueryDict(second.context["calculator"]["other_hour"])
    assert (back["second"], back["time"]) == ("", "02:30")
    assert asked(browser, scene.tariff).context["calculator"]["other_hour"] == ""


def test_a_limit_stands_between_the_parts_and_the_total(browser: Client, scene: Scene) -> None:
    for day, name, amount, word in ((2, "max_price", 2, "Maximum price"), (3, "min_price", 50, "Minimum price")):
        data = changed_later(scene.tariff.data, f"2026-11-0{day}T00:00:00Z")
        data |= {"min_price": None, "max_price": None, name: {"before_taxes": amount}}
        tariffs.put(party=scene.tariff.party, tariff_id=scene.tariff.ocpi_id, data=data, at=clock.now())
        answer = asked(browser, scene.tariff)
        result = answer.context["calculator"]["result"]
        held = result["limit"][1]
        assert result["total"].excl == amount == sum(amounts.excl for _, amounts in result["parts"]) + held
        assert f"<dt>{word}</dt>" in answer.content.decode()


def errors(answer: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = answer.context["calculator"]["form"].errors
    return found


def test_the_page_of_a_tariff_holds_the_calculator_ready_to_be_used(browser: Client, scene: Scene) -> None:
    page = browser.get(f"/tariffs/{scene.tariff.pk}/")
    form = page.context["calculator"]["form"]
    assert f'action="/tariffs/{scene.tariff.pk}/price/"' in page.content.decode()
    assert form.initial["zone"] == scene.location.time_zone
    assert page.context["calculator"]["result"] is None


def test_a_charge_is_priced_and_explained(browser: Client, scene: Scene) -> None:
    """Tariff AC22: 0.35 a session, 0.39 a kWh, 1.20 an hour of parking, all with 21 % VAT."""
    answer = asked(browser, scene.tariff)
    result = answer.context["calculator"]["result"]
    assert [f"{amount:f}" for amount in result["total"]] == ["9.53", "11.53"]
    parts = [(name, amounts.excl) for name, amounts in result["parts"]]
    assert parts == [("Energy", Decimal("8.58")), ("Parking", Decimal("0.6")), ("Start fee", Decimal("0.35"))]
    lines = result["priced"].lines
    assert sum(line.excl for line in lines) == sum(amount for _, amount in parts) == result["priced"].total.excl
    text = answer.content.decode()
    assert "Element 1 applies always." in text
    assert '04:30<span class="zone">CEST</span>' in text
    assert not markup.read(text).faults


def test_htmx_gets_the_card_alone_and_a_browser_without_script_a_page(browser: Client, scene: Scene) -> None:
    whole, card = asked(browser, scene.tariff), part(browser, scene.tariff)
    assert b"<html" in whole.content
    assert b"<html" not in card.content
    assert card.content.strip().startswith(b'<section class="card" id="calculator"')


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"energy": "28"}, "energy", "At 11 kW no more than 27.5 kWh can be charged in 2:30:00."),
        ({"energy": "-1"}, "energy", "Ensure this value is greater than or equal to 0."),
        ({"power": "0"}, "power", "The power is not a number of kW above 0."),
        ({"duration": "soon"}, "duration", "Write hours and minutes, as 2:30."),
        ({"duration": "0:00"}, "duration", "A charge lasts longer than 0:00, and 366 days at most."),
        ({"date": "2025-03-28"}, "date", "Tariff AC22 is not valid then."),
        ({"date": "9999-12-31"}, "date", "The start is not a time with its zone, between 1900 and 9000."),
        ({"date": "0001-01-01", "time": "00:00"}, "date", "This is too far away."),
        ({"time": "02:30"}, "time", "The clocks skip 02:30 that night; 03:30 comes instead."),
        ({"zone": "Mars/Olympus"}, "zone", "Select a valid choice. Mars/Olympus is not one of the available choices."),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    changed: dict[str, str], field: str, sentence: str, browser: Client, scene: Scene
) -> None:
    answer = asked(browser, scene.tariff, **changed)
    assert dict(errors(answer)) == {field: [sentence]}
    assert answer.context["calculator"]["result"] is None


def test_a_tariff_that_cannot_be_read_is_said_above_the_form(browser: Client, scene: Scene) -> None:
    body = scene.tariff.body.replace('"price":0.3900', '"price":"free"')
    assert body != scene.tariff.body
    data = json.loads(body, parse_float=Decimal)
    tariffs.put(party=scene.tariff.party, tariff_id=scene.tariff.ocpi_id, data=changed_later(data), at=clock.now())
    assert errors(asked(browser, scene.tariff)) == {"__all__": ["“price” is 'free', not a number."]}


def test_the_zones_to_choose_from_are_those_of_locations_that_name_the_tariff(browser: Client, scene: Scene) -> None:
    def zones(body: str) -> list[str]:
        elsewhere.body = body
        elsewhere.save()
        form = browser.get(f"/tariffs/{scene.tariff.pk}/").context["calculator"]["form"]
        return [zone for zone, _ in form.fields["zone"].choices if zone]

    elsewhere = Location.objects.get(pk=scene.location.pk)
    elsewhere.pk, elsewhere.ocpi_id, elsewhere.time_zone = None, "PORTO", "Europe/Lisbon"
    named = scene.location.body
    assert scene.tariff.ocpi_id in named
    assert set(zones(named)) == {"Europe/Amsterdam", "Europe/Lisbon"}
    assert zones(named.replace(f'"{scene.tariff.ocpi_id}"', '"ANOTHER"')) == ["Europe/Amsterdam"]
    Location.objects.update(time_zone="")
    form = browser.get(f"/tariffs/{scene.tariff.pk}/").context["calculator"]["form"]
    assert form.initial["zone"] == ""
    assert len(form.fields["zone"].choices) > 100


def test_the_calculator_costs_few_queries(browser: Client, scene: Scene) -> None:
    with CaptureQueriesContext(connection) as captured:
        part(browser, scene.tariff)
    assert len(captured) <= 8
