"""Tokens as a file: one row each. Pure."""

from collections.abc import Sequence
from typing import get_args

from roaming.ocpi.schema import enums
from roaming.own_objects.columns import Column, written
from roaming.own_objects.sheets.sheet import Built, Data, Row, Sheet
from roaming.own_objects.spellings import YES_NO, one_of

TOKEN = (
    Column(
        "uid",
        ("uid",),
        about="What a station reads: the UID of a card in hexadecimal.",
        label="UID",
        key=True,
        required=True,
    ),
    Column(
        "type",
        ("type",),
        one_of(sorted(enums.TOKEN_TYPES_221 | {"EMAID"})),
        "What kind of token it is.",
        key=True,
        required=True,
    ),
    Column(
        "contract_id",
        ("contract_id",),
        about="The driver's contract, as in NL-VGO-C00012345-X.",
        label="Contract",
        required=True,
    ),
    Column("visual_number", ("visual_number",), about="The number printed on the card."),
    Column("issuer", ("issuer",), about="The company that issued it, as printed on the card.", required=True),
    Column("group_id", ("group_id",), about="Tokens of one group stop each other's sessions.", label="Group"),
    Column(
        "valid",
        ("valid",),
        YES_NO,
        "Whether it may charge. A token is never deleted: no makes it invalid.",
        required=True,
    ),
    Column(
        "whitelist",
        ("whitelist",),
        one_of(get_args(enums.WhitelistType)),
        "May a CPO decide without asking us?",
        required=True,
    ),
    Column("language", ("language",), about="The driver's, two letters."),
    Column(
        "default_profile_type",
        ("default_profile_type",),
        one_of(get_args(enums.ProfileType)),
        "How the driver likes to charge.",
        "Charging preference",
    ),
    Column(
        "energy_supplier",
        ("energy_contract", "supplier_name"),
        about="Whose energy the driver buys at home.",
        alone=True,
    ),
    Column("energy_contract", ("energy_contract", "contract_id"), about="The contract with that supplier."),
)

EXAMPLE: Data = {
    "uid": "04A2B3C4D5E680",
    "type": "RFID",
    "contract_id": "NL-VGO-C00012345-X",
    "visual_number": "VGO 0001 2345",
    "issuer": "Volta Go",
    "valid": True,
    "whitelist": "ALLOWED",
    "language": "nl",
}


def rows(token: Data) -> list[dict[str, str]]:
    return [written(TOKEN, token)]


def build(found: Sequence[Row], stored: Data | None) -> Built:
    built = Built(found)
    built.data = built.filled(TOKEN, found, stored or {})
    return built


SHEET = Sheet(TOKEN, ("uid", "type"), rows, build, EXAMPLE, one_row=True)
