"""The page of a tariff, in words and with its problems; problems of our own tariffs before they are stored."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from partners.people.models import Role
from roaming.tariffs import services as tariffs
from roaming.tariffs.models import Tariff
from tests import cast
from tests.portal import markup
from tests.portal.scene import Scene
from tests.portal.test_own_objects import filled

STEPLESS = "A step size of 0 or none is no step"
FLAWED: dict[str, Any] = {
    "country_code": "NL",
    "party_id": "VPK",
    "id": "T-FLAWED",
    "currency": "EUR",
    "tax_included": "NO",
    "last_updated": "2026-11-01T00:00:00Z",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 0.4, "vat": 21, "step_size": 0}]}],
}
MENDED = json.loads(json.dumps(FLAWED).replace('"step_size": 0', '"step_size": 1'))


@pytest.fixture
def ben(signed_in: Callable[[str], Client]) -> Client:
    return signed_in(Role.ACCOUNT_MANAGER)


@pytest.fixture
def flawed(scene: Scene) -> Tariff:
    return tariffs.put(party=cast.party("NL*VPK", "CPO"), tariff_id="T-FLAWED", data=FLAWED, at=cast.NOW).row


def shown(client: Client, page: str) -> str:
    html: str = client.get(page).content.decode()
    assert markup.read(html).faults == []
    return html


def test_a_tariff_is_told_in_words_and_in_other_languages(ben: Client, flawed: Tariff) -> None:
    page = f"/tariffs/{flawed.pk}/"
    html = shown(ben, page)
    assert "<p>Energy: €0.40 per kWh.</p><p>Prices are without VAT; 21% VAT is added.</p>" in html
    assert 'href="?lang=nl#words"' in html and 'href="?lang=en#words"' not in html
    assert '<div class="card-body" lang="fr"><p>Énergie\u00a0: 0,40\u00a0€ par kWh.</p>' in shown(
        ben, f"{page}?lang=fr"
    )
    assert "Energy: €0.40 per kWh." in shown(ben, f"{page}?lang=%3Cb%3E")  # there are no words in that


def test_problems_stand_on_the_page_with_their_place(ben: Client, scene: Scene, flawed: Tariff) -> None:
    html = shown(ben, f"/tariffs/{flawed.pk}/")
    assert STEPLESS in html and "$.elements[0].price_components[0].step_size" in html and "step_size_zero" in html
    assert "none found" in shown(ben, f"/tariffs/{scene.tariff.pk}/")


def test_what_cannot_be_read_is_shown_as_a_problem_and_not_in_words(ben: Client, flawed: Tariff) -> None:
    body = json.dumps(FLAWED).replace('"ENERGY"', '"ENTHUSIASM"')
    Tariff.objects.filter(pk=flawed.pk).update(body=body)
    html = shown(ben, f"/tariffs/{flawed.pk}/")
    assert "It cannot be told in words before its problems are mended." in html and "unknown_dimension" in html


def test_a_tariff_with_problems_is_stored_when_it_is_saved_again(ben: Client, scene: Scene) -> None:
    typed = {"party": cast.party("NL*VPK", "CPO").pk, "text": json.dumps(FLAWED)}
    asked = ben.post("/tariffs/write/", typed)
    html = asked.content.decode()
    assert asked.status_code == 422 and STEPLESS in html and "Save again to keep it as it is." in html
    assert markup.read(html).faults == []
    assert not Tariff.objects.filter(ocpi_id="T-FLAWED").exists()
    again = ben.post("/tariffs/write/", filled(asked))
    assert (again.status_code, Tariff.objects.filter(ocpi_id="T-FLAWED").count()) == (302, 1)


def test_other_problems_are_asked_about_anew(ben: Client, scene: Scene) -> None:
    typed = {"party": cast.party("NL*VPK", "CPO").pk, "text": json.dumps(FLAWED)}
    asked = ben.post("/tariffs/write/", typed)
    other = json.dumps(FLAWED | {"currency": "DEM"})
    assert "DEM is legal tender nowhere" in ben.post("/tariffs/write/", filled(asked, text=other)).content.decode()
    assert not Tariff.objects.filter(ocpi_id="T-FLAWED").exists()


def test_a_tariff_without_problems_is_stored_at_once(ben: Client, scene: Scene) -> None:
    typed = {"party": cast.party("NL*VPK", "CPO").pk, "text": json.dumps(MENDED)}
    assert ben.post("/tariffs/write/", typed).status_code == 302


def test_the_form_of_plain_tariffs_asks_as_well(ben: Client, scene: Scene) -> None:
    page = ben.get("/tariffs/add/")
    head = {"party": cast.party("NL*VPK", "CPO").pk, "id": "T-2", "currency": "EUR", "tax_included": "NO"}
    asked = ben.post("/tariffs/add/", filled(page, **head, **{"always-ENERGY": "0.4", "vat": "50"}))
    assert asked.status_code == 422 and "A VAT of 50 % is charged nowhere" in asked.content.decode()
    assert ben.post("/tariffs/add/", filled(asked)).status_code == 302
    assert Tariff.objects.filter(ocpi_id="T-2").exists()


def test_the_preview_of_a_file_shows_problems_of_what_would_be_stored(ben: Client, scene: Scene) -> None:
    file = SimpleUploadedFile("ours.json", json.dumps([FLAWED, MENDED | {"id": "T-FINE"}]).encode())
    asked = {"party": cast.party("NL*VPK", "CPO").pk, "file": file, "version": "2.3.0"}
    page = ben.post("/tariffs/import/", asked)["Location"]
    html = shown(ben, page)
    assert html.count(STEPLESS) == 1 and "they block nothing" in html
    seen = ben.get(page).context["plan"].fingerprint
    assert ben.post(page, {"seen": seen}).status_code == 302
    assert Tariff.objects.filter(ocpi_id__in=["T-FLAWED", "T-FINE"]).count() == 2
