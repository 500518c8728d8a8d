"""CDRs: one intake for push and import, nothing changes once stored, and the eMSP hears of it when it is accepted."""

import io
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, transaction

from partners.agreements.models import Agreement
from partners.connections.models import Connection
from roaming.cdrs import selectors, services
from roaming.cdrs.models import Cdr, CdrState
from roaming.exchange.models import Push
from roaming.findings import selectors as findings
from roaming.findings.models import Finding
from roaming.kernel import events
from roaming.kernel.states import CannotMove
from roaming.ocpi.schema.wire import encode
from tests import cast, wire
from tests.roaming.calls import Caller

URL = "/receiver/cdrs"
LATER = cast.NOW + timedelta(hours=1)


@pytest.fixture
def ac22() -> dict[str, Any]:
    return wire.load("cdr_ac22")


@pytest.fixture
def ours(nomad: Connection) -> Caller:
    return Caller("Volta")


@pytest.fixture
def cdr(ours: Caller, ac22: dict[str, Any]) -> Cdr:
    assert ours.post(URL, wire.raw("cdr_ac22")).http == 201
    return Cdr.objects.get()


def accept(cdr: Cdr) -> Cdr:
    agreement = Agreement.objects.get()
    return services.move(cdr=cdr, to=CdrState.ACCEPTED, reason="As agreed.", agreement=agreement, at=LATER)


def test_a_cdr_is_read_back_at_its_location_field_for_field(ours: Caller, ac22: dict[str, Any]) -> None:
    """D2."""
    reply = ours.post(URL, ac22)
    assert (reply.http, reply.status, reply.data) == (201, 1000, None)
    assert reply.headers["Location"].startswith("http")
    read = ours.follow(reply.headers["Location"])
    assert (read.http, read.data) == (200, ac22)


def test_the_body_is_kept_exactly_as_received_and_what_is_queried_in_columns(cdr: Cdr) -> None:
    assert bytes(cdr.raw) == wire.raw("cdr_ac22")
    assert (cdr.raw_version, cdr.via, cdr.state) == ("2.2.1", "push", "received")
    assert (str(cdr.party), str(cdr.emsp), cdr.emsp_code, str(cdr.connection)) == (
        "NL*VLT",
        "DE*NMD",
        "DE*NMD",
        "Volta",
    )
    assert (cdr.energy_kwh, cdr.total_cost, cdr.currency) == (Decimal("20"), Decimal("9.05"), "EUR")
    assert (cdr.session_id, cdr.evse_id, cdr.credit) == ("S-2026-10-14-0001", "NL*VLT*EZP1", False)


def test_the_same_cdr_again_is_answered_not_stored(ours: Caller, ac22: dict[str, Any]) -> None:
    """D1."""
    first = ours.post(URL, wire.raw("cdr_ac22"))
    respelled = {name: ac22[name] for name in reversed(ac22)}
    respelled |= {"total_energy": 20, "credit": None, "id": "c-2026-10-14-0001", "last_updated": "2026-10-20T00:00:00Z"}
    again = ours.post(URL, respelled)
    assert (again.http, again.status) == (200, 1000)
    assert again.headers["Location"] == first.headers["Location"]
    assert bytes(Cdr.objects.get().raw) == wire.raw("cdr_ac22")
    assert not Finding.objects.exists()


def test_the_same_id_with_other_content_is_refused_and_found(ours: Caller, cdr: Cdr, ac22: dict[str, Any]) -> None:
    """D1."""
    dearer = {**ac22, "id": "C-2026-10-14-0001", "total_cost": {"excl_vat": 12, "incl_vat": 14}, "remark": "sorry"}
    reply = ours.post(URL, dearer)
    assert ours.post(URL, dearer).message == reply.message
    assert (reply.http, reply.status) == (200, 2001)
    for named in ("C-2026-10-14-0001", "total_cost", "remark"):
        assert named in reply.message
    assert "currency" not in reply.message
    stored = Cdr.objects.get()
    assert (bytes(stored.raw), stored.total_cost) == (wire.raw("cdr_ac22"), Decimal("9.05"))
    (finding,) = findings.about(cdr)
    assert (finding.severity, finding.connection) == ("error", cdr.connection)
    assert finding.expected.startswith("9.05 EUR")
    assert finding.actual.startswith("12 EUR")
    assert list(findings.visible_to(cast.person("Ada", "finance"))) == [finding]


