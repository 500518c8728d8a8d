"""Partners tried against the specification, over real HTTP: one that does all of it, and one for each thing undone."""

from dataclasses import dataclass
from typing import Any

import pytest

from roaming.conformance import wording
from roaming.conformance.catalogue import CHECKS, CREDENTIALS, DETAILS, PLATFORM, VERSIONS
from roaming.conformance.models import Outcome, RunState
from tests import cast
from tests.roaming.bends import (
    TARIFFS,
    always_a_link,
    an_hour_late,
    at,
    bad,
    checked,
    endpoints,
    everywhere,
    exclusive,
    header,
    html_for_404,
    link,
    number,
    overlapping,
    refused,
    result_of,
    shuffled,
    tariffs_of,
    with_all,
    with_wrong_token,
)
from tests.roaming.conforming import Bend, conforming, registered

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
@pytest.mark.parametrize("roles", [["CPO NL*PLD"], ["EMSP NL*PLD"]])
def test_a_platform_that_does_all_of_it_passes_everything(version: str, roles: list[str]) -> None:
    cast.volta()
    with conforming(version, *roles) as theirs:
        connection = registered(theirs)
        run = checked(connection)
    assert bad(run) == []
    assert run.state == RunState.FINISHED and not run.results.filter(outcome=Outcome.SKIPPED).exists()
    assert {name: value for name, value in run.learnt.items() if value} == {}
    assert run.calls == len(theirs.asked)


@dataclass(frozen=True)
class Case:
    code: str
    module: str
    bend: Bend
    outcome: str = Outcome.FAILED
    requirement: str = ""


