"""Schemathesis against our own doors: no answer is a 5xx, and every one is what the OpenAPI documents promise.

Requests come from the documents, right ones and broken ones, with a registered platform's token. Most right ones are
turned into objects of that platform, so that they get past the question whose they are. The seed is fixed, and each
request finds the same data: what it did is rolled back.
"""

import warnings
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from time import monotonic
from typing import Any
from zlib import crc32

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
from tests.roaming.calls import Caller

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what it imports
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi import checks

pytestmark = pytest.mark.filterwarnings("ignore")  # theirs; ours are errors everywhere else

SECONDS = 25.0  # for each version; what a slow machine does not come to is left out
EXAMPLES = 5  # right requests to each operation, and as many broken ones
PROMISES = (
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
)
HEADERS = {"Accept-Encoding": "identity"}  # the fuzzer's own client unpacks nothing
OURS = {"country_code": "NL", "party_id": "VLT", "location_id": "LOC1", "evse_uid": "1", "tariff_id": "AC22"}
# The name of an object's id in its body.
BODY_IDS = {"location_id": "id", "evse_uid": "uid", "connector_id": "id", "token_uid": "uid"}


@pytest.fixture
def volta_at_home(
    volta: Connection, nomad: Connection, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> Iterator[None]:
    """Volta with objects of its own, where no name is known: platforms that a request names are not called."""
    settings.ALLOWED_HOSTS = ["*"]
    ours = Caller("Volta")
    ours.put("/receiver/tariffs/NL/VLT/AC22", wire.load("tariff_ac22"))
    ours.put("/receiver/locations/NL/VLT/LOC1", {**wire.load("location_dijkhuis"), "id": "LOC1"})
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
def test_no_request_breaks_a_door_or_is_answered_as_no_document_says(volta_at_home: None, version: str) -> None:
    """T22, T30, and section 8."""
    # Who calls without a token is tested elsewhere; here half the requests would go there.
    schema = schemathesis.openapi.from_dict({**document.of(version), "security": []})
    operations: list[Any] = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]
    ends, application, tried = monotonic() + SECONDS, WSGIHandler(), 0
    for operation in sorted(operations, key=lambda operation: crc32(operation.label.encode())):
        if monotonic() > ends:
            break
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            with suppress(Unsatisfiable) if mode is GenerationMode.NEGATIVE else nullcontext():
                _fuzz(operation, mode, application)  # some have nothing that could be broken
        tried += 1
    assert tried, "not even one operation was tried"


def _fuzz(operation: Any, mode: GenerationMode, application: WSGIHandler) -> None:
    """A few requests of one kind, each to the same data."""

    @seed(1)
    @how(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def one(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            _make_ours(case)
        with transaction.atomic():
            response = case.call(headers=HEADERS | {"Authorization": f"Token {cast.token('Volta')}"}, app=application)
            transaction.set_rollback(True)
        case.validate_response(response, checks=list(PROMISES))

    one()


def _make_ours(case: Any) -> None:
    """Turn the request into one about an object of Volta, where it addresses or holds one."""
    named = case.path_parameters or {}
    owner = {**OURS, "party_id": "VGO" if "tokens" in case.path else "VLT"}
    named.update({name: value for name, value in owner.items() if name in named})
    if not isinstance(case.body, dict):
        return
    case.body.update({name: value for name, value in owner.items() if name in case.body})
    for name in list(named)[-1:]:
        if BODY_IDS.get(name, "id") in case.body:
            case.body[BODY_IDS.get(name, "id")] = named[name]
