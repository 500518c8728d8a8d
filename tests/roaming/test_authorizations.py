"""Every question whether a driver may charge: who decides it, within which time and limits, and the row that tells."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from partners.agreements.models import Agreement, OfflineRule
from partners.connections.models import Connection
from partners.parties.models import Party
from roaming.exchange import asking
from roaming.kernel import clock
from roaming.tokens import attempts, issuers, tasks
from roaming.tokens.models import Authorization, OfflineCount, Outcome, Token
from tests import cast, wire
from tests.roaming.calls import Caller
from tests.roaming.platform import Platform, Said, platform
from tests.unit.test_http import trickle

URL = "/receiver/tokens/DE/NMD/04A2B3C4D5E680"
ASK = "/sender/tokens/04A2B3C4D5E680/authorize"
HERE = {"location_id": "ZUIDPLEIN", "evse_uids": ["ZP-1"]}


@pytest.fixture
def card() -> dict[str, Any]:
    return wire.load("token_nomad")


@pytest.fixture
def theirs(volta: Connection, card: dict[str, Any]) -> Iterator[Platform]:
    """Nomad's platform, up, with an agreement; its card is known here."""
    with platform("EMSP DE*NMD") as running:
        cast.nomad(url=running.url)
        cast.agreement("NL*VLT", "DE*NMD")
        assert Caller("Nomad").put(URL, card).http == 201
        yield running


def saying(said: Said) -> Any:
    return lambda _: said


def last() -> Authorization:
    return Authorization.objects.order_by("-id")[0]


def told(row: Authorization) -> tuple[str, str]:
    return row.outcome, row.source


# Who decides.

SAYS_YES, SAYS_NO, IS_SILENT = "says yes", "says no", "is silent"
EMSP_DECIDES = {SAYS_YES: ("allowed", "emsp"), SAYS_NO: ("not_allowed", "emsp")}
NOBODY_IS_ASKED = dict.fromkeys((SAYS_YES, SAYS_NO, IS_SILENT), ("allowed", "whitelist"))
TABLE: dict[tuple[str, str], dict[str, tuple[str, str]]] = {
    ("ALWAYS", "allow"): NOBODY_IS_ASKED,
    ("ALWAYS", "refuse"): NOBODY_IS_ASKED,
    ("ALLOWED", "allow"): {**EMSP_DECIDES, IS_SILENT: ("allowed", "whitelist")},
    ("ALLOWED", "refuse"): {**EMSP_DECIDES, IS_SILENT: ("allowed", "whitelist")},
    ("ALLOWED_OFFLINE", "allow"): {**EMSP_DECIDES, IS_SILENT: ("allowed", "offline")},
    ("ALLOWED_OFFLINE", "refuse"): {**EMSP_DECIDES, IS_SILENT: ("not_allowed", "offline")},
    ("NEVER", "allow"): {**EMSP_DECIDES, IS_SILENT: ("not_allowed", "whitelist")},
    ("NEVER", "refuse"): {**EMSP_DECIDES, IS_SILENT: ("not_allowed", "whitelist")},
}


def test_whitelist_emsp_and_agreement_decide_by_the_table(theirs: Platform, card: dict[str, Any]) -> None:
    """K5, with what the agreement chose for an eMSP that does not answer."""
    behaves = {
        SAYS_YES: Said({"allowed": "ALLOWED", "token": card}),
        SAYS_NO: Said(status=2001, message="not here"),
        IS_SILENT: Said(hangs_up=True),
    }
    found: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
    asked: dict[tuple[str, str], int] = {}
    for whitelist, rule in TABLE:
        Agreement.objects.update(offline_rule=rule)
        Token.objects.update(whitelist=whitelist)
        found[whitelist, rule] = {}
        for behaviour, said in behaves.items():
            theirs.asked.clear()
            theirs.answering = saying(said)
            allowed = Caller("Volta").post(ASK).data["allowed"].lower()
            found[whitelist, rule][behaviour] = allowed, last().source
            asked[whitelist, behaviour] = len(theirs.asked)
            assert (last().outcome, last().unanswered) == (
                allowed,
                behaviour == IS_SILENT and whitelist != "ALWAYS",
            )
    assert found == TABLE
    assert asked == {(whitelist, behaviour): int(whitelist != "ALWAYS") for whitelist, behaviour in asked}