def test_a_cdr_of_a_party_of_somebody_else_is_refused_by_name(
    ours: Caller, cleo: Connection, ac22: dict[str, Any]
) -> None:
    """D4."""
    reply = Caller("Cleo").post(URL, ac22)
    assert (reply.http, reply.status) == (200, 2001)
    assert "NL*VLT" in reply.message
    assert Caller("Nomad").post(URL, ac22).http == 404
    assert not Cdr.objects.exists()


def test_a_cdr_that_names_another_owner_than_its_routing_header_is_refused(ours: Caller, ac22: dict[str, Any]) -> None:
    """T71: the disagreement is named."""
    reply = Caller("Volta", OCPI_from_country_code="NL", OCPI_from_party_id="VGO").post(URL, ac22)
    assert (reply.http, reply.status) == (200, 2001)
    assert "NL*VGO in the routing header OCPI-from, NL*VLT in the body" in reply.message
    assert not Cdr.objects.exists()


def test_a_cdr_is_read_by_its_owner_only_and_never_changed_over_ocpi(ours: Caller, cdr: Cdr) -> None:
    """D1, D2."""
    path = f"{URL}/NL/VLT/{cdr.ocpi_id}"
    assert ours.get(path.lower()).http == 200
    assert (ours.get(f"{URL}/NL/VLT/OTHER").http, Caller("Nomad").get(path).http) == (404, 404)
    body = wire.load("cdr_ac22")
    assert [ours.put(path, body).http, ours.patch(path, body).http, ours.delete(path).http] == [405, 405, 405]
    assert ours.get(URL).http == 405


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"charging_periods": []}, "$.charging_periods"),
        ({"total_cost": 9.05}, "$.total_cost"),
        ({"total_energy": "20"}, "$.total_energy"),
        ({"credit": True}, "$.credit_reference_id"),
        ({"auth_id": "X", "cdr_token": None}, "$.cdr_token"),
        ({"end_date_time": "2026-02-30T00:00:00Z"}, "$.end_date_time"),
        ({"total_energy": 10**20}, "$.total_energy"),
    ],
)
def test_an_invalid_cdr_is_refused_with_the_field(
    ours: Caller, ac22: dict[str, Any], change: dict[str, Any], named: str
) -> None:
    """D3, D6."""
    body = json.dumps(json.loads(wire.raw("cdr_ac22")) | change).encode()
    reply = ours.post(URL, body)
    assert (reply.http, reply.status) == (200, 2001)
    assert named in reply.message
    assert not Cdr.objects.exists()


def test_every_digit_of_an_amount_is_kept_and_the_column_rounds(ours: Caller) -> None:
    body = wire.raw("cdr_ac22").replace(b'"excl_vat": 9.05,', b'"excl_vat": 9.051234567890123456789,')
    reply = ours.post(URL, body)
    assert str(ours.follow(reply.headers["Location"]).data["total_cost"]["excl_vat"]) == "9.051234567890123456789"
    assert Cdr.objects.get().total_cost == Decimal("9.05123457")


def test_a_credit_cdr_refers_to_the_one_it_takes_back(ours: Caller) -> None:
    """D3."""
    assert ours.post(URL, wire.raw("cdr_ac22_credit")).http == 201
    stored = Cdr.objects.get()
    assert (stored.credit, stored.credit_reference_id) == (True, "C-2026-10-14-0001")
    assert stored.total_cost < 0