CASES = [
    Case("wrong_token", PLATFORM, with_wrong_token, requirement="T4"),
    Case("unknown_path", PLATFORM, html_for_404, requirement="T22"),
    Case("clock", PLATFORM, everywhere(an_hour_late), Outcome.WARNING, "T82"),
    Case("versions_valid", VERSIONS, at("/versions", lambda told: told.data.append({"version": 7})), requirement="V1"),
    Case("version_offered", VERSIONS, at("/versions", lambda told: told.data.pop()), requirement="V5"),
    Case(
        "addresses",
        DETAILS,
        endpoints(lambda them: them[1].update(url="http://elsewhere.example/tariffs")),
        requirement="C3",
    ),
    Case("details_valid", DETAILS, endpoints(lambda them: them[1].update(role="BOTH")), requirement="V2"),
    Case("details_version", DETAILS, at("/2.2.1", lambda told: told.data.update(version="2.0")), requirement="V1"),
    Case("credentials_listed", DETAILS, endpoints(lambda them: them.pop(0)), requirement="V3"),
    Case("endpoints_once", DETAILS, endpoints(lambda them: them.append(them[1])), requirement="V2"),
    Case("endpoints_absolute", DETAILS, endpoints(lambda them: them[2].update(url="/there")), requirement="V2"),
    Case("endpoints_known", DETAILS, endpoints(lambda them: them.pop()), Outcome.WARNING, "C3"),
    Case("credentials_valid", CREDENTIALS, at("/credentials", lambda told: told.data.pop("url")), requirement="C8"),
    Case("credentials_token", CREDENTIALS, at("/credentials", lambda told: told.data.update(token="other"))),
    Case(
        "credentials_parties",
        CREDENTIALS,
        at("/credentials", lambda told: told.data["roles"][0].update(party_id="XXX")),
        Outcome.WARNING,
    ),
    Case("success", "tariffs", refused(2001, lambda asked: asked.path.startswith(TARIFFS)), requirement="T31"),
    Case("content_type", "tariffs", at(TARIFFS, header("Content-Type", "text/html")), requirement="T10"),
    Case("envelope", "tariffs", at(TARIFFS, lambda told: told.members.update(timestamp=None)), requirement="T20"),
    Case("data_shape", DETAILS, at("/2.2.1", lambda told: setattr(told, "data", [told.data])), requirement="T21"),
    Case(
        "timestamp_utc",
        "tariffs",
        at(TARIFFS, lambda told: setattr(told, "timestamp", "2026-11-20T10:42:00+01:00")),
        requirement="T82",
    ),
    Case("request_id", "tariffs", at(TARIFFS, header("x-request-id", None)), requirement="T11"),
    Case("correlation_id", "tariffs", at(TARIFFS, header("x-correlation-id", "other")), requirement="T11"),
    Case("no_routing", VERSIONS, at("/versions", header("OCPI-from-party-id", "PLD")), requirement="T101"),
    Case("routing", "tariffs", at(TARIFFS, header("ocpi-from-party-id", "XXX")), requirement="T100"),
    Case("total_count", "tariffs", at(TARIFFS, header("X-Total-Count", None)), requirement="T42"),
    Case("x_limit", "tariffs", at(TARIFFS, header("X-Limit", "many")), requirement="T42"),
    Case("limit", "tariffs", at(TARIFFS, lambda told: setattr(told, "data", told.data * 9)), requirement="T40"),
    Case("limit_cap", "tariffs", refused(2001, lambda asked: number(asked, "limit") > 100), requirement="T44"),
    Case("link", "tariffs", link(lambda given: None), requirement="T42"),
    Case("link_absolute", "tariffs", link(lambda given: f"<{TARIFFS}?{given.partition('?')[2]}"), requirement="T43"),
    Case("link_host", "tariffs", link(lambda given: '<http://elsewhere.example/?offset=3>; rel="next"')),
    Case("link_filters", "tariffs", link(lambda given: given.replace("offset=", "skip=")), requirement="T43"),
    Case("next_page", "tariffs", link(lambda given: given.replace("/tariffs", "/nowhere")), requirement="T43"),
    Case("list_ends", "tariffs", always_a_link, requirement="T42"),
    Case("no_repeats", "tariffs", overlapping, requirement="T46"),
    Case("order", "tariffs", shuffled, Outcome.WARNING, "T46"),
    Case("past_end", "tariffs", refused(2001, lambda asked: number(asked, "offset") > 100), requirement="T45"),
    Case("date_from", "tariffs", exclusive, requirement="T41"),
    Case("date_to", "tariffs", with_all(lambda asked: "date_to" in asked.query), requirement="T41"),
    Case("future", "tariffs", with_all(lambda asked: asked.query.get("date_from", "") > "2030"), requirement="T45"),
    Case("filtered_count", "tariffs", with_all(lambda asked: "date_from" in asked.query, count=True)),
    Case("schema", "tariffs", tariffs_of(lambda one: one.update(currency="euro")), requirement="Appendix A"),
    Case("unique_ids", "tariffs", tariffs_of(lambda one: one.update(id="T1")), requirement="T73"),
    Case("owner", "tariffs", tariffs_of(lambda one: one.update(party_id="VLT")), Outcome.WARNING, "T74"),
    Case(
        "object_times",
        "tariffs",
        tariffs_of(lambda one: one.update(last_updated=one["last_updated"].replace("Z", "+00:00"))),
        requirement="T82",
    ),
    Case(
        "not_in_future", "tariffs", tariffs_of(lambda one: one.update(last_updated="2040-01-01T00:00:00Z")), "warning"
    ),
    Case("slash", "tariffs", refused(2000, lambda asked: asked.path == f"{TARIFFS}/"), Outcome.WARNING, "T50"),
    Case("single", "locations", at("/sender/locations/L0", lambda told: setattr(told, "data", [told.data]))),
    Case("unknown_object", "locations", html_for_404, requirement="T22"),
]


def test_there_is_a_case_for_every_check() -> None:
    assert {case.code for case in CASES} == set(CHECKS) - {"tls", "token_form"}  # which have tests of their own


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_each_thing_undone_is_found_where_it_belongs(case: Case) -> None:
    cast.volta()
    with conforming("2.2.1") as theirs:
        theirs.bend = case.bend
        run = checked(registered(theirs), case.module if case.module in theirs.lists else "tariffs")
    result = run.results.get(module=case.module, code=case.code)
    assert (result.outcome, result.section[:11]) == (case.outcome, "OCPI 2.2.1,"), bad(run)
    assert case.requirement in ("", result.requirement)
    assert (result.sentence and result.exchange is not None) or case.code == "clock"
    assert {asked.method for asked in theirs.asked} == {"GET"}


