"""What OCPI makes mandatory of the modules of all versions: some test proves it and names its number."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MANDATORY = {
    "transport": "T1 T2 T4 T5 T6 T10 T11 T12 T20 T21 T22 T24 T25 T30 T32",
    "lists": "T40 T41 T42 T43 T44 T45 T48 T49",
    "order": "T60 T61 T62 T63 T64 T65 T70 T71 T72 T73 T74 T75",
    "values": "T80 T81 T82 T83 T84 T85 T86 T87 T88",
    "routing": "T100 T101 T102 T103 T104 T105 T106 H1 H2",
    "versions": "V1 V2 V3 V4",
    "credentials": "C2 C3 C4 C5 C6 C7 C8 C9 C13",
    "locations": "L1 L2 L3 L5 L6 L7 L8",
    "sessions": "S1 S2 S3 S4 S5",
    "cdrs": "D1 D2 D3 D4 D5 D6 D8 D10",
    "tariffs": "R1 R2 R3 R4 R6 R8",
    "tokens": "K1 K2 K3 K4 K5 K8",
    "commands": "M1 M2 M4 M5 M6 M7 M8 M9 P1 P2",
    "invoices": "I2 I3",
    "bookings": "B2",
}


def named() -> str:
    """What the docstrings of all tests and test modules say."""
    said = []
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (text := ast.get_docstring(node)):
                said.append(text)
    return " ".join(said)


@pytest.mark.parametrize("module", MANDATORY)
def test_every_mandatory_requirement_is_named_by_the_test_that_proves_it(module: str) -> None:
    words = set(named().replace(",", " ").replace(".", " ").replace(":", " ").replace(";", " ").split())
    assert not set(MANDATORY[module].split()) - words
