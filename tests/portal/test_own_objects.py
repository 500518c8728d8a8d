"""The pages on which people keep our own locations, tariffs and tokens."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from partners.people.models import Role
from roaming.locations.models import Location
from roaming.own_objects import services
from roaming.own_objects.kinds import KINDS, LOCATION, TARIFF, TOKEN, Kind
from roaming.own_objects.models import Edit, Upload
from roaming.tariffs.models import Tariff
from roaming.tokens.models import Token
from tests import cast
from tests.portal import markup
from tests.portal.scene import Scene


@pytest.fixture
def ben(signed_in: Callable[[str], Client]) -> Client:
    return signed_in(Role.ACCOUNT_MANAGER)


def filled(answer: Any, **changes: Any) -> dict[str, Any]:
    """What a browser would post of the forms of a page, changed."""
    form = answer.context["form"]
    parts = [form, *getattr(form, "connectors", []), *getattr(form, "at_times", [])]
    parts += [part for name in ("evse_form", "always") if (part := getattr(form, name, None))]
    values = {field.html_name: field.value() for part in parts for field in part if not field.field.disabled}
    return {name: value for name, value in {**values, **changes}.items() if value is not None}


def errors(answer: Any) -> str:
    html: str = answer.content.decode()
    assert answer.status_code == 422
    return html


def test_pages_of_keeping_are_well_made(ben: Client, scene: Scene) -> None:
    pages = [f"/{kind.module}/{how}/" for kind in KINDS.values() for how in ("add", "write", "import")]
    pages += [f"/tokens/import/{scene.uploads['tokens'].pk}/", f"/locations/{scene.kept_location.pk}/evse/?evse=ZP-1"]
    pages += [f"/tariffs/{scene.kept_tariff.pk}/{how}/" for how in ("edit", "json", "delete")]
    pages += [f"/locations/{scene.kept_location.pk}/", f"/locations/{scene.kept_location.pk}/edit/"]
    for page in pages:
        answer = ben.get(page)
        assert (page, answer.status_code, markup.read(answer.content.decode()).faults) == (page, 200, [])


def test_the_way_to_adding_and_importing_is_shown_to_those_who_may_and_where_somebody_has_no_back_end(
    signed_in: Callable[[str], Client], scene: Scene
) -> None:
    for role, shown in ((Role.OPERATOR, True), (Role.FINANCE, False)):
        assert (b'href="/tokens/add/"' in signed_in(role).get("/tokens/").content) is shown
        assert (b"/edit/" in signed_in(role).get(f"/tokens/{scene.kept_token.pk}/").content) is shown
    assert b'href="/tariffs/add/"' not in signed_in(Role.FINANCE).get("/tariffs/").content
    cast.party("NL*VPK", "EMSP").connection.parties.update(left_at=cast.NOW)
    browser = signed_in(Role.OPERATOR)
    assert b'href="/tokens/add/"' not in browser.get("/tokens/").content
    assert b"There is nobody to keep them for" in browser.get("/tokens/add/").content


def test_what_our_back_end_keeps_is_not_edited_here_and_the_page_says_who_does(ben: Client, scene: Scene) -> None:
    volta = scene.location  # Volta's back-end has interfaces of its own
    html = ben.get(f"/locations/{volta.pk}/").content.decode()
    assert "keeps this and is the truth of it" in html
    assert f"/locations/{volta.pk}/edit/" not in html
    assert ben.post(f"/locations/{volta.pk}/edit/", {"name": "Mine"}).status_code == 302
    assert ben.get(f"/tokens/{scene.token.pk}/edit/")["Location"] == f"/tokens/{scene.token.pk}/"
    assert Location.objects.get(pk=volta.pk).body == volta.body


# By hand


def test_ben_adds_and_changes_a_token(ben: Client, scene: Scene) -> None:
    page = ben.get("/tokens/add/")
    party = cast.party("NL*VPK", "EMSP")
    card = {"party": party.pk, "uid": "CARD-9", "type": "RFID", "contract_id": "NL-VPK-C9", "issuer": "Parking"}
    answer = ben.post("/tokens/add/", filled(page, **card, valid="yes", whitelist="NEVER", language="nl"))
    token = Token.objects.get(ocpi_id="CARD-9")
    assert (answer["Location"], token.party, token.whitelist) == (f"/tokens/{token.pk}/", party, "NEVER")
    again = errors(ben.post("/tokens/add/", filled(page, **card, valid="yes", whitelist="NEVER")))
    assert "has the token “CARD-9” already" in again
    edit = f"/tokens/{token.pk}/edit/"
    ben.post(edit, filled(ben.get(edit), valid="no", uid="OTHER", language=""))
    token.refresh_from_db()
    assert (token.valid, token.ocpi_id, "language" in token.data) == (False, "CARD-9", False)
    shown = ben.get(f"/tokens/{token.pk}/").content.decode()
    assert "Who changed what" in shown
    assert "Ben</strong> changed it" in shown


def test_a_form_that_was_opened_before_somebody_else_changed_the_token_stores_nothing(
    ben: Client, scene: Scene
) -> None:
    edit = f"/tokens/{scene.kept_token.pk}/edit/"
    opened = ben.get(edit)
    ben.post(edit, filled(opened, language="de"))
    assert "Somebody else changed the token" in errors(ben.post(edit, filled(opened, valid="no")))
    assert Token.objects.get(pk=scene.kept_token.pk).valid is True


def test_a_location_is_added_with_its_evse_and_what_is_wrong_stands_at_its_field(ben: Client, scene: Scene) -> None:
    page = ben.get("/locations/add/")
    place = {"party": cast.party("NL*VPK", "CPO").pk, "id": "NEW", "publish": "yes", "address": "Markt 1"}
    place |= {"city": "Delft", "country": "nld", "latitude": "52.01", "longitude": "4.36"}
    wrong = ben.post("/locations/add/", filled(page, **place, time_zone="Delft", opening_times="always"))
    assert "Must be an IANA time zone" in errors(wrong)
    assert "Must be 24/7, or days and times" in wrong.content.decode()
    ben.post("/locations/add/", filled(page, **place, time_zone="Europe/Amsterdam", opening_times="Mon 08:00-20:00"))
    row = Location.objects.get(ocpi_id="NEW")
    assert (row.country, row.data["coordinates"]) == ("NLD", {"latitude": "52.01000", "longitude": "4.36000"})
    add = f"/locations/{row.pk}/evse/"
    evse = {"evse-evse_uid": "N-1", "evse-status": "AVAILABLE", "evse-capabilities": ["RFID_READER"]}
    assert "one connector at least" in errors(ben.post(add, filled(ben.get(add), **evse)))
    plug = {"connector0-connector_id": "1", "connector0-standard": "IEC_62196_T2", "connector0-format": "SOCKET"}
    half = ben.post(add, filled(ben.get(add), **evse, **plug))
    assert "This field is required." in errors(half)
    plug |= {"connector0-power_type": "AC_3_PHASE", "connector0-max_voltage": "230", "connector0-max_amperage": "32"}
    ben.post(add, filled(ben.get(add), **evse, **plug))
    row.refresh_from_db()
    assert row.evse_uids == ["N-1"]
    assert row.data["evses"][0]["connectors"][0]["max_amperage"] == 32


def test_an_evse_is_changed_loses_a_connector_and_is_removed(ben: Client, scene: Scene) -> None:
    row = scene.kept_location
    page = f"/locations/{row.pk}/evse/?evse=ZP-1"
    more = {"connector1-connector_id": "2", "connector1-standard": "CHADEMO", "connector1-format": "CABLE"}
    more |= {"connector1-power_type": "DC", "connector1-max_voltage": "400", "connector1-max_amperage": "125"}
    assert ben.post(page, filled(ben.get(page), **more)).status_code == 302
    ben.post(page, filled(ben.get(page), **{"connector0-gone": "on", "evse-status": "REMOVED"}))
    (evse,) = Location.objects.get(pk=row.pk).data["evses"]
    assert (evse["status"], [one["id"] for one in evse["connectors"]]) == ("REMOVED", ["2"])
    assert evse["last_updated"] > row.data["last_updated"]


PRICES = {"always-ENERGY": "0.40", "always-FLAT": "0.5", "vat": "21", "times0-ENERGY": "0.25"}


def test_a_tariff_of_the_common_shape_is_typed_in_and_changed(ben: Client, scene: Scene) -> None:
    page = ben.get("/tariffs/add/")
    head = {"party": cast.party("NL*VPK", "CPO").pk, "id": "T-1", "currency": "eur", "tax_included": "NO"}
    missing = ben.post("/tariffs/add/", filled(page, **head, **PRICES))
    assert "Say when these prices hold" in errors(missing)
    assert "one price at least" in errors(ben.post("/tariffs/add/", filled(page, **head)))
    evening = {"times0-from_time": "19:00", "times0-until_time": "23:00", "times0-days": ["SATURDAY", "SUNDAY"]}
    ben.post("/tariffs/add/", filled(page, **head, **PRICES, **evening, min_price="1", valid_from="2027-01-01"))
    tariff = Tariff.objects.get(ocpi_id="T-1")
    assert json.loads(json.dumps(tariff.data["elements"], default=float)) == [
        {
            "price_components": [{"type": "ENERGY", "price": 0.25, "vat": 21, "step_size": 1}],
            "restrictions": {"start_time": "19:00", "end_time": "23:00", "day_of_week": ["SATURDAY", "SUNDAY"]},
        },
        {
            "price_components": [
                {"type": "ENERGY", "price": 0.4, "vat": 21, "step_size": 1},
                {"type": "FLAT", "price": 0.5, "vat": 21, "step_size": 1},
            ]
        },
    ]
    edit = f"/tariffs/{tariff.pk}/edit/"
    opened = ben.get(edit)
    assert (
        opened.context["form"].at_times[0]["ENERGY"].value()
        == tariff.data["elements"][0]["price_components"][0]["price"]
    )
    ben.post(edit, filled(opened))
    tariff.refresh_from_db()
    assert Edit.objects.filter(subject="T-1").count() == 1  # nothing was changed
    ben.post(edit, filled(opened, max_price="20"))
    tariff.refresh_from_db()
    assert (tariff.data["max_price"], tariff.data["min_price"]) == ({"before_taxes": 20}, {"before_taxes": 1})


def test_a_tariff_that_the_form_cannot_hold_is_changed_as_json(ben: Client, scene: Scene) -> None:
    row = scene.kept_tariff
    data = row.data
    data["elements"][0]["restrictions"]["min_kwh"] = 10
    at = cast.NOW.replace(hour=12)
    services.keep(kind=TARIFF, party=row.party, data=data, by=None, at=at, seen=data["last_updated"])
    assert ben.get(f"/tariffs/{row.pk}/edit/")["Location"] == f"/tariffs/{row.pk}/json/"


def test_a_tariff_is_deleted_behind_a_warning(ben: Client, scene: Scene) -> None:
    page = f"/tariffs/{scene.kept_tariff.pk}/delete/"
    assert b"Partners are told that it holds no more" in ben.get(page).content
    assert ben.post(page).status_code == 302
    assert Tariff.objects.get(pk=scene.kept_tariff.pk).deleted_at is not None
    again = ben.get(page, follow=True)
    assert "This tariff is deleted; add it again." in again.content.decode()  # there is nothing to delete any more


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_json_takes_everything_and_lists_every_violation_with_its_path(kind: Kind, ben: Client, scene: Scene) -> None:
    page = ben.get(f"/{kind.module}/write/")
    party = cast.party("NL*VPK", kind.role)
    value = json.loads(page.context["form"]["text"].value()) | {"x_note": "kept"}
    broken = {name: item for name, item in value.items() if name != kind.key} | {"last_updated": 5}
    flaw = {"token": "valid", "location": "time_zone", "tariff": "currency"}[kind.name]
    answer = ben.post(page.request["PATH_INFO"], {"party": party.pk, "text": json.dumps(broken | {flaw: 7})})
    assert f"$.{kind.key} is required." in errors(answer)
    assert f"$.{flaw} must be" in errors(answer)
    assert "The text is not JSON" in errors(ben.post(page.request["PATH_INFO"], {"party": party.pk, "text": "{"}))
    ben.post(page.request["PATH_INFO"], {"party": party.pk, "text": json.dumps(value)})
    row = kind.model._default_manager.get(party=party, ocpi_id=value[kind.key])
    assert row.data["x_note"] == "kept"
    edit = f"/{kind.module}/{row.pk}/json/"
    renamed = json.dumps(value | {kind.key: "RENAMED"})
    assert "never changes" in errors(ben.post(edit, {"text": renamed, "seen": row.data["last_updated"]}))


# Files


def upload(browser: Client, content: bytes, kind: Kind = TOKEN) -> Any:
    form = {"party": cast.party("NL*VPK", kind.role).pk, "file": SimpleUploadedFile("cards.csv", content)}
    return browser.post(f"/{kind.module}/import/", form)


def test_a_file_is_previewed_then_stored_without_its_errors(ben: Client, scene: Scene) -> None:
    page = f"/tokens/import/{scene.uploads['tokens'].pk}/"
    preview = ben.get(page)
    assert preview.context["plan"].counts == {"new": 0, "changed": 1, "unchanged": 0, "wrong": 1}
    html = preview.content.decode()
    assert "valid must be yes or no, not “perhaps”." in html
    assert "valid: <del>true</del> → <ins>false</ins>" in html
    seen = {"seen": preview.context["plan"].fingerprint}
    assert "1 token of the file cannot be stored" in errors(ben.post(page, seen))
    assert Token.objects.get(pk=scene.kept_token.pk).valid is True
    assert ben.post(page, seen | {"leave_out": "on"}).status_code == 302
    assert Token.objects.get(pk=scene.kept_token.pk).valid is False
    assert "stored already" in errors(ben.post(page, seen | {"leave_out": "on"}))
    assert b"from ours.csv" in ben.get(f"/tokens/{scene.kept_token.pk}/").content


def test_a_preview_that_is_not_true_any_more_is_shown_again(ben: Client, scene: Scene) -> None:
    page = f"/tokens/import/{scene.uploads['tokens'].pk}/"
    seen = {"seen": ben.get(page).context["plan"].fingerprint, "leave_out": "on"}
    token = scene.kept_token
    services.keep(
        kind=TOKEN,
        party=token.party,
        data=token.data | {"valid": False},
        by=None,
        at=cast.NOW.replace(hour=12),
        seen=token.data["last_updated"],
    )
    answer = ben.post(page, seen)
    assert (answer.status_code, Upload.objects.get(pk=scene.uploads["tokens"].pk).stored_at) == (409, None)
    assert "Something changed since you looked" in answer.content.decode()


def test_a_file_that_cannot_be_read_is_refused_on_the_form_and_not_kept(ben: Client, scene: Scene) -> None:
    before = Upload.objects.count()
    assert "columns that there are not: “colour”" in errors(upload(ben, b"uid,type,colour\n1,RFID,red\n"))
    assert "not UTF-8" in errors(upload(ben, b"\xff\xfe"))
    assert Upload.objects.count() == before
    assert upload(ben, b"id,currency\nX,EUR\n", TARIFF).status_code == 302


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_the_template_and_what_we_have_are_files_that_come_back(kind: Kind, ben: Client, scene: Scene) -> None:
    party = cast.party("NL*VPK", kind.role)
    ours = ben.get(f"/{kind.module}/export/{party.pk}.csv")
    assert ours["Content-Disposition"] == f'attachment; filename="{kind.module}-NL-VPK.csv"'
    back = ben.get(upload(ben, ours.content, kind)["Location"])
    assert back.context["plan"].counts == {"new": 0, "changed": 0, "unchanged": 1, "wrong": 0}
    assert b"There is nothing to store" in back.content
    template = ben.get(f"/{kind.module}/import/template.csv").content
    assert ben.get(upload(ben, template, kind)["Location"]).context["plan"].counts["new"] == 1
    theirs = scene.location.party if kind is LOCATION else scene.token.party
    assert ben.get(f"/{kind.module}/export/{theirs.pk}.csv").status_code == 404
