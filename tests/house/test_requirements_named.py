"""What OCPI makes mandatory, and what was decided where it leaves a choice: some test proves it and names its number.

D9 alone is missing: it says what a word means and asks for nothing.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MANDATORY = {
    "transport": "T1 T2 T3 T4 T5 T6 T7 T10 T11 T12 T13 T14 T20 T21 T22 T23 T24 T25 T30 T31 T32 T108 T109",
    "lists": "T40 T41 T42 T43 T44 T45 T46 T47 T48 T49 T50",
    "order": "T60 T61 T62 T63 T64 T65 T66 T70 T71 T72 T73 T74 T75",
    "values": "T80 T81 T82 T83 T84 T85 T86 T87 T88 T89 T90",
    "routing": "T100 T101 T102 T103 T104 T105 T106 T107 H0 H1 H2 H3",
    "versions": "V1 V2 V3 V4 V5 V6 V7",
    "credentials": "C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12 C13 C14",
    "locations": "L1 L2 L3 L4 L5 L6 L7 L8 L9 L10 L11 L12",
    "sessions": "S1 S2 S3 S4 S5 S6 S7 S8",
    "cdrs": "D1 D2 D3 D4 D5 D6 D7 D8 D10 D11 D12 D13 D14",
    "tariffs": "R1 R2 R3 R4 R5 R6 R7 R8 R9",
    "tokens": "K1 K2 K3 K4 K5 K6 K7 K8",
    "commands": "M1 M2 M3 M4 M5 M6 M7 M8 M9 P1 P2 P3",
    "invoices": "I1 I2 I3 I4 I5 I6",
    "payments": "Y1 Y2 Y3 Y4",
    "bookings": "B1 B2 B3 B4",
}


@cache
def named() -> frozenset[str]:
    """The numbers in the docstrings of all tests and test modules, which are read once."""
    said = []
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (text := ast.get_docstring(node)):
                said.append(text)
    return frozenset(re.findall(r"\b[A-Z]\d+\b", " ".join(said)))


@pytest.mark.parametrize("module", MANDATORY)
def test_every_mandatory_requirement_is_named_by_the_test_that_proves_it(module: str) -> None:
    assert not set(MANDATORY[module].split()) - named()