def test_a_new_cdr_is_news_once(ours: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setitem(events._subscribers, "cdr.received", [lambda cdr: heard.append(cdr.ocpi_id)])
    for _ in range(2):
        ours.post(URL, wire.raw("cdr_ac22"))
    assert heard == ["C-2026-10-14-0001"]


def test_what_a_cdr_says_cannot_be_changed_in_the_database(cdr: Cdr) -> None:
    """D1, D5."""
    for change in ({"body": "{}"}, {"total_cost": 1}, {"raw": b""}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Cdr.objects.filter(pk=cdr.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        cdr.delete()


def test_the_emsp_sees_and_receives_a_cdr_when_it_is_accepted(
    cdr: Cdr, nomad: Connection, cleo: Connection, ac22: dict[str, Any]
) -> None:
    partner = Caller("Nomad")
    assert (partner.get("/sender/cdrs").data, Push.objects.count()) == ([], 0)
    accept(cdr)
    assert partner.get("/sender/cdrs").data == [ac22]
    assert Caller("Cleo").get("/sender/cdrs").data == Caller("Volta").get("/sender/cdrs").data == []
    push = Push.objects.get()
    assert (push.connection, push.method, push.module, push.path) == (nomad, "POST", "cdrs", "")
    assert push.body == cdr.body


def test_a_cdr_accepted_again_is_not_pushed_again_and_stays_visible_while_held(cdr: Cdr) -> None:
    accept(cdr)
    services.move(cdr=cdr, to=CdrState.HELD, reason="Disputed.", at=LATER)
    assert len(Caller("Nomad").get("/sender/cdrs").data) == 1
    accept(Cdr.objects.get())
    assert Push.objects.count() == 1


def test_a_credit_cdr_is_neither_shown_nor_counted_in_2_1_1(ours: Caller, cdr: Cdr) -> None:
    """D3, T42: 2.1.1 has none, and would take it for a charge."""
    ours.post(URL, wire.raw("cdr_ac22_credit"))
    for one in Cdr.objects.all():
        accept(one)
    for version, count in (("2.2.1", 2), ("2.1.1", 1)):
        reply = Caller("Nomad", version).get("/sender/cdrs")
        assert (len(reply.data), reply.headers["X-Total-Count"]) == (count, str(count))


def test_a_held_cdr_is_not_shown_to_the_emsp(cdr: Cdr) -> None:
    services.move(cdr=cdr, to=CdrState.HELD, reason="The price differs.", at=LATER)
    assert Caller("Nomad").get("/sender/cdrs").data == []
    assert not Push.objects.exists()
    stored = Cdr.objects.get()
    assert (stored.state, stored.state_reason, stored.state_at) == ("held", "The price differs.", LATER)


def test_a_cdr_of_a_partner_goes_to_no_other_platform_when_its_emsp_is_ours(volta: Connection) -> None:
    cast.polder(url="http://polder.invalid")
    cast.agreement("NL*PLD", "NL*VGO")
    assert Caller("Polder Laden").post(URL, wire.raw("cdr_polder")).http == 201
    accept(Cdr.objects.get())
    assert str(Push.objects.get().connection) == "Volta"
    assert len(Caller("Volta").get("/sender/cdrs").data) == 1


def test_a_move_that_is_not_in_the_table_changes_nothing(cdr: Cdr) -> None:
    with pytest.raises(CannotMove, match="cannot become settled"):
        services.move(cdr=cdr, to=CdrState.SETTLED, reason="", at=LATER)
    assert Cdr.objects.get().state == "received"


def test_the_portal_lists_cdrs_with_their_parties_and_without_evidence(cdr: Cdr) -> None:
    (found,) = selectors.list_for(cast.person("Otto", "operator"))
    assert {"body", "raw"} <= found.get_deferred_fields()
    assert (str(found.party), str(found.emsp)) == ("NL*VLT", "DE*NMD")


def test_an_emsp_that_appears_later_is_recognized(volta: Connection) -> None:
    Caller("Volta").post(URL, wire.raw("cdr_ac22"))
    cdr = Cdr.objects.get()
    assert services.recognize_emsp(cdr=cdr) is None
    cast.nomad()
    assert str(services.recognize_emsp(cdr=cdr)) == "DE*NMD"
    assert str(Cdr.objects.get().emsp) == "DE*NMD"


# Import from files.


def imported(path: Path, content: bytes, *arguments: str, code: int | None = None) -> dict[str, Any]:
    """What `import_cdrs --json` prints for a file of this content; `code` is the exit code, None for success."""
    path.write_bytes(content)
    output = io.StringIO()
    if code is None:
        call_command("import_cdrs", str(path), "--json", *arguments, stdout=output)
    else:
        with pytest.raises(SystemExit) as left:
            call_command("import_cdrs", str(path), "--json", *arguments, stdout=output)
        assert left.value.code == code
    answer = json.loads(output.getvalue())
    assert isinstance(answer, dict)
    return answer


def counts(answer: dict[str, Any]) -> tuple[int, int, int, int]:
    return (answer["read"], answer["stored"], answer["repeated"], answer["refused"])


def test_an_array_a_line_file_and_a_saved_answer_are_all_imported(nomad: Connection, tmp_path: Path) -> None:
    ac22, dc150 = wire.raw("cdr_ac22").strip(), wire.raw("cdr_dc150").strip()
    array = b"[" + ac22 + b",\n" + dc150 + b"]"
    lines = b"\n".join(json.dumps(json.loads(text)).encode() for text in (ac22, dc150))
    answer = b'{"status_code": 1000, "timestamp": "2026-11-20T09:42:00Z", "data": ' + array + b"}"
    assert counts(imported(tmp_path / "array.json", array)) == (2, 2, 0, 0)
    assert counts(imported(tmp_path / "lines.jsonl", lines)) == (2, 0, 2, 0)
    assert counts(imported(tmp_path / "answer.json", b"\xef\xbb\xbf" + answer)) == (2, 0, 2, 0)
    assert counts(imported(tmp_path / "data.json", b'{"data": ' + array + b"}")) == (2, 0, 2, 0)
    assert counts(imported(tmp_path / "one.json", ac22)) == (1, 0, 1, 0)
    stored = Cdr.objects.get(ocpi_id="C-2026-10-14-0001")
    assert (bytes(stored.raw), stored.via, stored.connection) == (ac22, "import", None)


def test_good_cdrs_are_imported_beside_broken_ones_which_are_listed(nomad: Connection, tmp_path: Path) -> None:
    good, foreign, broken = wire.load("cdr_ac22"), wire.load("cdr_polder"), wire.load("cdr_dc150")
    del broken["currency"]
    dearer = {**good, "remark": "other"}
    lines = [encode(good), b"", encode(broken), b"{truncated", encode(foreign), encode(dearer)]
    answer = imported(tmp_path / "cdrs.jsonl", b"\n".join(lines), code=1)
    assert counts(answer) == (5, 1, 0, 4)
    by_index = {error["index"]: error for error in answer["errors"]}
    assert by_index[3] == {"index": 3, "id": broken["id"], "violations": ["$.currency is required"]}
    assert "not JSON" in by_index[4]["violations"][0]
    assert "add_connection" in by_index[5]["violations"][0]
    assert "other content" in by_index[6]["violations"][0]
    assert Cdr.objects.count() == 1
    assert Finding.objects.count() == 1


def test_an_import_for_one_party_refuses_the_cdrs_of_others(nomad: Connection, tmp_path: Path) -> None:
    answer = imported(tmp_path / "cdr.json", wire.raw("cdr_ac22"), "--party", "NL*PLD", code=1)
    assert answer["errors"][0]["violations"] == ["It belongs to NL*VLT, not to NL*PLD."]
    assert counts(imported(tmp_path / "cdr.json", wire.raw("cdr_ac22"), "--party", "nl-vlt")) == (1, 1, 0, 0)


def test_a_file_that_is_none_of_the_forms_is_an_error_in_a_sentence(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_cdrs", str(tmp_path / "missing.json"))
    (tmp_path / "broken.json").write_bytes(b'[{"id": ')
    with pytest.raises(CommandError, match="not JSON"):
        call_command("import_cdrs", str(tmp_path / "broken.json"))
    with pytest.raises(CommandError, match="is not a party"):
        call_command("import_cdrs", str(tmp_path / "broken.json"), "--party", "Volta Go")
