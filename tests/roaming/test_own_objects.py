"""People keep our own locations, tariffs and tokens: by hand, from files, and partners are told."""

import json
import random
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from partners.connections import services as connections
from partners.parties.models import Party
from partners.people.models import Role, User
from roaming.exchange.models import Push
from roaming.locations.models import Location
from roaming.ocpi.schema import wire
from roaming.ocpi.schema.rules import Invalid
from roaming.own_objects import plans, reading, selectors, services, table
from roaming.own_objects.kinds import KINDS, LOCATION, TARIFF, TOKEN, Kind
from roaming.own_objects.models import Edit, Upload
from roaming.tariffs.models import Tariff
from roaming.tokens.models import Token
from tests import cast
from tests.wire import load

pytestmark = pytest.mark.django_db

LATER = cast.NOW + timedelta(hours=1)
EXAMPLES = {kind.name: kind for kind in KINDS.values()}


@pytest.fixture
def vgo() -> Party:
    """Volta Go, which has no back-end: eMSP and CPO, with an agreement with Polder Laden and one with Nomad."""
    cast.connection("Volta Go", "EMSP NL*VGO", "CPO NL*VGO", own=True, registered=False)
    cast.polder(url="http://polder.invalid")
    cast.nomad(url="http://nomad.invalid")
    cast.agreement("NL*PLD", "NL*VGO")
    cast.agreement("NL*VGO", "DE*NMD")
    return cast.party("NL*VGO", "EMSP")


@pytest.fixture
def otto() -> User:
    return cast.person("Otto", Role.OPERATOR)


def of(kind: Kind) -> Party:
    return cast.party("NL*VGO", kind.role)


def example(kind: Kind, **changes: Any) -> dict[str, Any]:
    """The object of the template, as a file says it."""
    rows = [{**row, **changes} for row in kind.sheet.rows(kind.sheet.example)]
    plan = plans.plan(kind, of(kind), table.write(kind.sheet.names, rows), version="", at=cast.NOW)
    assert plan.errors == []
    return plan.planned[0].data


def keep(kind: Kind, data: dict[str, Any], *, by: User | None = None, seen: str | None = None) -> Any:
    at = LATER if seen else cast.NOW
    return services.keep(kind=kind, party=of(kind), data=data, by=by, at=at, seen=seen)


def stored(kind: Kind, content: bytes | str, *, leave_out: bool = False, version: str = "2.3.0") -> plans.Plan:
    raw = content.encode() if isinstance(content, str) else content
    return services.store(
        kind=kind,
        party=of(kind),
        name="cards.csv",
        content=raw,
        version=version,
        leave_out=leave_out,
        by=None,
        at=LATER,
    )


def tokens_file(*changes: dict[str, str]) -> str:
    """A CSV of tokens like the example, one for each of `changes`."""
    (row,) = TOKEN.sheet.rows(TOKEN.sheet.example)
    return table.write(TOKEN.sheet.names, [row | one for one in changes])


def pushed() -> list[tuple[str, str, str]]:
    return [(push.connection.name, push.method, push.path) for push in Push.objects.order_by("id")]


# By hand


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_people_add_is_stored_with_our_time_and_partners_are_told(name: str, vgo: Party, otto: User) -> None:
    kind = EXAMPLES[name]
    row = keep(kind, example(kind), by=otto)
    told = "Polder Laden" if kind is TOKEN else "Nomad"
    assert pushed() == [(told, "PUT", f"NL/VGO/{row.ocpi_id}")]
    assert (row.party, row.last_updated, row.data["last_updated"]) == (of(kind), cast.NOW, "2026-11-20T09:42:00Z")
    edit = Edit.objects.get()
    assert (edit.what, edit.by, edit.subject, edit.source) == (
        "added",
        otto,
        selectors.subject(kind.identity_of(row)),
        "",
    )
    with pytest.raises(services.CannotKeep, match="already"):
        keep(kind, example(kind))


