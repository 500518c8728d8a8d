"""Payment terminals and captures over OCPI (section 5.4): told by the provider, assigned by the CPO."""

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from partners.connections import services as connections
from partners.connections.models import Connection
from partners.people.models import Role
from roaming.commands.models import Command, CommandState, CommandType
from roaming.exchange import delivery, pull
from roaming.exchange.models import Push, PushState
from roaming.kernel import clock
from roaming.ocpi.schema import wire
from roaming.terminals.models import FinancialAdvice, Terminal
from tests import cast
from tests.roaming.calls import Caller, Reply
from tests.roaming.platform import Platform, Said, platform

pytestmark = pytest.mark.django_db

NEW = "2.3.0"
TERMINALS, OURS = "/receiver/payments/terminals", "/sender/payments/terminals"
ADVICES, CAPTURED = (
    "/receiver/payments/financial-advice-confirmations",
    "/sender/payments/financial-advice-confirmations",
)
FOLDER = os.environ.get("OCPI_EXAMPLES")


@pytest.fixture
def paymate() -> Caller:
    """Paymate provides payments at Volta's stations, where it starts the charging as an eMSP. Cleo stands by."""
    cast.volta(url="http://volta.invalid", version=NEW)
    cast.connection("Paymate", "OTHER NL*PAY", "EMSP NL*PAY", url="http://paymate.invalid", version=NEW)
    cast.cleo(url="http://cleo.invalid", version=NEW)
    cast.agreement("NL*VLT", "NL*PAY")
    return Caller("Paymate", NEW)


@pytest.fixture
def volta(paymate: Caller) -> Caller:
    return Caller("Volta", NEW)


@pytest.fixture
def cleo(paymate: Caller) -> Caller:
    return Caller("Cleo", NEW)


def terminal(**fields: Any) -> dict[str, Any]:
    return {
        "terminal_id": "T-1",
        "country_code": "NL",
        "party_id": "VLT",
        "address": "Straße 1",
        "city": "Utrecht",
        "reference": "SN-4711",
        "location_ids": [],
        "last_updated": "2026-11-10T08:00:00Z",
        **fields,
    }


def advice(**fields: Any) -> dict[str, Any]:
    return {
        "id": "FA-1",
        "authorization_reference": "AUTH-1",
        "total_costs": {"before_taxes": 4, "taxes": [{"name": "VAT", "amount": Decimal("0.84")}]},
        "currency": "EUR",
        "eft_data": ["Mastercard", "Nr: **** 1234"],
        "capture_status_code": "SUCCESS",
        "last_updated": "2026-11-10T08:00:00Z",
        **fields,
    }


def pushes(name: str = "Volta") -> list[tuple[str, str, str]]:
    rows = Push.objects.filter(connection__name=name, module="payments").order_by("id")
    return [(push.method, push.kind, push.path) for push in rows]


def refused(reply: Reply) -> str:
    assert (reply.http, reply.status) == (200, 2001)
    return reply.message


