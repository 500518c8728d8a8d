"""What people do on pages: each button through its form, what it says afterwards, what a refusal leaves alone."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from billing.disputes.models import Dispute
from billing.invoices.models import Invoice
from billing.settlement.models import SettlementRun
from partners.agreements.models import Agreement
from partners.connections.models import Connection
from partners.people.models import Role, User
from roaming.cdrs.models import Cdr, CdrState
from tests.billing import records
from tests.portal.scene import Scene


@pytest.fixture
def ben(signed_in: Callable[[str], Client]) -> Client:
    return signed_in(Role.ACCOUNT_MANAGER)


@pytest.fixture
def ada(signed_in: Callable[[str], Client]) -> Client:
    return signed_in(Role.FINANCE)


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


# CDRs


def test_ben_accepts_a_held_cdr_with_a_reason(ben: Client, scene: Scene) -> None:
    page = f"/cdrs/{scene.held.pk}/accept/"
    assert ben.post(page, {"text": ""}).status_code == 422
    scene.held.refresh_from_db()
    assert scene.held.state == "held"
    answer = ben.post(page, {"text": "Agreed by phone."}, follow=True)
    scene.held.refresh_from_db()
    assert (scene.held.state, answer.redirect_chain[-1][0]) == ("accepted", f"/cdrs/{scene.held.pk}/")
    assert b"Agreed by phone." in answer.content


def test_a_settled_cdr_is_not_rejected_and_the_form_says_why(ben: Client, scene: Scene) -> None:
    answer = ben.post(f"/cdrs/{scene.settled.pk}/reject/", {"text": "Too late."})
    scene.settled.refresh_from_db()
    assert (answer.status_code, scene.settled.state) == (422, "settled")
    assert b'role="alert"' in answer.content
    assert b"Too late." in answer.content  # what was typed is kept


def test_a_reason_is_kept_to_its_end(ben: Client, scene: Scene) -> None:
    reason = "The meter was read twice. " * 60
    ben.post(f"/cdrs/{scene.held.pk}/reject/", {"text": reason})
    scene.held.refresh_from_db()
    assert scene.held.state_reason.endswith(reason.strip())
    assert ben.get(f"/cdrs/{scene.held.pk}/").content.decode().count(reason.strip()) == 2  # above, and in the timeline


def test_opening_a_dispute_leads_to_its_page(ben: Client, scene: Scene) -> None:
    form = {"reason": "price", "amount": "1.81", "message": "Start fee twice."}
    answer = ben.post(f"/cdrs/{scene.held.pk}/contest/", form, follow=True)
    dispute = Dispute.objects.get(cdr=scene.held)
    assert answer.redirect_chain[-1][0] == f"/disputes/{dispute.pk}/"
    assert (dispute.amount, dispute.state) == (Decimal("1.81"), "open")
    assert b"Start fee twice." in answer.content


@pytest.mark.parametrize("amount", ["1e300", "1e400", "12345678901234567890"])
def test_an_amount_that_nobody_was_billed_is_refused_and_the_message_kept(
    ben: Client, scene: Scene, amount: str
) -> None:
    form = {"reason": "price", "amount": amount, "message": "Nobody charges that."}
    answer = ben.post(f"/cdrs/{scene.held.pk}/contest/", form)
    assert answer.status_code == 422
    assert "amount" in answer.context["form"].errors
    assert b"Nobody charges that." in answer.content


def test_lines_tell_the_time_of_the_place_though_its_location_was_never_published(ben: Client, scene: Scene) -> None:
    """As its price was found by: from the coordinates of the CDR."""
    place = scene.held.data["cdr_location"] | {"id": "NOWHERE"}
    nowhere = place | {"coordinates": {"latitude": "0", "longitude": "0"}, "country": "USA"}
    for number, (told, zone) in enumerate(((place, "Europe/Amsterdam"), (nowhere, "UTC"))):
        cdr = records.received(f"N{number}", cpo=scene.held.party.code, cdr_location=told)
        assert ben.get(f"/cdrs/{cdr.pk}/").context["time_zone"] == zone


def test_what_would_only_be_refused_is_not_offered(ben: Client, scene: Scene) -> None:
    held, contested, settled = (
        ben.get(f"/cdrs/{cdr.pk}/").content.decode() for cdr in (scene.held, scene.contested, scene.settled)
    )
    assert all(text in held for text in ("Price again", "Accept as billed", "Open dispute"))
    assert "Go to the dispute" in contested and "Open dispute" not in contested and "Accept as billed" not in contested
    assert "Price again" not in settled


def test_more_than_was_billed_is_not_contested(ben: Client, scene: Scene) -> None:
    form = {"reason": "price", "amount": "1000", "message": "All of it."}
    answer = ben.post(f"/cdrs/{scene.held.pk}/contest/", form)
    assert (answer.status_code, Dispute.objects.filter(cdr=scene.held).count()) == (422, 0)


def test_pricing_again_says_what_came_out(ben: Client, scene: Scene) -> None:
    answer = ben.post(f"/cdrs/{scene.held.pk}/price-again/", follow=True)
    assert "Priced again" in told(answer)[0] if told(answer) else b"Priced again" in answer.content


def test_the_page_of_a_cdr_puts_both_prices_side_by_side(ben: Client, scene: Scene) -> None:
    html = ben.get(f"/cdrs/{scene.held.pk}/").content.decode()
    assert ">10.31<" in html
    assert ">+1.81<" in html
    assert "Body as received" in html


# Disputes


@pytest.mark.parametrize(
    ("move", "state", "cdr_state"),
    [("accept", "accepted", "rejected"), ("reject", "rejected", "accepted"), ("withdraw", "withdrawn", "accepted")],
)
def test_a_dispute_is_decided_with_a_sentence(move: str, state: str, cdr_state: str, ben: Client, scene: Scene) -> None:
    page = f"/disputes/{scene.dispute.pk}/"
    ben.post(page, {"move": move, "text": "   "})
    scene.dispute.refresh_from_db()
    assert scene.dispute.state == "open"
    answer = ben.post(page, {"move": move, "text": "We looked again."}, follow=True)
    scene.dispute.refresh_from_db()
    scene.contested.refresh_from_db()
    assert (scene.dispute.state, scene.contested.state) == (state, cdr_state)
    assert b"We looked again." in answer.content
    assert b'name="move"' not in answer.content


def test_an_unknown_move_decides_nothing(ben: Client, scene: Scene) -> None:
    ben.post(f"/disputes/{scene.dispute.pk}/", {"move": "explode", "text": "Boom."})
    scene.dispute.refresh_from_db()
    assert scene.dispute.state == "open"


# Agreements


def terms(agreement: Agreement, **changes: Any) -> dict[str, Any]:
    fields = {
        "cpo": agreement.cpo_id,
        "emsp": agreement.emsp_id,
        "starts_date": "2026-12-01",
        "time_zone": "Europe/Amsterdam",
        "currency": "EUR",
        "price_tolerance": "0.05",
        "vat_rate": "21",
        "payment_days": "30",
        "dispute_days": "14",
        "history_days": "365",
        "authorization_seconds": "4",
        "offline_rule": "allow",
        "offline_per_token": "3",
    }
    return fields | changes


def test_an_agreement_is_drafted_changed_activated_and_ended(ben: Client, scene: Scene) -> None:
    hubert = scene.draft_agreement
    Agreement.objects.filter(pk=hubert.pk).delete()
    assert ben.post("/agreements/add/", terms(hubert)).status_code == 302
    drafted = Agreement.objects.get(emsp=hubert.emsp)
    page = f"/agreements/{drafted.pk}/"
    assert ben.post(page + "edit/", terms(hubert, price_tolerance="0.02")).status_code == 302
    assert ben.post(page + "activate/").status_code == 302
    drafted.refresh_from_db()
    assert (drafted.state, drafted.price_tolerance, drafted.history_days) == ("active", Decimal("0.02"), 365)
    assert b"readable for 365 days after its end" in ben.get(page).content
    assert b"<td>4 seconds</td>" in ben.get(page).content
    assert b"at most 3 times a day with one token, without limit for all of them" in ben.get(page).content
    assert ben.post(page + "edit/", terms(hubert, price_tolerance="9")).status_code == 422
    assert ben.post(page + "end/", {"ends_date": "2027-12-01"}).status_code == 302
    drafted.refresh_from_db()
    assert (drafted.price_tolerance, str(drafted.ends_date)) == (Decimal("0.02"), "2027-12-01")


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_zone": "Europe/Atlantis"},
        {"currency": "ZZZ"},
        {"ends_date": "2026-11-30"},
        {"starts_date": "2026-02-30"},
        {"starts_date": "0001-01-01"},
        {"ends_date": "9999-12-31"},
        {"price_tolerance": "-1"},
        {"vat_rate": "101"},
        {"payment_days": "32768"},
        {"authorization_seconds": "31"},
        {"offline_rule": "hope"},
        {"offline_per_day": "0"},
    ],
)
def test_terms_that_cannot_be_are_refused_at_their_field(wrong: dict[str, str], ben: Client, scene: Scene) -> None:
    before = Agreement.objects.count()
    answer = ben.post("/agreements/add/", terms(scene.draft_agreement, **wrong))
    assert (answer.status_code, Agreement.objects.count()) == (422, before)
    assert list(answer.context["form"].errors) == list(wrong)
    assert b"invalid-feedback" in answer.content


def test_an_agreement_ends_in_its_own_time(ben: Client, scene: Scene) -> None:
    for day in ("0001-01-01", "9999-12-31"):
        answer = ben.post(f"/agreements/{scene.run.agreement_id}/end/", {"ends_date": day})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["ends_date"])


# Partners and connections


def test_a_party_of_somebody_else_is_refused_on_the_form(ben: Client, scene: Scene) -> None:
    form = {"name": "Copy", "codes": "DE*NMD", "roles": ["EMSP"]}
    answer = ben.post(f"/partners/{scene.planned.partner_id}/connect/", form)
    assert (answer.status_code, Connection.objects.filter(name="Copy").count()) == (422, 0)


# Settlement, invoices


def test_ada_settles_a_month_and_looks_at_the_run(ada: Client, scene: Scene) -> None:
    refused = ada.post("/settlement/settle/", {"month": "2099-01"})
    assert refused.status_code == 422
    before = SettlementRun.objects.count()
    assert ada.post("/settlement/settle/", {"month": "2026-10"}).status_code == 302
    assert SettlementRun.objects.count() == before + (1 if not _settled_all(scene) else 0)
    html = ada.get(f"/settlement/{scene.run.pk}/").content.decode()
    assert "VLT-20113" in html  # left out: held


def test_what_was_accepted_after_its_month_was_settled_is_shown_beside_the_run(ada: Client, scene: Scene) -> None:
    Cdr.objects.filter(pk=scene.held.pk).update(state=CdrState.ACCEPTED, agreement=scene.run.agreement)
    page = ada.get(f"/settlement/{scene.run.pk}/")
    assert list(page.context["entering"]) == [scene.held]
    html = page.content.decode()
    assert "Accepted since" in html
    assert "enter the next run of this agreement" in html


def test_a_month_that_was_settled_says_that_nothing_was_made(ada: Client, scene: Scene) -> None:
    ada.post("/settlement/settle/", {"month": "2026-10"})
    said = ada.post("/settlement/settle/", {"month": "2026-10"}, follow=True).content.decode()
    assert "2026-10: 0 runs made, 0 CDRs settled." in said
    assert "there before; what was accepted since enters the next month." in said


def _settled_all(scene: Scene) -> bool:
    return not Agreement.objects.filter(state="active").exclude(runs__isnull=False).exists()


def test_an_invoice_is_issued_once_and_downloaded(ada: Client, scene: Scene) -> None:
    draft = scene.draft
    ada.post(f"/invoices/{draft.pk}/issue/")
    draft.refresh_from_db()
    assert draft.state == "issued"
    twice = ada.post(f"/invoices/{draft.pk}/issue/", follow=True)
    assert b'role="alert"' in twice.content
    starts = {"pdf": b"%PDF-", "xlsx": b"PK", "csv": b""}
    for format, magic in starts.items():
        answer = ada.get(f"/invoices/{scene.issued.pk}/{format}/")
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        assert content.startswith(magic)
        assert len(content) > 100
        assert "attachment" in answer["Content-Disposition"]
    assert ada.get(f"/invoices/{scene.issued.pk}/exe/").status_code == 404


def test_the_page_of_an_invoice_shows_what_was_issued(ada: Client, scene: Scene) -> None:
    issued = Invoice.objects.get(pk=scene.issued.pk)
    html = ada.get(f"/invoices/{issued.pk}/").content.decode()
    assert issued.number is not None
    assert issued.number in html
    assert "Reverse charge." in html
    assert "102.00" in html  # 12 CDRs of 8.50
    assert ada.get(f"/invoices/{issued.pk}/", {"line": "9" * 5000}).status_code == 200


# Pushes, people


def test_a_dead_push_is_sent_again(signed_in: Callable[[str], Client], scene: Scene) -> None:
    otto = signed_in(Role.OPERATOR)
    assert b"unknown currency XEU" in otto.get(f"/pushes/{scene.dead.pk}/").content
    otto.post(f"/pushes/{scene.dead.pk}/retry/")
    scene.dead.refresh_from_db()
    assert scene.dead.state == "waiting"
    again = otto.post(f"/pushes/{scene.dead.pk}/retry/", follow=True)
    assert b'role="alert"' in again.content


def test_a_person_is_added_and_signs_in(signed_in: Callable[[str], Client], scene: Scene, client: Client) -> None:
    form = {"name": "Cleo", "email": "Cleo@Volta.example", "role": Role.OPERATOR, "password": "12345"}
    hanna = signed_in(Role.ADMINISTRATOR)
    assert hanna.post("/people/add/", form).status_code == 422
    assert hanna.post("/people/add/", form | {"password": "a-long-enough-secret"}).status_code == 302
    assert hanna.post("/people/add/", form | {"password": "a-long-enough-secret"}).status_code == 422
    assert User.objects.filter(name="Cleo").count() == 1
    entered = client.post("/login/", {"username": "cleo@volta.EXAMPLE", "password": "a-long-enough-secret"})
    assert (entered.status_code, entered["Location"]) == (302, "/")


def test_signing_out_needs_a_form_and_ends_the_session(ben: Client) -> None:
    assert ben.get("/logout/").status_code == 405
    assert ben.post("/logout/").status_code == 302
    assert ben.get("/").status_code == 302


def test_a_form_from_another_site_is_refused(scene: Scene) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(scene.people[Role.ACCOUNT_MANAGER])
    assert browser.post(f"/cdrs/{scene.held.pk}/accept/", {"text": "Mine."}).status_code == 403
    assert Cdr.objects.get(pk=scene.held.pk).state == "held"


def test_who_changed_what_stands_in_the_trail(ben: Client, signed_in: Callable[[str], Client], scene: Scene) -> None:
    ben.post(f"/partners/{scene.nomad.partner_id}/edit/", {"name": "Nomad", "legal_name": "Nomad Mobility GmbH"})
    html = signed_in(Role.ADMINISTRATOR).get("/people/trail/").content.decode()
    assert "Nomad Mobility GmbH" in html
    assert "Ben" in html