def test_a_change_is_written_down_with_before_and_after_and_none_is_not(vgo: Party, otto: User) -> None:
    row = keep(TOKEN, example(TOKEN))
    seen = row.data["last_updated"]
    keep(TOKEN, row.data, by=otto, seen=seen)
    assert (Edit.objects.count(), Push.objects.get().created_at) == (1, cast.NOW)
    keep(TOKEN, row.data | {"valid": False}, by=otto, seen=seen)
    assert Token.objects.get().valid is False
    assert wire.decode(Push.objects.get().body.encode())["valid"] is False  # type: ignore[index, call-overload]
    (entry, _) = selectors.trail_of(TOKEN, Token.objects.get())
    assert (entry.who, entry.what, list(entry.changes[0])) == ("Otto", "changed it", ["valid", "true", "false"])


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(vgo: Party) -> None:
    row = keep(TOKEN, example(TOKEN))
    seen = row.data["last_updated"]
    keep(TOKEN, row.data | {"valid": False}, seen=seen)
    with pytest.raises(services.CannotKeep, match="Somebody else"):
        keep(TOKEN, row.data | {"language": "de"}, seen=seen)
    assert "de" not in Token.objects.get().data.values()


def test_an_evse_that_is_left_out_is_removed_and_stays(vgo: Party) -> None:
    row = keep(LOCATION, example(LOCATION))
    keep(LOCATION, row.data | {"evses": []}, seen=row.data["last_updated"])
    after = Location.objects.get()
    assert [(one["uid"], one["status"]) for one in after.data["evses"]] == [("ZP-1", "REMOVED")]
    assert after.evse_count == 0
    keep(LOCATION, {**after.data, "evses": []}, seen=after.data["last_updated"])
    assert len(Location.objects.get().data["evses"]) == 1


def test_a_tariff_is_deleted_for_partners_and_can_be_added_again(vgo: Party, otto: User) -> None:
    row = keep(TARIFF, example(TARIFF))
    services.delete_tariff(tariff=row, by=otto, at=LATER)
    assert pushed() == [("Nomad", "DELETE", "NL/VGO/AC22")]
    with pytest.raises(services.CannotKeep):
        keep(TARIFF, row.data | {"currency": "SEK"}, seen=row.data["last_updated"])
    again = keep(TARIFF, example(TARIFF))
    assert (again.deleted_at, pushed()) == (None, [("Nomad", "PUT", "NL/VGO/AC22")])
    assert again.last_updated > row.last_updated
    assert [edit.what for edit in Edit.objects.order_by("id")] == ["added", "deleted", "added"]


@pytest.mark.parametrize(
    ("name", "changes", "violation"),
    [
        ("token", {"whitelist": "SOMETIMES"}, "$.whitelist"),
        ("token", {"issuer": " "}, "$.issuer"),
        ("location", {"country": "NL"}, "$.country"),
        ("location", {"time_zone": "Europe/Atlantis"}, "$.time_zone"),
        ("tariff", {"currency": "XYZ"}, "$.currency"),
        ("tariff", {"start_date_time": "2027-01-01T00:00:00Z", "end_date_time": "2026-01-01T00:00:00Z"}, "$.end_date"),
    ],
)
def test_what_may_not_be_one_of_ours_is_refused_and_nothing_is_stored(
    name: str, changes: dict[str, Any], violation: str, vgo: Party
) -> None:
    kind = EXAMPLES[name]
    with pytest.raises(Invalid) as refused:
        keep(kind, example(kind) | changes)
    assert str(refused.value).startswith(violation)
    assert (kind.model._default_manager.count(), Push.objects.count(), Edit.objects.count()) == (0, 0, 0)


