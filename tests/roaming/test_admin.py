"""Stored objects in Django's admin: readable, never editable, whole."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from partners.connections.models import Connection
from tests import cast, wire
from tests.roaming.calls import Caller

OBJECTS = ["cdr", "location", "session", "tariff", "token"]


@pytest.fixture
def ada(nomad: Connection) -> Client:
    """Finance, signed in; one object of each kind is stored, and one finding."""
    ours = Caller("Volta")
    ours.put("/receiver/locations/NL/VLT/ZUIDPLEIN", wire.load("location_zuidplein"))
    ours.put("/receiver/tariffs/NL/VLT/AC22", wire.load("tariff_ac22"))
    ours.put("/receiver/sessions/NL/VLT/S-2026-10-14-0001", wire.load("session_running"))
    ours.post("/receiver/cdrs", wire.load("cdr_ac22"))
    ours.post("/receiver/cdrs", {**wire.load("cdr_ac22"), "remark": "<b>other</b>"})
    Caller("Nomad").put("/receiver/tokens/DE/NMD/04A2B3C4D5E680", wire.load("token_nomad"))
    client = Client()
    client.force_login(cast.person("Ada", "finance"))
    return client


@pytest.mark.parametrize("name", [*OBJECTS, "finding", "authorization", "offlinecount"])
def test_a_list_opens_searches_and_does_not_add(ada: Client, name: str) -> None:
    url = f"/admin/roaming/{name}/"
    assert ada.get(url).status_code == 200
    assert ada.get(url, {"q": "zuid"}).status_code == 200
    assert ada.get(f"{url}add/").status_code == 403


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_shown_whole_and_not_changed(ada: Client, name: str) -> None:
    from django.apps import apps

    row = apps.get_model("roaming", name)._default_manager.get()
    url = f"/admin/roaming/{name}/{row.pk}/change/"
    page = ada.get(url)
    assert page.status_code == 200
    assert "last_updated" in page.content.decode()
    assert ada.post(url, {"ocpi_id": "X"}).status_code == 403
    assert ada.post(f"/admin/roaming/{name}/{row.pk}/delete/").status_code == 403


def test_a_list_asks_the_database_as_often_for_many_as_for_one(
    ada: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        Caller("Volta").post("/receiver/cdrs", {**wire.load("cdr_ac22"), "id": f"C-{number}"})
    with django_assert_max_num_queries(14):
        assert "C-19" in ada.get("/admin/roaming/cdr/").content.decode()


def test_prices_are_not_for_operators(ada: Client) -> None:
    client = Client()
    client.force_login(cast.person("Otto", "operator"))
    assert client.get("/admin/roaming/tariff/").status_code == 302
