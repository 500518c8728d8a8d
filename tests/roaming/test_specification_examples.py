"""The specification's own example objects over our API: put or posted, and read back field for field.

They are read from the folder that OCPI_EXAMPLES names; none are kept here.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from partners.parties.models import Party
from roaming.ocpi.schema import wire
from tests import cast
from tests.roaming.calls import Caller, Reply

FOLDER = os.environ.get("OCPI_EXAMPLES")
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not FOLDER, reason="the specification's examples are not given: OCPI_EXAMPLES"),
]

# Whole objects by the beginning of their file names, with the module and the role of their owner.
MODULES = {
    "location_example": ("locations", "CPO", "id"),
    "tariff_": ("tariffs", "CPO", "id"),
    "tariffrestriction_": ("tariffs", "CPO", "id"),
    "token_example": ("tokens", "EMSP", "uid"),
    "token_put": ("tokens", "EMSP", "uid"),
    "session_example": ("sessions", "CPO", "id"),
}
# Broken in the specification itself: refused with exactly these words.
BROKEN = {"tariff_put_example": "$.last_updated is required"}


def example(name: str) -> Any:
    return wire.decode((Path(FOLDER or ".") / "2.2.1" / f"{name}.json").read_bytes())


def names(*beginnings: str) -> list[str]:
    found = sorted((Path(FOLDER or "nowhere") / "2.2.1").glob("*.json"))
    return [path.stem for path in found if path.stem.startswith(beginnings) and path.stem not in BROKEN]


def owner_of(value: dict[str, Any], role: str) -> Caller:
    """A connection that hosts the party which the object names."""
    code = f"{value['country_code']}*{value['party_id']}"
    if not Party.objects.filter(country_code=value["country_code"], party_id=value["party_id"], role=role).exists():
        cast.connection(f"Owner {code}", f"{role} {code}")
    return Caller(f"Owner {code}")


def address(name: str, value: dict[str, Any]) -> tuple[Caller, str]:
    """Who puts an example, and where."""
    module, role, key = next(entry for beginning, entry in MODULES.items() if name.startswith(beginning))
    query = f"?type={value['type']}" if module == "tokens" else ""
    url = f"/receiver/{module}/{value['country_code']}/{value['party_id']}/{value[key]}{query}"
    return owner_of(value, role), url


# Before every PATCH example: some of them are older than the objects they are examples for.
LONG_AGO = "2015-01-01T00:00:00Z"


def put(name: str, **changes: Any) -> tuple[Caller, str, Any]:
    """An example put where it belongs: its owner, its URL, itself."""
    value = example(name) | changes
    owner, url = address(name, value)
    assert owner.put(url, value).http == 201
    return owner, url, value


def refused(reply: Reply) -> str:
    assert (reply.http, reply.status) == (200, 2001)
    return reply.message


def test_the_examples_are_there() -> None:
    assert len(names(*MODULES)) > 25


@pytest.mark.parametrize("name", names(*MODULES))
def test_an_example_is_put_and_read_back_field_for_field(name: str) -> None:
    owner, url, value = put(name)
    assert owner.get(url).data == value
    assert owner.put(url, value).http == 200
    assert owner.get(url).data == value


def test_the_cdr_example_is_posted_and_read_back_at_its_location() -> None:
    value = example("cdr_example")
    owner = owner_of(value, "CPO")
    first, again = owner.post("/receiver/cdrs", value), owner.post("/receiver/cdrs", value)
    assert (first.http, again.http, first.status, again.status) == (201, 200, 1000, 1000)
    assert owner.follow(again.headers["Location"]).data == value


def test_the_tokens_of_the_list_examples_are_put_and_read_back() -> None:
    tokens = [example("transport_and_format_get_token_example")["data"]]
    for value in [*tokens, *example("transport_and_format_get_token_list_example")["data"]]:
        owner, url = address("token_put", value)
        assert owner.put(url, value).http == 201
        assert owner.get(url).data == value


@pytest.mark.parametrize("name", BROKEN)
def test_an_example_that_breaks_the_tables_is_refused_with_the_violation(name: str) -> None:
    value = example(name)
    owner, url = address(name, value)
    assert refused(owner.put(url, value)) == BROKEN[name]
    assert owner.get(url).http == 404


def test_the_evse_example_is_refused_with_every_violation_and_the_location_stays() -> None:
    owner, url, value = put("location_example")
    message = refused(owner.put(f"{url}/3256", example("location_put_example_add_evse")))
    assert message.startswith("$.connectors[0].power_type is required; ")
    assert message.endswith("and 2 more")
    assert owner.get(url).data == value


@pytest.mark.parametrize("name", names("location_energymix", "location_hours", "location_regularhours"))
def test_a_part_of_a_location_is_read_back_inside_one(name: str) -> None:
    part = example(name)
    whole = {**example("location_example"), **({"opening_times": part} if "twentyfourseven" in part else part)}
    owner, url = address("location_example", whole)
    assert owner.put(url, whole).http == 201
    assert owner.get(url).data == whole


@pytest.mark.parametrize(
    ("base", "name", "tail"),
    [
        ("location_example", "location_patch_example_location", ""),
        ("location_example", "location_patch_example_status", "/3256"),
        ("location_example", "location_patch_example_remove_evse", "/3256"),
        ("location_example", "location_patch_example_tariff", "/3256/2"),
        ("token_put_example", "token_patch_example", ""),
        ("session_example_1_simple_start", "session_patch_example_total_cost", ""),
        ("session_example_2_short_finished", "session_patch_example_total_cost", ""),
    ],
)
def test_a_patch_example_changes_its_base_and_nothing_else(base: str, name: str, tail: str) -> None:
    owner, url, _ = put(base, last_updated=LONG_AGO)
    before, patch = owner.get(url + tail).data, example(name)
    assert owner.patch(url + tail, patch).status == 1000
    assert owner.get(url + tail).data == {**before, **patch}
    assert owner.get(url).data["last_updated"] == patch["last_updated"]


@pytest.mark.parametrize("base", ["session_example_1_simple_start", "session_example_2_short_finished"])
def test_the_period_of_the_patch_example_is_appended(base: str) -> None:
    owner, url, before = put(base, last_updated=LONG_AGO)
    patch = example("session_patch_example_charging_period")
    assert owner.patch(url, patch).status == 1000
    periods = [*before.get("charging_periods", []), *patch["charging_periods"]]
    assert owner.get(url).data == {**before, **patch, "charging_periods": periods}