def test_people_keep_nothing_that_a_back_end_or_a_partner_keeps(vgo: Party) -> None:
    data = example(TOKEN)
    for party, says in ((cast.party("NL*VGO", "CPO"), "has no tokens"), (cast.party("DE*NMD", "EMSP"), "“Nomad”")):
        with pytest.raises(services.CannotKeep, match=says):
            services.keep(kind=TOKEN, party=party, data=data, by=None, at=cast.NOW)
    connections.register(
        connection=vgo.connection,
        version="2.2.1",
        versions_url="",
        endpoints=[{"identifier": "tokens", "role": "SENDER", "url": "http://go.invalid/tokens"}],
        token_out="out",
        token_in="in",
        roles=[],
        at=cast.NOW,
    )
    with pytest.raises(services.CannotKeep, match="are kept by “Volta Go”; change them there"):
        keep(TOKEN, data)
    assert Token.objects.count() == 0


# Files


def test_a_file_is_previewed_and_stores_nothing(vgo: Party) -> None:
    keep(TOKEN, example(TOKEN, uid="A"))
    keep(TOKEN, example(TOKEN, uid="B"))
    text = tokens_file(
        {"uid": "a"}, {"uid": "B", "valid": "no"}, {"uid": "C"}, {"uid": "D", "valid": "?"}, {"uid": "C"}
    )
    plan = plans.plan(TOKEN, vgo, text, version="", at=LATER)
    assert plan.counts == {"new": 1, "changed": 1, "unchanged": 1, "wrong": 2}
    assert [tuple(one) for one in plan.of("changed")[0].differences] == [("valid", "true", "false")]
    assert [tuple(error) for error in plan.errors] == [
        (5, "valid", "valid must be yes or no, not “?”."),
        (6, "uid", "The token “C” is in row 4 already."),
    ]
    assert Token.objects.count() == 2


def test_a_file_with_errors_is_stored_as_a_whole_or_without_them_when_somebody_says_so(vgo: Party) -> None:
    text = tokens_file({"uid": "A"}, {"uid": "B", "whitelist": "SOMETIMES"})
    with pytest.raises(services.CannotStore, match="1 token of the file cannot be stored"):
        services.store_upload(**confirming(text))
    assert (Token.objects.count(), stored(TOKEN, text).counts["wrong"]) == (0, 1)
    assert Token.objects.count() == 0
    stored(TOKEN, text, leave_out=True)
    assert [row.ocpi_id for row in Token.objects.all()] == ["A"]


def confirming(text: str, **changes: Any) -> dict[str, Any]:
    """What confirms a file that was just uploaded and looked at."""
    by = User.objects.first() or cast.person("Otto", Role.OPERATOR)
    upload = services.take(
        kind=TOKEN, party=of(TOKEN), name="cards.csv", content=text.encode(), version="2.3.0", by=by, at=cast.NOW
    )
    seen = services.plan_of(upload, at=cast.NOW).fingerprint
    return {"upload": upload, "seen": seen, "leave_out": False, "by": by, "at": LATER, **changes}


def test_a_confirmed_file_is_stored_once_told_to_partners_and_written_down(vgo: Party) -> None:
    confirmed = confirming(tokens_file({"uid": "A"}, {"uid": "B"}))
    services.store_upload(**confirmed)
    assert [path for _, _, path in pushed()] == ["NL/VGO/A", "NL/VGO/B"]
    edit = Edit.objects.get(subject="A RFID")
    assert (edit.by, edit.source) == (confirmed["by"], f"cards.csv ({confirmed['upload'].sha256[:12]})")
    with pytest.raises(services.CannotStore, match="stored already"):
        services.store_upload(**confirmed)


def test_a_preview_that_is_not_true_any_more_is_made_again_before_anything_is_stored(vgo: Party) -> None:
    keep(TOKEN, example(TOKEN, uid="A"))
    confirmed = confirming(tokens_file({"uid": "A", "language": "de"}))
    keep(TOKEN, Token.objects.get().data | {"valid": False}, seen="2026-11-20T09:42:00Z")
    with pytest.raises(services.PlanChanged) as changed:
        services.store_upload(**confirmed)
    assert [one.path for one in changed.value.plan.of("changed")[0].differences] == ["language", "valid"]
    assert Token.objects.get().valid is False
    services.store_upload(**confirmed | {"seen": changed.value.plan.fingerprint})
    assert (Token.objects.get().valid, Token.objects.get().data["language"]) == (True, "de")


