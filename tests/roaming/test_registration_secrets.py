"""No token is ever kept in plain: not in the journal, not in what we remember of an attempt, not in a log (C12)."""

import base64
import logging
from typing import Any

import pytest
from django.db import connection as database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partners.connections import services
from partners.connections.models import Connection
from roaming.exchange import journal
from roaming.exchange.models import Exchange
from roaming.kernel import clock
from roaming.registration import leaving, rotation, starting
from roaming.registration.starting import CannotRegister
from tests import cast
from tests.roaming.handshake import CREDENTIALS, call, register
from tests.roaming.platform import Asked, Platform, Said

A, B, C = "the-token-A-of-theirs", "the-token-B-of-theirs", "the-token-C-of-theirs"


def kept() -> str:
    """Everything that the database holds, as text."""
    found = []
    with database.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT * FROM "{table}"')
            found.append(str(cursor.fetchall()))
    return " ".join(found)


def spellings(*tokens: str) -> list[str]:
    return [*tokens, *(base64.b64encode(token.encode()).decode() for token in tokens)]


def test_a_handshake_in_either_direction_leaves_no_token_behind(
    planned: services.Added, nomad_platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    """C12."""
    caplog.set_level(logging.DEBUG)
    first = register(planned, nomad_platform, B)
    second = call("PUT", CREDENTIALS, first, nomad_platform.credentials(B))[1]["data"]["token"]
    call("GET", CREDENTIALS, second)
    nomad = Connection.objects.get()
    again = services.new_registration_token(connection=nomad, at=cast.NOW)
    nomad_platform.token_c = C
    url = f"{nomad_platform.url}/versions"
    registered = starting.register(connection=nomad, versions_url=url, token_a=A, at=clock.now())
    rotation.rotate(connection=registered, at=clock.now())
    leaving.unregister(connection=Connection.objects.get(), at=clock.now())
    offered = [asked.body["token"] for asked in nomad_platform.asked if asked.method in ("POST", "PUT")]
    assert len(offered) == 2 and Exchange.objects.count() == 14
    everything = kept() + caplog.text
    assert "***" in everything
    for token in spellings(planned.token, A, B, C, first, second, again, *offered):
        assert token not in everything


def repeats(everywhere: str) -> Any:
    """A platform that repeats our tokens wherever it can, in the way told."""

    def answer(asked: Asked) -> Said | None:
        shown = [asked.spelled, A, base64.b64encode(A.encode()).decode()]
        if isinstance(asked.body, dict):
            shown.append(asked.body["token"])
        said = f"I got {', '.join(shown)}."
        if asked.method != "POST":
            return None
        match everywhere:
            case "message":
                return Said(status=2001, message=said)
            case "text":
                return Said(http=500, raw=said.encode())
            case "inside":
                return Said({"token": C, "again": {"token": C, "said": [said, C]}}, message=C)
            case _:
                return Said([{"token": C}, said], http=400, status=2000)

    return answer


@pytest.mark.parametrize("everywhere", ["message", "text", "inside", "list"])
def test_a_platform_that_repeats_tokens_does_not_bring_them_into_our_books(
    planned: services.Added, nomad_platform: Platform, everywhere: str, caplog: pytest.LogCaptureFixture
) -> None:
    """C12: nor into the sentence that the person reads."""
    caplog.set_level(logging.DEBUG)
    nomad_platform.answering = repeats(everywhere)
    url = f"{nomad_platform.url}/versions"
    with pytest.raises(CannotRegister) as refusal:
        starting.register(connection=planned.connection, versions_url=url, token_a=A, at=clock.now())
    offered = next(asked for asked in nomad_platform.asked if asked.method == "POST").body["token"]
    everything = kept() + caplog.text + str(refusal.value)
    for token in spellings(A, C, offered):
        assert token not in everything


def test_credentials_sent_to_a_wrong_address_are_masked_too(planned: services.Added) -> None:
    for path in ("/ocpi/2.2.1/credential", "/ocpi/2.2.1/Credentials", "/ocpi/versions", "/ocpi/9.9/credentials"):
        call("POST", path, planned.token, {"token": B, "url": "http://x.example"})
    assert Exchange.objects.count() == 4 and B not in kept()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(
    token=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=64),
    around=st.recursive(
        st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["data", "token", "x"]), inner, max_size=3)
        ),
        max_leaves=8,
    ),
)
def test_no_body_that_is_masked_says_its_token(token: str, around: Any) -> None:
    """However deep it stands."""
    from roaming.ocpi.schema import wire

    text = wire.encode_text({"data": [{"credentials": {"token": token, "around": around}}], "said": f"it is {token}"})
    assert token not in journal.masked(text).replace("***", "\0")