class TestTheProviderTells:
    def test_a_terminal_reaches_the_cpo_it_names_and_nobody_else(
        self, paymate: Caller, volta: Caller, cleo: Caller
    ) -> None:
        sent = terminal(note="kept")
        assert (paymate.post(TERMINALS, sent).http, paymate.post(TERMINALS, sent).http) == (201, 200)
        assert paymate.get(f"{TERMINALS}/t-1").data == sent
        assert volta.get(OURS).data == [sent]
        assert volta.get(f"{OURS}/T-1").data == sent
        assert pushes() == [("POST", "terminal", "terminals")]
        assert (cleo.get(OURS).data, cleo.get(f"{OURS}/T-1").http, cleo.get(f"{TERMINALS}/T-1").http) == ([], 404, 404)
        assert (paymate.get(OURS).http, pushes("Cleo")) == (404, [])

    def test_the_push_goes_below_the_endpoint_of_the_cpo(self) -> None:
        with platform("CPO NL*PLD") as polders:
            polder = cast.polder(url=polders.url, version=NEW)
            cast.connection("Paymate", "OTHER NL*PAY", "EMSP NL*PAY", version=NEW)
            cast.agreement("NL*PLD", "NL*PAY")
            sent = terminal(party_id="PLD")
            Caller("Paymate", NEW).post(TERMINALS, sent)
            Caller("Paymate", NEW).post(ADVICES, advice())
            delivery.deliver_due(polder.pk, clock.now())
            told = {one.path: one.body for one in polders.asked if one.method == "POST"}
        assert told == {"/receiver/payments/terminals": sent, ADVICES: advice()}

    def test_a_changed_terminal_is_posted_again(self, paymate: Caller, volta: Caller) -> None:
        """Y1: PUT is the CPO's; an older state is answered and not stored (T65)."""
        paymate.post(TERMINALS, terminal())
        moved = terminal(city="Gouda", last_updated="2026-11-11T08:00:00Z")
        assert paymate.post(TERMINALS, moved).http == 200
        assert "older" in paymate.post(TERMINALS, terminal()).message
        assert volta.get(OURS).data == [moved]
        assert paymate.put(f"{TERMINALS}/T-1", moved).http == 405

    def test_a_terminal_that_names_nobody_is_for_whom_the_request_says(self, paymate: Caller) -> None:
        cast.polder(url="http://polder.invalid", version=NEW)
        cast.agreement("NL*PLD", "NL*PAY")
        nameless = {name: value for name, value in terminal().items() if name not in ("country_code", "party_id")}
        addressed = Caller("Paymate", NEW, OCPI_to_country_code="NL", OCPI_to_party_id="PLD")
        assert addressed.post(TERMINALS, nameless).status == 1000
        assert Caller("Polder Laden", NEW).get(OURS).data == [nameless]
        assert paymate.post(TERMINALS, {**nameless, "terminal_id": "T-2"}).status == 1000
        assert Terminal.objects.get(ocpi_id="T-2").cpo is None

    def test_where_there_is_only_one_cpo_it_is_that_one(self, paymate: Caller, volta: Caller) -> None:
        bare = {"terminal_id": "T-1", "last_updated": "2026-11-10T08:00:00Z"}
        paymate.post(TERMINALS, bare)
        assert volta.get(OURS).data == [bare]

    def test_without_an_agreement_a_terminal_is_kept_and_shown_to_nobody(self, cleo: Caller, volta: Caller) -> None:
        cast.connection("Stranger", "OTHER NL*STR", url="http://stranger.invalid", version=NEW)
        stranger = Caller("Stranger", NEW)
        assert stranger.post(TERMINALS, terminal()).status == 1000
        assert (volta.get(OURS).data, pushes()) == ([], [])

    def test_only_a_provider_tells_of_terminals(self, volta: Caller, cleo: Caller) -> None:
        """Y3: a provider calls itself OTHER."""
        for caller in (volta, cleo):
            assert (caller.post(TERMINALS, terminal()).http, caller.post(ADVICES, advice()).http) == (404, 404)
        assert (Terminal.objects.count(), FinancialAdvice.objects.count()) == (0, 0)

    @pytest.mark.parametrize(
        ("change", "path"),
        [
            ({"terminal_id": None}, "$.terminal_id"),
            ({"last_updated": None}, "$.last_updated"),
            ({"invoice_creator": "EMSP"}, "$.invoice_creator"),
            ({"location_ids": "LOC1"}, "$.location_ids"),
            ({"address": "A" * 46}, "$.address"),
        ],
    )
    def test_what_is_no_terminal_is_refused(self, paymate: Caller, change: dict[str, Any], path: str) -> None:
        assert path in refused(paymate.post(TERMINALS, terminal(**change)))
        assert (Terminal.objects.count(), pushes()) == (0, [])

    def test_older_versions_have_no_payments(self, paymate: Caller) -> None:
        """V6."""
        assert Caller("Paymate", "2.2.1").post(TERMINALS, terminal()).http == 404
        assert Caller("Volta", "2.2.1").get(OURS).http == 404