def test_files_are_forgotten_after_a_day(vgo: Party) -> None:
    confirming(tokens_file({"uid": "A"}))
    assert services.forget(cast.NOW + timedelta(hours=23)) == 0
    assert services.forget(cast.NOW + timedelta(hours=24)) == 1
    assert Upload.objects.count() == 0


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_we_have_is_exported_and_comes_back_unchanged(name: str, vgo: Party, tmp_path: Path) -> None:
    kind = EXAMPLES[name]
    wild = {"token": {"visual_number": "=1+1"}, "location": {"name": "-Zuid; “west”\u00a0"}, "tariff": {}}[name]
    keep(kind, example(kind) | wild)
    keep(kind, deepcopy(example(kind)) | {kind.key: "ANOTHER", "x_field": {"kept": 1}})
    code, file = of(kind).code, str(tmp_path / "ours.csv")
    call_command("export_objects", kind.module, file, "--party", code)
    plan = stored(kind, Path(file).read_bytes())
    assert plan.counts == {"new": 0, "changed": 0, "unchanged": 2, "wrong": 0}


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_json_of_any_version_is_read_and_needs_no_owner_and_no_age(version: str, vgo: Party) -> None:
    token = {**load("token_nomad"), "uid": "CARD-1", "contract_id": "NL-VGO-C1", "issuer": "Volta Go"}
    for name in ("country_code", "party_id", "last_updated"):
        del token[name]
    if version == "2.1.1":
        token = {**token, "auth_id": token.pop("contract_id")}
    for told in (token, [token], {"status_code": 1000, "data": [token]}):
        plan = plans.plan(TOKEN, vgo, json.dumps(told), version=version, at=LATER)
        assert (plan.errors, plan.counts["new"]) == ([], 1)
    stored(TOKEN, json.dumps([token]), version=version)
    row = Token.objects.get()
    assert (row.party, row.contract_id, row.last_updated) == (vgo, "NL-VGO-C1", LATER)


