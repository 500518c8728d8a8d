"""Whose an object of OCPI 2.1.1 is, and whose token it names: what 2.1.1 leaves out."""

from typing import Any

import pytest

from roaming.ocpi.schema import validation
from roaming.ocpi.schema.known import NOTHING, Known
from roaming.ocpi.schema.validation import Invalid
from tests.unit.ocpi import oldest
from tests.unit.ocpi.oldest import CONTRACT, kept, newest, told

Json = dict[str, Any]


@pytest.mark.parametrize("kind", ["location", "tariff", "token", "session", "cdr"])
def test_the_owner_is_known_by_the_address_and_not_told_in_the_object(kind: str) -> None:
    value = getattr(oldest, kind)()
    up = newest(kind, value)
    assert (up["country_code"], up["party_id"]) == ("NL", "VLT")
    validation.validate("2.3.0", kind, up)
    back, losses = told(kind, up, Known(location=lambda _: newest("location", oldest.location())))
    assert back == value
    assert losses == []


def test_what_an_object_says_of_its_owner_beside_the_table_is_not_believed() -> None:
    up = newest("token", oldest.token(country_code="FR", party_id="XXX"))
    assert (up["country_code"], up["party_id"]) == ("NL", "VLT")


def test_a_patch_names_no_owner() -> None:
    assert newest("token", {"valid": False}) == {"valid": False}
    assert newest("location", {"name": "Zuid"}) == {"name": "Zuid"}


def test_the_tariffs_in_a_cdr_are_owned_too() -> None:
    [tariff] = newest("cdr", oldest.cdr())["tariffs"]
    assert (tariff["party_id"], tariff["tax_included"]) == ("VLT", "NO")


def test_a_contract_is_looked_up_and_keeps_its_spelling() -> None:
    asked = []

    def token(contract: str) -> Json:
        asked.append(contract)
        return kept("token", "token_nomad")

    up = newest("session", oldest.session(auth_id=CONTRACT.lower()), Known(owner=oldest.VOLTA, token=token))
    assert asked == [CONTRACT.lower()]
    assert up["cdr_token"] == {
        "country_code": "DE",
        "party_id": "NMD",
        "uid": "04A2B3C4D5E680",
        "type": "RFID",
        "contract_id": CONTRACT.lower(),
    }


@pytest.mark.parametrize(
    ("issuer", "contract", "code"),
    [
        (("DE", "NMD"), "DE8ACC12E46L89", ("DE", "NMD")),
        (None, "DE8ACC12E46L89", ("DE", "8AC")),
        (None, "de-8ac-C12E46L89-X", ("DE", "8AC")),
        (None, "NL*TNM*000122045*K", ("NL", "TNM")),
    ],
)
def test_an_unknown_contract_is_that_of_the_emsp_we_speak_with_or_of_the_one_that_it_names(
    issuer: tuple[str, str] | None, contract: str, code: tuple[str, str]
) -> None:
    up = newest("cdr", oldest.cdr(auth_id=contract), Known(owner=oldest.VOLTA, issuer=issuer))
    assert up["cdr_token"] == {
        "country_code": code[0],
        "party_id": code[1],
        "uid": contract,
        "type": "OTHER",
        "contract_id": contract,
    }


@pytest.mark.parametrize("contract", ["card 7", "", "DE8ACC12E46L89-TOO-LONG"])
def test_a_contract_of_nobody_is_refused(contract: str) -> None:
    with pytest.raises(Invalid, match=r"^\$.auth_id must be the contract of a token that is known here$"):
        newest("session", oldest.session(auth_id=contract), NOTHING)