class TestCaptures:
    def test_a_capture_reaches_the_cpo_where_it_was_charged(self, paymate: Caller, volta: Caller, cleo: Caller) -> None:
        """Y2."""
        assert (paymate.post(ADVICES, advice()).http, paymate.post(ADVICES, advice()).http) == (201, 200)
        assert paymate.get(f"{ADVICES}/fa-1").data == advice()
        assert volta.get(CAPTURED).data == [advice()]
        assert volta.get(f"{CAPTURED}/FA-1").data == advice()
        assert pushes() == [("POST", "financial_advice_confirmation", "financial-advice-confirmations")]
        assert (cleo.get(CAPTURED).data, cleo.get(f"{CAPTURED}/FA-1").http) == ([], 404)
        row = FinancialAdvice.objects.get()
        assert (f"{row.total:.2f}", row.currency, row.status) == ("4.84", "EUR", "SUCCESS")

    def test_the_start_of_the_session_says_at_whose_station(self, paymate: Caller) -> None:
        """Y2: the authorization reference of START_SESSION."""
        polder = cast.polder(url="http://polder.invalid", version=NEW)
        cast.agreement("NL*PLD", "NL*PAY")
        Command.objects.create(
            type=CommandType.START_SESSION,
            state=CommandState.ASKED,
            asker=Connection.objects.get(name="Paymate"),
            cpo=cast.party("NL*PLD", "CPO"),
            authorization_reference="auth-1",
            body="{}",
            response_url="http://paymate.invalid/result",
            correlation_id="C",
            fingerprint="F",
            asked_at=cast.NOW,
            due_at=cast.NOW,
        )
        paymate.post(ADVICES, advice())
        paymate.post(ADVICES, advice(id="FA-2", authorization_reference="NEVER-STARTED"))
        assert Caller("Polder Laden", NEW).get(CAPTURED).data == [advice()]
        assert FinancialAdvice.objects.get(ocpi_id="FA-2").cpo is None
        assert polder.pk

    def test_a_second_try_of_the_capture_replaces_the_first(self, paymate: Caller, volta: Caller) -> None:
        paymate.post(ADVICES, advice(capture_status_code="FAILED"))
        second = advice(last_updated="2026-11-10T09:00:00Z")
        assert paymate.post(ADVICES, second).http == 200
        assert volta.get(CAPTURED).data == [second]

    @pytest.mark.parametrize(
        ("change", "path"),
        [
            ({"total_costs": {"excl_vat": 4}}, "$.total_costs.before_taxes"),
            ({"eft_data": []}, "$.eft_data"),
            ({"capture_status_code": "MAYBE"}, "$.capture_status_code"),
            ({"currency": "EURO"}, "$.currency"),
            ({"total_costs": {"before_taxes": "4"}}, "$.total_costs.before_taxes"),
        ],
    )
    def test_what_is_no_capture_is_refused(self, paymate: Caller, change: dict[str, Any], path: str) -> None:
        """Y4: the Price of 2.3.0."""
        assert path in refused(paymate.post(ADVICES, advice(**change)))
        assert (FinancialAdvice.objects.count(), pushes()) == (0, [])