def test_what_is_wrong_with_json_is_said_by_object_and_path(vgo: Party) -> None:
    token = {**load("token_nomad"), "uid": "CARD-1"}
    ours = {**token, "country_code": "NL", "party_id": "VGO"}
    found = plans.plan(TOKEN, vgo, json.dumps([token, ours | {"valid": "yes"}, 5]), version="2.2.1", at=LATER)
    assert [tuple(error) for error in found.errors] == [
        (1, "$.country_code", "$.country_code must be NL, because it is to be one of NL*VGO."),
        (2, "$.valid", "$.valid must be true or false, not a string."),
        (3, "$", "$ must be an object, not a number."),
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\xff\xfeu\0i\0d\0", "not UTF-8: byte 0"),
        (b"uid,type\0\n", "The file is no text"),
        (b"[{]", "The file is not JSON"),
        (b"[]", "The file holds no object."),
        (b"x" * (reading.MOST_BYTES + 1), "larger than 20 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(content: bytes, sentence: str, vgo: Party) -> None:
    with pytest.raises(reading.NotReadable) as refused:
        stored(TOKEN, content)
    assert sentence in str(refused.value)


def garbage(dice: random.Random) -> bytes:
    """A file of ours after an accident: bytes changed, cut out and doubled."""
    kind = dice.choice(list(KINDS.values()))
    rows = kind.sheet.rows(kind.sheet.example)
    text = dice.choice([table.write(kind.sheet.names, rows), json.dumps([kind.sheet.example], default=str)])
    raw = bytearray(text.encode())
    for _ in range(dice.randint(1, 12)):
        at, length = dice.randrange(len(raw)), dice.randint(1, 30)
        odd = dice.choice(
            [
                b"",
                b"\0",
                b'"',
                b",;|",
                b"\xff",
                b"null",
                b"[{",
                b"-1e999",
                "\u202e".encode(),
                bytes(raw[at : at + length]),
            ]
        )
        raw[at : at + dice.choice([0, 1, length])] = odd
    return bytes(raw)


def test_no_garbage_makes_more_than_a_sentence(vgo: Party) -> None:
    dice = random.Random(7)
    for _ in range(120):
        content = garbage(dice)
        for kind in KINDS.values():
            try:
                text = reading.text_of(content)
                plan = plans.plan(kind, of(kind), text, version=dice.choice(["2.1.1", "2.2.1", "2.3.0"]), at=cast.NOW)
            except reading.NotReadable as refused:
                assert str(refused).endswith(".")
            else:
                assert all(error.sentence.endswith(".") for error in plan.errors)


def test_many_tokens_take_few_statements(vgo: Party, django_assert_max_num_queries: Callable[[int], Any]) -> None:
    file = tokens_file(*({"uid": f"CARD-{number}"} for number in range(300)))
    with django_assert_max_num_queries(35):
        assert stored(TOKEN, file).counts["new"] == 300
    with django_assert_max_num_queries(35):
        assert stored(TOKEN, file.replace("yes", "no")).counts["changed"] == 300
    assert Token.objects.filter(valid=False).count() == Push.objects.count() == 300


# Commands


def test_a_file_is_imported_on_the_command_line(vgo: Party, tmp_path: Path) -> None:
    file = tmp_path / "cards.csv"
    file.write_text(tokens_file({"uid": "A"}, {"uid": "B", "valid": "?"}))
    told = StringIO()
    asked = ["import_objects", "tokens", str(file), "--party", "NL*VGO", "--json"]
    with pytest.raises(SystemExit):
        call_command(*asked, stdout=told)
    with pytest.raises(SystemExit):
        call_command(*asked, "--leave-out-errors", "--dry-run", stdout=told)
    assert Token.objects.count() == 0
    with pytest.raises(SystemExit):
        call_command(*asked, "--leave-out-errors", stdout=told)
    first, _, last = map(json.loads, told.getvalue().splitlines())
    assert (first["stored"], first["new"], last["stored"]) == (0, 1, 1)
    assert last["errors"] == [{"row": 3, "column": "valid", "sentence": "valid must be yes or no, not “?”."}]
    assert (Token.objects.get().ocpi_id, Edit.objects.get().by) == ("A", None)


def test_the_command_tells_the_problems_of_tariffs_and_stores_them(vgo: Party, tmp_path: Path) -> None:
    file = tmp_path / "tariffs.json"
    free = {"id": "FREE", "currency": "EUR", "tax_included": "NO", "elements": []}
    empty = {"price_components": [{"type": "ENERGY", "price": 0.3, "vat": 21, "step_size": 0}]}
    file.write_text(json.dumps([{**free, "elements": [empty]}]))
    asked = ["import_objects", "tariffs", str(file), "--party", "NL*VGO"]
    told, complaints = StringIO(), StringIO()
    call_command(*asked, "--dry-run", "--json", stdout=told)
    [problem] = json.loads(told.getvalue())["problems"]
    assert (problem["row"], problem["code"], problem["severity"]) == (1, "step_size_zero", "warning")
    call_command(*asked, stdout=told, stderr=complaints)
    path = "$.elements[0].price_components[0].step_size"
    assert complaints.getvalue().startswith(f"Row 1: warning step_size_zero at {path}: ")
    assert Tariff.objects.get().ocpi_id == "FREE"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("tokens", "nowhere.csv", "--party", "NL*VGO"), "nowhere.csv cannot be read"),
        (("tokens", "nowhere.csv", "--party", "NL*XXX"), "NL\\*XXX is not known as eMSP"),
        (("tokens", "nowhere.csv", "--party", "NLXXXX"), "is not a party"),
    ],
)
def test_a_command_that_cannot_be_done_says_why(arguments: tuple[str, ...], sentence: str, vgo: Party) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("import_objects", *arguments)
    assert Tariff.objects.count() == 0