def test_a_token_that_is_not_valid_is_blocked_and_counts_for_no_limit(theirs: Platform) -> None:
    Token.objects.update(valid=False)
    theirs.answering = saying(Said(hangs_up=True))
    assert Caller("Volta").post(ASK).data["allowed"] == "BLOCKED"
    assert (told(last()), OfflineCount.objects.count()) == (("blocked", "whitelist"), 0)


def test_a_token_charges_unasked_as_often_a_day_as_the_agreement_lets_it(
    theirs: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    Agreement.objects.update(offline_per_token=2)
    theirs.answering = saying(Said(hangs_up=True))
    monkeypatch.setattr(clock, "now", lambda: cast.NOW)
    said = [Caller("Volta").post(ASK).data for _ in range(3)]
    assert [one["allowed"] for one in said] == ["ALLOWED", "ALLOWED", "NOT_ALLOWED"]
    assert "could not be asked" in said[2]["info"]["text"]
    assert "charged 2 times today" in last().reason
    midnight_in_amsterdam = cast.NOW.replace(hour=23, minute=0)
    monkeypatch.setattr(clock, "now", lambda: midnight_in_amsterdam)
    assert Caller("Volta").post(ASK).data["allowed"] == "ALLOWED"
    assert [(str(one.date), one.used) for one in OfflineCount.objects.order_by("date")] == [
        ("2026-11-20", 2),
        ("2026-11-21", 1),
    ]


def test_all_tokens_together_charge_unasked_as_often_as_the_agreement_lets_them(
    theirs: Platform, card: dict[str, Any]
) -> None:
    """Who is refused by the one limit is not counted for the other."""
    Agreement.objects.update(offline_per_day=1)
    Caller("Nomad").put("/receiver/tokens/DE/NMD/SECOND", {**card, "uid": "SECOND"})
    theirs.answering = saying(Said(hangs_up=True))
    assert Caller("Volta").post(ASK).data["allowed"] == "ALLOWED"
    assert Caller("Volta").post("/sender/tokens/SECOND/authorize").data["allowed"] == "NOT_ALLOWED"
    assert "more is not agreed" in last().reason
    assert set(OfflineCount.objects.values_list("token__ocpi_id", "used")) == {("04A2B3C4D5E680", 1), (None, 1)}


def test_the_database_lets_no_limit_be_exceeded(theirs: Platform) -> None:
    theirs.answering = saying(Said(hangs_up=True))
    Caller("Volta").post(ASK)
    with pytest.raises(IntegrityError, match="within_its_limit"), transaction.atomic():
        OfflineCount.objects.update(used=99)


# Within which time.


def test_an_emsp_that_trickles_holds_the_driver_no_longer_than_agreed(
    theirs: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time, and the answer does not."""
    agreed: list[float | None] = []

    def hasty(question: asking.Asking, *, at: datetime) -> Any:
        agreed.append(question.timeout_seconds)
        return asking.ask(replace(question, timeout_seconds=0.3), at=at)

    monkeypatch.setattr(issuers, "ask", hasty)
    Agreement.objects.update(authorization_seconds=7)
    url, listener = trickle(b"HTTP/1.1 200 OK\r\n\r\n", b"x")
    Connection.objects.filter(name="Nomad").update(endpoints=cast.endpoints(url.rstrip("/")))
    began = time.monotonic()
    with listener:
        assert Caller("Volta").post(ASK).data["allowed"] == "ALLOWED"
    assert 0.3 <= time.monotonic() - began < 1.7  # the client alone would give it six times as long
    assert (agreed, told(last())) == ([7], ("allowed", "offline"))
    assert "did not answer within 0.3 seconds" in last().problem
    assert last().duration_ms >= 300


# As the eMSP.


@pytest.fixture
def polder(db: None) -> Caller:
    """Polder Laden, whose stations drivers of Volta Go may use; it has no platform of its own, we answer for it."""
    cast.connection("Volta Go", "EMSP NL*VGO", own=True)
    cast.polder(url="http://polder.invalid")
    cast.agreement("NL*PLD", "NL*VGO")
    ours = wire.load("token_volta_go") | {"group_id": "FAMILIE", "whitelist": "NEVER"}
    assert Caller("Volta Go").put("/receiver/tokens/NL/VGO/04B7C1D2E3F480", ours).http == 201
    located = {**wire.load("location_zuidplein"), "party_id": "PLD"}
    assert Caller("Polder Laden").put("/receiver/locations/NL/PLD/ZUIDPLEIN", located).http == 201
    return Caller("Polder Laden")


OURS = "/sender/tokens/04B7C1D2E3F480/authorize"


def test_as_the_emsp_we_answer_from_our_own_tokens_whatever_the_whitelist_says(polder: Caller) -> None:
    """K3: the complete token, with its contract and its group, and a reference of ours (S4)."""
    answer = polder.post(OURS).data
    assert answer["allowed"] == "ALLOWED"
    assert (answer["token"]["contract_id"], answer["token"]["group_id"]) == ("NL-VGO-C00000731-4", "FAMILIE")
    row = last()
    assert row.authorization_reference == answer["authorization_reference"] != ""
    assert (told(row), row.unanswered, str(row.cpo), str(row.emsp)) == (("allowed", "own"), False, "NL*PLD", "NL*VGO")
    Token.objects.update(valid=False)
    assert polder.post(OURS).data == {"allowed": "BLOCKED", "token": answer["token"]}
    assert told(last()) == ("blocked", "own")
    addressed = Caller("Polder Laden", OCPI_to_country_code="NL", OCPI_to_party_id="VGO")
    unknown = addressed.post("/sender/tokens/NOBODY/authorize")
    assert (unknown.http, unknown.status, told(last())) == (404, 2004, ("unknown_token", "own"))


@pytest.mark.parametrize(
    ("asked", "permitted"),
    [
        ({"location_id": "zuidplein"}, {"location_id": "zuidplein"}),
        (
            {"location_id": "ZUIDPLEIN", "evse_uids": ["zp-1", "NO-SUCH"]},
            {"location_id": "ZUIDPLEIN", "evse_uids": ["zp-1"]},
        ),
        (
            {"location_id": "ZUIDPLEIN", "evse_uids": ["TOO-NEW"]},
            {"location_id": "ZUIDPLEIN", "evse_uids": ["TOO-NEW"]},
        ),
        ({"location_id": "PRIVATE", "evse_uids": ["P-1"]}, {"location_id": "PRIVATE", "evse_uids": ["P-1"]}),
    ],
    ids=["a place", "of two EVSEs the known one", "an EVSE whose news is late", "a private place"],
)
def test_as_the_emsp_we_permit_the_evses_that_we_know_and_refuse_no_place(
    polder: Caller, asked: dict[str, Any], permitted: dict[str, Any]
) -> None:
    """K3, K4."""
    answer = polder.post(OURS, asked).data
    assert (answer["allowed"], answer["location"]) == ("ALLOWED", permitted)
    assert (last().location_id, last().evse_uids) == (asked["location_id"], asked.get("evse_uids", []))


def test_as_the_emsp_we_answer_with_few_queries(polder: Caller) -> None:
    polder.post(OURS, HERE)
    with CaptureQueriesContext(connection) as captured:
        assert polder.post(OURS, HERE).data["allowed"] == "ALLOWED"
    questions = [query["sql"] for query in captured if query["sql"].startswith('SELECT "')]
    # Who calls, what it may see, the token, the agreement, the location.
    assert len(questions) == 5, questions


# One row each.


def test_every_way_an_attempt_may_end_is_a_row(theirs: Platform, card: dict[str, Any]) -> None:
    """K3: what is refused without an AuthorizationInfo is kept as well."""
    volta = Caller("Volta", X_Correlation_ID="one-driver")
    for word in ("ALLOWED", "BLOCKED", "EXPIRED", "NO_CREDIT", "NOT_ALLOWED"):
        theirs.answering = saying(Said({"allowed": word, "token": card, "authorization_reference": f"REF-{word}"}))
        assert volta.post(ASK, HERE).data["allowed"] == word
        row = last()
        assert (told(row), row.authorization_reference) == ((word.lower(), "emsp"), f"REF-{word}")
    assert (row.connection.name, str(row.cpo), str(row.emsp)) == ("Volta", "NL*VLT", "DE*NMD")
    assert (row.token, row.agreement) == (Token.objects.get(), Agreement.objects.get())
    assert (row.location_id, row.evse_uids, row.correlation_id) == ("ZUIDPLEIN", ["ZP-1"], "one-driver")
    ends = {
        Outcome.UNKNOWN_TOKEN: (Said(http=404, status=2004), "DE*NMD does not know"),
        Outcome.NOT_ENOUGH: (Said(status=2002, message="which EVSE?"), "which EVSE?"),
    }
    for outcome, (said, sentence) in ends.items():
        theirs.answering = saying(said)
        volta.post(ASK)
        assert (told(last()), sentence in last().reason) == ((outcome, "emsp"), True)
    volta.post("/sender/tokens/NOBODY/authorize?type=APP_USER")
    row = last()
    assert (told(row), row.token_uid, row.token_type, row.emsp) == (
        ("unknown_token", "nobody"),
        "NOBODY",
        "APP_USER",
        None,
    )
    volta.post(ASK, {"evse_uids": ["ZP-1"]})
    assert (told(last()), "location_id" in last().reason) == (("invalid", "nobody"), True)
    assert Authorization.objects.count() == 9


def test_a_platform_of_2_1_1_asks_by_the_same_rules(theirs: Platform, card: dict[str, Any]) -> None:
    Connection.objects.filter(name="Volta").update(version="2.1.1")
    Party.objects.filter(party_id="VGO").update(left_at=cast.NOW)  # in 2.1.1 a platform is one party
    theirs.answering = saying(Said({"allowed": "NO_CREDIT", "token": card}))
    reply = Caller("Volta", "2.1.1").post(ASK, {**HERE, "connector_ids": ["1"]})
    assert (reply.status, reply.data) == (1000, {"allowed": "NO_CREDIT"})
    row = last()
    assert (told(row), row.version, row.token_type, row.evse_uids) == (("no_credit", "emsp"), "2.1.1", "", ["ZP-1"])
    theirs.answering = saying(Said(hangs_up=True))
    assert Caller("Volta", "2.1.1").post(ASK).data == {"allowed": "ALLOWED"}
    assert told(last()) == ("allowed", "offline")


def test_a_platform_with_two_cpos_asks_under_the_agreement_of_the_one_it_speaks_for(theirs: Platform) -> None:
    twin = Party.objects.create(
        connection=Connection.objects.get(name="Volta"), country_code="NL", party_id="VL2", role="CPO"
    )
    second = cast.agreement("NL*VL2", "DE*NMD", offline_rule=OfflineRule.REFUSE)
    theirs.answering = saying(Said(hangs_up=True))
    spoken = Caller("Volta", OCPI_from_country_code="nl", OCPI_from_party_id="VL2")
    assert spoken.post(ASK).data["allowed"] == "NOT_ALLOWED"
    assert (last().agreement, last().cpo) == (second, twin)
    assert theirs.asked[-1].headers["ocpi-from-party-id"] == "VL2"
    assert Caller("Volta").post(ASK).data["allowed"] == "ALLOWED"
    assert str(last().cpo) == "NL*VLT"


def test_a_row_that_cannot_be_written_breaks_no_answer(theirs: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs.answering = saying(Said(hangs_up=True))
    monkeypatch.setattr(attempts, "_LONGEST_REASON", 10_000)
    monkeypatch.setattr(issuers, "asked", _failing_at_length)
    assert Caller("Volta").post(ASK).data["allowed"] == "ALLOWED"
    assert not Authorization.objects.exists()


def _failing_at_length(*_: Any, **__: Any) -> Any:
    raise issuers.Unanswered("x" * 1_000)


def test_a_failure_of_ours_is_a_row_too(theirs: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuers, "asked", lambda *_, **__: 1 // 0)
    assert Caller("Volta").post(ASK).http == 500
    assert (told(last()), last().reason) == (("failed", "nobody"), "This platform failed; its log says why.")


def test_old_attempts_are_forgotten_with_what_was_counted(
    theirs: Platform, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JOURNAL_DAYS = 30
    theirs.answering = saying(Said(hangs_up=True))
    Caller("Volta").post(ASK)
    Caller("Volta").post(ASK)
    old = cast.NOW - timedelta(days=30, seconds=1)
    Authorization.objects.filter(pk=last().pk).update(at=old)
    Authorization.objects.exclude(pk=last().pk).update(at=cast.NOW)
    OfflineCount.objects.update(date=old - timedelta(days=1))
    monkeypatch.setattr(clock, "now", lambda: cast.NOW)
    tasks.forget_authorizations()
    assert ([row.at for row in Authorization.objects.all()], OfflineCount.objects.count()) == ([cast.NOW], 0)
