"""How OCPI is read under an agreement: chosen on its form, told on its page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from billing.pricing import READINGS
from partners.agreements.models import Agreement
from partners.people.models import Role
from roaming.portal import readings
from tests.portal.scene import Scene
from tests.portal.test_actions import terms


@pytest.fixture
def ben(signed_in: Callable[[str], Client]) -> Client:
    return signed_in(Role.ACCOUNT_MANAGER)


def changed(ben: Client, agreement: Agreement, **chosen: Any) -> tuple[int, str]:
    answer = ben.post(f"/agreements/{agreement.pk}/edit/", terms(agreement, **chosen))
    agreement.refresh_from_db()
    return answer.status_code, answer.content.decode()


def test_only_what_departs_from_the_recommendation_is_stored_and_told_in_words(ben: Client, scene: Scene) -> None:
    draft = scene.draft_agreement
    assert "<td>as recommended</td>" in ben.get(f"/agreements/{draft.pk}/").content.decode()
    chosen = {"reading_step_size_scope": "period", "reading_flat": "", "reading_tax_without_rate": "unknown"}
    assert changed(ben, draft, **chosen)[0] == 302
    assert draft.readings == {"step_size_scope": "period", "tax_without_rate": "unknown"}
    page = ben.get(f"/agreements/{draft.pk}/").content.decode()
    assert (
        "<td>When energy and time are rounded up: in each period<br>"
        "A price without a VAT rate: the price after tax is not known</td>" in page
    )


def test_the_form_shows_what_was_chosen_and_takes_it_back(ben: Client, scene: Scene) -> None:
    draft = scene.draft_agreement
    edit = f"/agreements/{draft.pk}/edit/"
    assert '<details class="more"><summary>' in ben.get(edit).content.decode()
    changed(ben, draft, reading_flat="each")
    form = ben.get(edit).content.decode()
    assert '<details class="more" open><summary>' in form
    assert '<option value="each" selected>each of them once</option>' in form
    assert changed(ben, draft, reading_flat="")[0] == 302
    assert draft.readings == {}


def test_the_recommended_reading_comes_first_and_is_no_value_of_its_own() -> None:
    fields: dict[str, Any] = dict(readings.fields({}))
    assert set(fields) == {f"reading_{name}" for name in READINGS}
    assert fields["reading_step_size_scope"].choices == [
        ("", "once a session"),
        ("period", "in each period"),
        ("none", "never"),
    ]
    assert fields["reading_tax_without_rate"].choices == [
        ("", "as the version of OCPI says"),
        ("none_applies", "no tax applies"),
        ("unknown", "the price after tax is not known"),
    ]


def test_a_reading_that_is_none_is_refused_by_its_name_and_nothing_changes(ben: Client, scene: Scene) -> None:
    draft = scene.draft_agreement
    status, form = changed(ben, draft, reading_flat="twice", payment_days="60")
    assert status == 422
    assert "“twice” is no reading of “flat”." in form
    assert '<details class="more" open>' in form
    assert (draft.readings, draft.payment_days) == ({}, 30)


def test_a_reading_that_nobody_knows_any_more_is_told_as_it_stands(ben: Client, scene: Scene) -> None:
    draft = scene.draft_agreement
    Agreement.objects.filter(pk=draft.pk).update(readings={"weather": "fair", "flat": "twice"})
    page = ben.get(f"/agreements/{draft.pk}/").content.decode()
    assert "weather: “fair”, which is not known" in page
    assert "Fees that become active one after the other: “twice”, which is not known" in page
    assert changed(ben, draft)[0] == 302
    assert draft.readings == {}


def test_readings_of_an_active_agreement_do_not_change_on_the_form(ben: Client, scene: Scene) -> None:
    active = scene.draft_agreement
    Agreement.objects.filter(pk=active.pk).update(readings={"flat": "each"})
    assert ben.post(f"/agreements/{active.pk}/activate/").status_code == 302
    status, form = changed(ben, active, reading_flat="")
    assert (status, active.readings) == (422, {"flat": "each"})
    assert "its terms no longer change" in form


def test_every_reading_and_every_value_has_words() -> None:
    for name, kind in READINGS.items():
        [(question, _)] = readings.told({name: next(iter(kind))})
        assert question != name
        answers = [readings.told({name: value})[0][1] for value in kind]
        assert not [answer for answer in answers if "not known" in answer and "after tax" not in answer]
        assert len(set(answers)) == len(kind)
