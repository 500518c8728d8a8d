"""The OpenAPI documents of our doors: every address is there, in each version, and no other."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, resolve
from django.utils.regex_helper import normalize

from partners.connections.models import Connection
from partners.people.models import Role
from roaming.ocpi import urls
from roaming.ocpi.openapi import document
from roaming.ocpi.schema.validation import STRUCTS
from roaming.ocpi.versions import OFFERED
from roaming.ocpi.views import UnknownAddress
from tests import cast

METHODS = ("get", "post", "put", "patch", "delete")
IDS = {"country_code": "NL", "party_id": "VLT", "key": "00000000-0000-4000-8000-000000000000"}
UNKNOWN = "There is no such address here"


def addresses(version: str) -> Iterator[str]:
    """The documented addresses as they could be called."""
    for path in document.of(version)["paths"]:
        yield "/ocpi" + re.sub(r"{(\w+)}", lambda found: IDS.get(found[1], "X1"), path)


def forms(pattern: URLPattern) -> Iterator[frozenset[str]]:
    """What an address of ours may name: one set of parameters for each way to write it."""
    for _, named in normalize(pattern.pattern.regex.pattern):
        yield frozenset(named)


def asked(method: str, address: str) -> Any:
    """The answer to the first of them to whom the address is offered."""
    for role in ("CPO", "EMSP", "HUB"):
        headers = {"Authorization": f"Token {cast.token(role)}"}
        answer = Client().generic(method.upper(), address, b"{}", content_type="application/json", headers=headers)
        if "is not offered to your platform" not in answer.content.decode():
            break
    return answer


@pytest.mark.parametrize("version", OFFERED)
def test_every_documented_address_has_a_door(version: str) -> None:
    found = {address: resolve(address).func.view_class for address in addresses(version)}  # type: ignore[attr-defined]
    assert [address for address, view in found.items() if view is UnknownAddress] == []


def test_every_door_is_documented() -> None:
    documented = set()
    for version in OFFERED:
        for address in addresses(version):
            match = resolve(address)
            # A path for each command stands for the one address with the command's name in it.
            documented.add((match.route.removeprefix("^ocpi(?:/|$)"), frozenset(match.kwargs)))
    doors = {
        (str(pattern.pattern), form)
        for pattern in urls.urlpatterns
        if pattern.callback.view_class is not UnknownAddress  # type: ignore[attr-defined]
        for form in forms(pattern)
    }
    assert doors - documented == set()


@pytest.mark.parametrize("version", OFFERED)
def test_an_address_has_the_documented_methods_and_no_other(db: None, version: str) -> None:
    """T22. What credentials answer depends on who is registered; that is tested where it belongs."""
    for role in ("CPO", "EMSP", "HUB"):
        cast.connection(role, f"{role} BE*{role[:3]}", version=version)
    wrong = []
    for item, address in zip(document.of(version)["paths"].values(), addresses(version), strict=True):
        for method in METHODS if "/credentials" not in address else ():
            answer = asked(method, address)
            if (answer.status_code == 405) is (method in item) or UNKNOWN in answer.content.decode():
                wrong.append((method, address, answer.content))
    assert wrong == []


@pytest.mark.parametrize("version", OFFERED)
def test_every_kind_of_object_is_described_and_every_reference_leads_somewhere(version: str) -> None:
    told = document.of(version)
    schemas = told["components"]["schemas"]
    assert {struct.__name__ for struct in STRUCTS[version].values()} <= set(schemas)
    for reference in set(re.findall(r'"#/components/([^"]+)"', json.dumps(told))):
        kind, name = reference.split("/")
        assert name in told["components"][kind]


def test_numbers_are_numbers_and_times_are_told_as_such() -> None:
    cdr = document.of("2.3.0")["components"]["schemas"]["Cdr"]["properties"]
    assert cdr["total_energy"]["type"] == "number"
    assert cdr["last_updated"]["format"] == "date-time"


def test_a_version_has_only_its_own_fields_and_modules() -> None:
    older, newer = document.of("2.2.1"), document.of("2.3.0")
    assert "parking_places" not in older["components"]["schemas"]["Location"]["properties"]
    assert "parking_places" in newer["components"]["schemas"]["Location"]["properties"]
    assert not [path for path in older["paths"] if "invoicereconciliation" in path]
    assert "patch" in document.of("2.1.1")["paths"]["/2.1.1/receiver/tariffs/{country_code}/{party_id}/{tariff_id}"]
    assert "patch" not in older["paths"]["/2.2.1/receiver/tariffs/{country_code}/{party_id}/{tariff_id}"]


def test_a_part_needs_its_time_from_2_2_on() -> None:
    assert document.of("2.2.1")["components"]["schemas"]["SessionPatch"]["required"] == ["last_updated"]
    assert document.of("2.1.1")["components"]["schemas"]["SessionPatch"]["required"] == []


@pytest.mark.parametrize("role", Role.values)
def test_whoever_is_signed_in_reads_the_documents(db: None, role: str) -> None:
    browser = Client()
    browser.force_login(cast.person("Ada", role))
    for version in OFFERED:
        page, told = browser.get(f"/ocpi/docs/{version}"), browser.get(f"/ocpi/docs/{version}.json")
        assert page.status_code == 200 and f"OCPI {version}" in page.content.decode()
        assert json.loads(told.content)["info"]["version"] == version
    for address in ("/ocpi/docs", "/ocpi/docs/"):
        assert f"<h1>OCPI {OFFERED[-1]}</h1>" in browser.get(address).content.decode()
    assert browser.get("/ocpi/docs/9.9.9").status_code == 404


@pytest.mark.parametrize("path", ["/ocpi/docs", "/ocpi/docs/2.2.1", "/ocpi/docs/2.2.1.json"])
def test_a_stranger_is_asked_to_sign_in(db: None, path: str) -> None:
    answer: Any = Client().get(path)
    assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={path}")


def test_a_partner_s_token_opens_no_page_and_the_doors_beside_it_stay_doors(volta: Connection) -> None:
    headers = {"Authorization": f"Token {cast.token('Volta')}"}
    assert Client().get("/ocpi/docs", headers=headers).status_code == 302
    assert Client().get("/ocpi/documents", headers=headers).json()["status_code"] == 2000