class TestTheCpoOrders:
    """Assignment, activation and deactivation are put to the provider while the CPO waits."""

    @pytest.fixture
    def theirs(self) -> Iterator[Platform]:
        with platform("OTHER NL*PAY") as paymates:
            paymates.answering = lambda asked: Said(http=200) if asked.path.startswith("/sender/payments") else None
            cast.volta(url="http://volta.invalid", version=NEW)
            cast.connection("Paymate", "OTHER NL*PAY", "EMSP NL*PAY", url=paymates.url, version=NEW)
            cast.cleo(url="http://cleo.invalid", version=NEW)
            cast.agreement("NL*VLT", "NL*PAY")
            assert Caller("Paymate", NEW).post(TERMINALS, terminal()).status == 1000
            yield paymates

    def orders(self, theirs: Platform) -> list[tuple[str, str, Any]]:
        return [(one.method, one.path, one.body) for one in theirs.asked if "payments" in one.path]

    def test_locations_and_evses_are_assigned(self, theirs: Platform) -> None:
        """Y1: they add up; both are kept."""
        volta = Caller("Volta", NEW)
        patch = {"location_ids": ["L1", "L2"], "evse_uids": ["E9"], "last_updated": "2026-11-11T08:00:00Z"}
        assert volta.patch(f"{OURS}/T-1", patch).status == 1000
        assert self.orders(theirs) == [("PATCH", "/sender/payments/terminals/T-1", patch)]
        assert theirs.asked[-1].headers["ocpi-to-party-id"] == "PAY"
        assert volta.get(f"{OURS}/T-1").data == {**terminal(), **patch}
        row = Terminal.objects.get()
        assert (row.location_ids, row.evse_uids) == (["L1", "L2"], ["E9"])
        assert len(pushes()) == 1  # the terminal itself; the CPO knows what it assigned

    def test_a_put_changes_what_it_names(self, theirs: Platform) -> None:
        """Y1: the object stays the provider's."""
        volta = Caller("Volta", NEW)
        put = {"invoice_base_url": "https://volta.example/invoices", "last_updated": "2026-11-11T08:00:00Z"}
        assert volta.put(f"{OURS}/T-1", put).status == 1000
        assert volta.get(f"{OURS}/T-1").data == {**terminal(), **put}

    def test_a_patch_without_time_asks_nobody(self, theirs: Platform) -> None:
        """T62."""
        volta = Caller("Volta", NEW)
        assert "$.last_updated" in refused(volta.patch(f"{OURS}/T-1", {"location_ids": ["L1"]}))
        other = {"terminal_id": "T-2", "last_updated": "2026-11-11T08:00:00Z"}
        assert "T-2" in refused(volta.patch(f"{OURS}/T-1", other))
        stolen = {"country_code": "BE", "party_id": "CLO", "last_updated": "2026-11-11T08:00:00Z"}
        assert "BE*CLO" in refused(volta.patch(f"{OURS}/T-1", stolen))
        assert self.orders(theirs) == []
        assert volta.get(f"{OURS}/T-1").data == terminal()

    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_an_older_assignment_is_answered_and_not_passed_on(self, theirs: Platform, method: str) -> None:
        """T65."""
        volta = Caller("Volta", NEW)
        older = {"location_ids": ["L2"], "last_updated": "2026-11-01T00:00:00Z"}
        reply = getattr(volta, method)(f"{OURS}/T-1", older)
        assert (reply.http, reply.status) == (200, 1000)
        assert "older than what is stored here" in reply.message
        assert (self.orders(theirs), volta.get(f"{OURS}/T-1").data) == ([], terminal())

    def test_what_the_provider_refuses_is_not_kept(self, theirs: Platform) -> None:
        """T106."""
        theirs.answering = lambda asked: Said(status=2001, message="No such location.")
        volta = Caller("Volta", NEW)
        patch = {"location_ids": ["L1"], "last_updated": "2026-11-11T08:00:00Z"}
        reply = volta.patch(f"{OURS}/T-1", patch)
        assert (reply.http, reply.status, "No such location" in reply.message) == (200, 2001, True)
        theirs.down()
        assert volta.patch(f"{OURS}/T-1", patch).status == 4002
        assert volta.get(f"{OURS}/T-1").data == terminal()

    def test_a_terminal_is_activated_and_then_created_by_the_provider(self, theirs: Platform) -> None:
        """Y1: terminal_id is optional."""
        volta = Caller("Volta", NEW)
        order = {"reference": "SN-9", "location_ids": ["L1"], "last_updated": "2026-11-11T08:00:00Z"}
        assert volta.post(f"{OURS}/activate", order).status == 1000
        assert self.orders(theirs) == [("POST", "/sender/payments/terminals/activate", order)]
        assert Terminal.objects.count() == 1
        assert "$.last_updated" in refused(volta.post(f"{OURS}/activate", {"reference": "SN-9"}))

    def test_which_provider_activates_is_said_where_there_are_two(self, theirs: Platform) -> None:
        cast.connection("Other Pay", "OTHER NL*OPY", "EMSP NL*OPY", url="http://other.invalid", version=NEW)
        cast.agreement("NL*VLT", "NL*OPY")
        order = {"reference": "SN-9", "last_updated": "2026-11-11T08:00:00Z"}
        message = refused(Caller("Volta", NEW).post(f"{OURS}/activate", order))
        assert "NL*PAY, NL*OPY" in message
        addressed = Caller("Volta", NEW, OCPI_to_country_code="NL", OCPI_to_party_id="PAY")
        assert addressed.post(f"{OURS}/activate", order).status == 1000
        assert len(self.orders(theirs)) == 1

    def test_a_terminal_is_deactivated_until_its_provider_changes_it(self, theirs: Platform) -> None:
        volta = Caller("Volta", NEW)
        assert volta.post(f"{OURS}/T-1/deactivate").status == 1000
        assert self.orders(theirs) == [("POST", "/sender/payments/terminals/T-1/deactivate", None)]
        assert Terminal.objects.get().deactivated_at is not None
        paymate = Caller("Paymate", NEW)
        paymate.post(TERMINALS, terminal())
        assert Terminal.objects.get().deactivated_at is not None
        paymate.post(TERMINALS, terminal(city="Gouda", last_updated="2026-11-12T08:00:00Z"))
        assert Terminal.objects.get().deactivated_at is None

    def test_cleo_orders_nothing(self, theirs: Platform) -> None:
        cleo, patch = Caller("Cleo", NEW), {"location_ids": ["X"], "last_updated": "2026-11-11T08:00:00Z"}
        assert cleo.patch(f"{OURS}/T-1", patch).http == 404
        assert cleo.post(f"{OURS}/T-1/deactivate").http == 404
        assert "none can be reached" in refused(cleo.post(f"{OURS}/activate", patch))
        assert self.orders(theirs) == []


