"""What a simulated platform does wrong on demand, as its caller sees it, and what it writes down about it."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from roaming.simulator.faults import CATALOGUE, DEFAULT, SKEW, AnswerFault, AnswerFaults, NoSuchFault, shares
from roaming.simulator.platform import Platform
from roaming.simulator.wire import moment
from roaming.simulator.world import PartyCard, emsp_estate

NMD = PartyCard("DE", "NMD", "EMSP", "Nomad")
AT = datetime(2026, 5, 1, tzinfo=UTC)
HEADERS = {"Authorization": "Token dG9rZW4="}


class Nomad:
    """A platform with the portal's token agreed on, and the portal's side of the wire."""

    def __init__(self, platform: Platform, http: httpx2.Client) -> None:
        self.platform, self.http = platform, http

    def get(self, path: str) -> httpx2.Response:
        return self.http.get(f"{self.platform.base_url}{path}", headers=HEADERS)

    def post(self, cdr_id: str = "C-1") -> httpx2.Response:
        cdr = {"country_code": "NL", "party_id": "VLT", "id": cdr_id, "total_energy": 1}
        return self.http.post(f"{self.platform.base_url}/receiver/cdrs", headers=HEADERS, json=cdr)

    @property
    def books(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(self.platform.versions_url.replace("ocpi/versions", "books")).json()
        return found

    def conduct(self, **wanted: object) -> httpx2.Response:
        return self.http.put(self.platform.versions_url.replace("ocpi/versions", "conduct"), json=wanted)


@pytest.fixture
def nomad() -> Iterator[Callable[..., Nomad]]:
    with ExitStack() as stack:
        http = stack.enter_context(httpx2.Client(trust_env=False))

        def made(text: str, **how: Any) -> Nomad:
            faults = AnswerFaults(shares(text), **how)
            platform = Platform("Nomad", [NMD], clock=lambda: AT, faults=faults).start()
            stack.callback(platform.stop)
            platform.link.token_in = "token"
            platform.move_in(emsp_estate(NMD, count=3, seed=1, at=AT))
            return Nomad(platform, http)

        yield made


def test_without_faults_a_cdr_is_stored_once_however_often_it_comes(nomad: Callable[..., Nomad]) -> None:
    platform = nomad("")
    first, again = platform.post(), platform.post()
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["Location"] == again.headers["Location"]
    assert platform.http.get(first.headers["Location"], headers=HEADERS).json()["data"]["id"] == "C-1"
    books = platform.books
    assert (books["received"]["cdrs"], books["repeats"], books["cdrs"]) == (1, 1, {"NL/VLT/C-1": 2})
    assert books["injected"] == {}


@pytest.mark.parametrize(
    ("fault", "status", "retry_after"), [("http_500", 500, None), ("http_429", 429, "1"), ("html", 200, None)]
)
def test_some_answers_say_or_mean_that_nothing_was_done(
    nomad: Callable[..., Nomad], fault: str, status: int, retry_after: str | None
) -> None:
    platform = nomad(f"{fault}=1")
    answer = platform.post()
    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, retry_after)
    assert answer.headers["Content-Type"].startswith("text/html" if fault == "html" else "application/json")
    books = platform.books
    assert books["cdrs"] == {}
    assert books["injected"] == {fault: {"count": 1, "objects": ["POST cdrs C-1"]}}


def test_a_reset_connection_leaves_nothing_behind(nomad: Callable[..., Nomad]) -> None:
    platform = nomad("reset=1")
    with pytest.raises(httpx2.TransportError, match="reset"):
        platform.post()
    assert platform.books["cdrs"] == {}


def test_a_lost_answer_was_processed(nomad: Callable[..., Nomad]) -> None:
    platform = nomad("lost_answer=1")
    with pytest.raises(httpx2.RemoteProtocolError):
        platform.post()
    assert platform.books["cdrs"] == {"NL/VLT/C-1": 1}


def test_truncated_json_and_an_envelope_without_a_code_were_processed_too(nomad: Callable[..., Nomad]) -> None:
    cut, coded = nomad("truncated=1"), nomad("no_status_code=1")
    with pytest.raises(json.JSONDecodeError):
        cut.post().json()
    assert coded.post().json() == {"timestamp": "2026-05-01T00:00:00Z"}
    assert cut.books["cdrs"] == coded.books["cdrs"] == {"NL/VLT/C-1": 1}


def test_a_slow_answer_and_a_wrong_clock_are_good_answers_all_the_same(nomad: Callable[..., Nomad]) -> None:
    slow, skewed = nomad("slow=1", slow_seconds=0.05), nomad("clock_skew=1")
    answer = slow.post()
    assert (answer.status_code, answer.elapsed.total_seconds() > 0.05) == (201, True)
    answer = skewed.post()
    assert (answer.status_code, moment(answer.json()["timestamp"]) - AT) == (201, SKEW)


def test_a_list_may_come_one_object_a_page(nomad: Callable[..., Nomad]) -> None:
    platform = nomad("one_item_pages=1")
    answer = platform.get("/sender/tokens?limit=50")
    assert (len(answer.json()["data"]), answer.headers["X-Total-Count"]) == (1, "3")
    assert "limit=1" in answer.headers["Link"] and "offset=1" in answer.headers["Link"]


def test_only_a_cdr_that_came_before_already_exists(nomad: Callable[..., Nomad]) -> None:
    platform = nomad("already_exists=1")
    assert platform.post().json()["status_code"] == 1000
    again = platform.post().json()
    assert (again["status_code"], again["status_message"]) == (2001, "CDR C-1 already exists.")
    assert platform.books["injected"]["already_exists"]["count"] == 1


def test_the_same_seed_gives_the_same_cdr_the_same_faults_in_any_order(nomad: Callable[..., Nomad]) -> None:
    def injected(ids: list[str], seed: int) -> Any:
        platform = nomad("http_500=0.3,html=0.3", seed=seed)
        for cdr_id in ids:
            platform.post(cdr_id)
        return platform.books["injected"]

    ids = [f"C-{number}" for number in range(30)] * 2
    assert injected(ids, 7) == injected(ids[::-1], 7) != injected(ids, 8)


def test_a_tester_changes_the_conduct_while_it_runs(nomad: Callable[..., Nomad]) -> None:
    platform = nomad("http_500=1")
    assert platform.conduct(faults="", slow_seconds=0.5, down=True).status_code == 200
    assert platform.post().status_code == 503
    assert platform.conduct(down=False).json() == {"down": False, "faults": {}}
    assert platform.post().status_code == 201
    refused = platform.conduct(faults="http_600=1")
    assert (refused.status_code, "http_600 is no fault" in refused.json()["error"]) == (400, True)


def test_registration_and_questions_always_go_well(nomad: Callable[..., Nomad]) -> None:
    platform = nomad("http_500=1")
    assert platform.http.get(platform.platform.versions_url, headers=HEADERS).status_code == 200
    [uid, *_] = [token["uid"] for token in platform.platform.store.own("tokens") if token["type"] == "RFID"]
    asked = platform.http.post(f"{platform.platform.base_url}/sender/tokens/{uid}/authorize", headers=HEADERS)
    assert asked.status_code == 200
    assert platform.get("/sender/tokens").status_code == 500


def test_every_fault_is_described_and_in_the_default_mixture_unless_it_takes_long() -> None:
    assert set(CATALOGUE) == set(AnswerFault)
    assert set(AnswerFault) - set(DEFAULT) == {AnswerFault.SLOW}
    assert shares("default,http_500=0") == DEFAULT | {AnswerFault.HTTP_500: 0}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nothing=0.1", "nothing is no fault. There are: http_500, "),
        ("reset=often", "reset needs a share from 0 to 1, like reset=0.05"),
        ("reset", "reset needs a share from 0 to 1"),
        ("reset=0.7,html=0.5", "add up to more than 1"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(NoSuchFault, match=sentence):
        shares(text)
