"""Schemathesis against our own doors: no answer is a 5xx, and every one is what the OpenAPI documents promise.

Requests come from the documents, right ones and broken ones, with the token of a platform to which the door opens. Most
right ones are turned into objects of that platform, so that they get past the question whose they are. Round by round
every operation has its turn, once at least; a slow machine makes fewer rounds. Each request finds the same data: what
it did is rolled back. The requests of a round are always the same; FUZZ_SEED repeats an order.
"""

import os
import warnings
from collections.abc import Iterator
from contextlib import suppress
from random import Random, SystemRandom
from time import monotonic
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as how
from hypothesis.errors import Unsatisfiable
from pytest_django import Settings

from partners.connections.models import Connection
from roaming.ocpi.openapi import document
from roaming.ocpi.versions import OFFERED
from tests import cast, wire
from tests.roaming.bad_input import SESSION, assemble, caller, key
from tests.roaming.calls import Caller

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what it imports
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi import checks

pytestmark = pytest.mark.filterwarnings("ignore")  # theirs; ours are errors everywhere else

SECONDS = 7.0  # for each version, and no less than one round
ROUNDS = 5  # right requests to each operation, and as many broken ones, when there is time
SEED = int(os.environ.get("FUZZ_SEED") or SystemRandom().randrange(10**6))  # of the order within a round
PROMISES = (
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
)
HEADERS = {"Accept-Encoding": "identity"}  # the fuzzer's own client unpacks nothing
IDS = {
    "location_id": "ZUIDPLEIN",
    "evse_uid": "ZP-1",
    "connector_id": "1",
    "session_id": SESSION,
    "tariff_id": "AC22",
    "response_url": "http://nomad.invalid/results",
}
# The name of an object's id in its body.
BODY_IDS = {"location_id": "id", "evse_uid": "uid", "connector_id": "id", "token_uid": "uid"}


@pytest.fixture
def everybody_at_home(nomad: Connection, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[None]:
    """The cast with objects of its own, where no name is known: platforms that a request names are not called."""
    settings.ALLOWED_HOSTS = ["*"]
    assemble(nomad)
    Caller("Volta").put("/receiver/tariffs/NL/VLT/AC22", wire.load("tariff_ac22"))
    monkeypatch.setattr("socket.getaddrinfo", _unknown)
    # As Django's own test client has it: a request leaves the connection to the database, and its transaction, alone.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def _unknown(*_: Any, **__: Any) -> Any:
    raise OSError("there is no network in this test")


@pytest.mark.parametrize("version", OFFERED)
def test_no_request_breaks_a_door_or_is_answered_as_no_document_says(everybody_at_home: None, version: str) -> None:
    """T22, T30, and section 8."""
    # Who calls without a token is tested elsewhere; here half the requests would go there.
    schema = schemathesis.openapi.from_dict({**document.of(version), "security": []})
    operations: list[Any] = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]
    print(f"FUZZ_SEED={SEED} repeats this order")
    Random(SEED).shuffle(operations)
    turns = [(number, operation) for number in range(ROUNDS) for operation in operations]
    ends, application = monotonic() + SECONDS, WSGIHandler()
    for number, operation in turns:
        if number and monotonic() > ends:
            break
        _fuzz(operation, number, application)


def _fuzz(operation: Any, number: int, application: WSGIHandler) -> None:
    """A right and a broken request; some have nothing that could be broken."""
    _request(operation, GenerationMode.POSITIVE, number, application)
    with suppress(Unsatisfiable):
        _request(operation, GenerationMode.NEGATIVE, number, application)


def _request(operation: Any, mode: GenerationMode, number: int, application: WSGIHandler) -> None:
    address = operation.path.removeprefix("/").partition("/")[2]  # below the version
    who = caller(operation.method.upper(), address)
    headers = HEADERS | {"Authorization": f"Token {cast.token(who[0])}"}

    @seed(number)
    @how(
        max_examples=1,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def one(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            _make_theirs(case, who, address)
        with transaction.atomic():
            response = case.call(headers=headers, app=application)
            transaction.set_rollback(True)
        case.validate_response(response, checks=list(PROMISES))

    one()


def _make_theirs(case: Any, who: tuple[str, str, str], address: str) -> None:
    """Turn the request into one about an object of the caller, where it addresses or holds one."""
    named = case.path_parameters or {}
    ids = IDS | {"country_code": who[1], "party_id": who[2]}
    if "key" in named:
        ids["key"] = key(address)
    for part in (named, case.query, case.body, case.body.get("token") if isinstance(case.body, dict) else None):
        if isinstance(part, dict):
            part.update({name: value for name, value in ids.items() if name in part})
    if not isinstance(case.body, dict):
        return
    for name in list(named)[-1:]:
        if BODY_IDS.get(name, "id") in case.body:
            case.body[BODY_IDS.get(name, "id")] = named[name]