def test_terminals_and_captures_are_pulled_from_a_provider() -> None:
    with platform("OTHER NL*PAY") as paymates:
        paymates.lists["payments/terminals"] = [terminal(), terminal(terminal_id=None)]
        paymates.lists["payments/financial-advice-confirmations"] = [advice()]
        cast.volta(url="http://volta.invalid", version=NEW)
        paymate = cast.connection("Paymate", "OTHER NL*PAY", "EMSP NL*PAY", url=paymates.url, version=NEW)
        cast.agreement("NL*VLT", "NL*PAY")
        counts = pull.pull(connection=paymate, at=cast.NOW)
        again = pull.pull(connection=paymate, at=cast.NOW)
    assert (counts["terminals"].new, counts["terminals"].broken) == (1, 1)
    assert (counts["financial-advice-confirmations"].new, again["terminals"].known) == (1, 1)
    assert Caller("Volta", NEW).get(OURS).data == [terminal()]


def test_a_cpo_that_comes_back_is_sent_what_it_missed(paymate: Caller) -> None:
    volta = Connection.objects.get(name="Volta")
    paymate.post(TERMINALS, terminal())
    Push.objects.update(state=PushState.DELIVERED, delivered_at=clock.now())
    connections.suspend(connection=volta)
    volta.refresh_from_db()
    paymate.post(ADVICES, advice())
    connections.resume(connection=volta, at=clock.now())
    assert pushes()[1:] == [("POST", "financial_advice_confirmation", "financial-advice-confirmations")]


def test_captures_are_money_and_terminals_are_not(paymate: Caller) -> None:
    paymate.post(TERMINALS, terminal())
    paymate.post(ADVICES, advice())
    for role, seen in ((Role.OPERATOR, 403), (Role.FINANCE, 200)):
        browser = Client()
        browser.force_login(cast.person(role.value, role))
        assert b"SN-4711" in browser.get("/terminals/").content
        assert browser.get("/terminals/captures/").status_code == seen


@pytest.mark.skipif(not FOLDER, reason="the specification's examples are not given: OCPI_EXAMPLES")
class TestSpecification:
    """Its own examples over HTTP, from the folder that OCPI_EXAMPLES names."""

    def example(self, name: str) -> Any:
        return wire.decode((Path(FOLDER or ".") / "2.3.0" / f"payment_{name}.json").read_bytes())

    @pytest.mark.parametrize(
        "name",
        [
            "terminal_create",
            "terminal_example_newly_created",
            "terminal_example_assigned_locations",
            "terminal_example_assigned_locations_assigned_evses",
        ],
    )
    def test_a_terminal_is_posted_and_read_back(self, paymate: Caller, volta: Caller, name: str) -> None:
        sent = self.example(name)
        assert paymate.post(TERMINALS, sent).http == 201
        assert paymate.get(f"{TERMINALS}/{sent['terminal_id']}").data == sent
        assert volta.get(OURS).data == [sent]

    @pytest.mark.parametrize(
        ("name", "address", "fault"),
        [
            ("terminal_create_minimal", TERMINALS, "$.last_updated is required"),
            ("financial_advice_confirmation_create", ADVICES, "$.total_costs.before_taxes is required"),
            ("financial_advice_confirmation_example_success", ADVICES, "$.total_costs.before_taxes is required"),
            ("financial_advice_confirmation_example_failure", ADVICES, "$.total_costs.before_taxes is required"),
        ],
    )
    def test_one_that_breaks_the_tables_is_refused(self, paymate: Caller, name: str, address: str, fault: str) -> None:
        """Y4."""
        assert refused(paymate.post(address, self.example(name))).startswith(fault)
        assert (Terminal.objects.count(), FinancialAdvice.objects.count()) == (0, 0)
