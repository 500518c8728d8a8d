"""What OCPI makes mandatory of the modules of all versions: some test proves it and names its number."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MANDATORY = {
    "locations": "L1 L2 L3 L5 L6 L7 L8",
    "sessions": "S1 S2 S3 S4 S5",
    "cdrs": "D1 D2 D3 D4 D5 D6 D8 D10",
    "tariffs": "R1 R2 R3 R4 R6 R8",
    "tokens": "K1 K2 K3 K4 K5 K8",
    "order": "T60 T61 T62 T63 T64 T65 T70 T71 T72 T73 T74 T75",
}


def named() -> str:
    """What the docstrings of all tests and test modules say."""
    said = []
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Module | ast.FunctionDef) and (text := ast.get_docstring(node)):
                said.append(text)
    return " ".join(said)


@pytest.mark.parametrize("module", MANDATORY)
def test_every_mandatory_requirement_is_named_by_the_test_that_proves_it(module: str) -> None:
    words = set(named().replace(",", " ").replace(".", " ").replace(":", " ").replace(";", " ").split())
    assert not set(MANDATORY[module].split()) - words