def test_the_evidence_can_be_handed_to_their_engineers() -> None:
    cast.volta()
    with conforming() as theirs:
        theirs.bend = tariffs_of(lambda one: one.update(currency="euro"))
        run = checked(registered(theirs), "tariffs")
        asked = next(asked for asked in theirs.asked if asked.query.get("limit") == "3")
    result = result_of(run, "tariffs", "schema")
    assert result.section == "OCPI 2.2.1, Tariffs module: Tariff object"
    assert result.url == f"{theirs.url}{TARIFFS}?limit=3" and result.http_status == 200
    assert result.request_id == asked.headers["x-request-id"]
    assert result.exchange is not None and result.exchange.request_id == result.request_id
    assert "T0: $.currency must be a currency of three capital letters" in result.actual
    text = wording.as_text(run)
    for told in (result.sentence, result.url, result.request_id, result.section, "T0: $.currency"):
        assert told in text
    assert text.index("Failed") < text.index("Passed")


def test_nothing_is_ever_sent_to_an_address_that_is_not_theirs() -> None:
    """Neither by versions, nor by endpoints of another host, nor by a link."""
    cast.volta()
    with conforming() as theirs, conforming() as stranger:
        connection = registered(theirs)
        for bend in (
            at("/versions", lambda told: told.data[1].update(url=f"{stranger.url}/2.2.1")),
            endpoints(lambda them: them[0].update(url=f"{stranger.url}/credentials")),
            endpoints(lambda them: them[1].update(url=f"{stranger.url}{TARIFFS}")),
            endpoints(lambda them: [one.update(url=one["url"].replace(theirs.url, stranger.url)) for one in them]),
            link(lambda given: given.replace(theirs.url, stranger.url)),
            link(lambda given: given.replace("127.0.0.1", "localhost")),
        ):
            theirs.bend = bend
            run = checked(connection, "tariffs")
            assert (bad(run) and "nothing was sent there" in str(bad(run))) or "it was not read" in str(bad(run))
        assert stranger.asked == []


def test_plain_http_on_the_internet_is_a_fault() -> None:
    """T108."""
    with conforming() as theirs:
        connection = registered(theirs)
    connection.versions_url, connection.endpoints = "http://platform.invalid/versions", []
    connection.endpoints = [{"identifier": "tariffs", "role": "SENDER", "url": "http://platform.invalid/tariffs"}]
    connection.save()
    run = checked(connection)
    assert result_of(run, PLATFORM, "tls").outcome == Outcome.FAILED
    assert (run.state, "do not answer" in run.reason) == (RunState.STOPPED, True)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b'{"status_code": "1000"}',
        b'{"status_code": 1e400}',
        b"\xff\xfe",
        b"[" * 20_000,
        b'{"a":NaN}',
    ],
)
def test_garbage_is_a_failed_check_and_never_a_crash(raw: bytes) -> None:
    with conforming() as theirs:
        connection = registered(theirs)
        for where in ("/versions", "/2.2.1", TARIFFS):
            theirs.bend = at(where, lambda told: setattr(told, "raw", raw))
            run = checked(connection, "tariffs")
            assert bad(run) and run.state == RunState.FINISHED


@pytest.mark.parametrize("data", [[None, 7, "x", [], {}], [{"id": None}, {"id": []}], {"versions": []}, [[]], "text"])
def test_odd_objects_are_a_failed_check_and_never_a_crash(data: Any) -> None:
    with conforming() as theirs:
        connection = registered(theirs)
        for where in ("/versions", "/2.2.1", "/credentials", TARIFFS, "/sender/locations"):
            theirs.bend = at(where, lambda told: setattr(told, "data", data))
            run = checked(connection, "tariffs", "locations")
            assert bad(run) and run.state == RunState.FINISHED
