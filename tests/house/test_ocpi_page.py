"""The table of docs/ocpi.md is the table of the code."""

import re
from pathlib import Path

from roaming.ocpi.modules import MODULES
from roaming.ocpi.versions import OFFERED

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ocpi.md"


def test_docs_ocpi_lists_every_module_in_every_version() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (S R|–) \| (S R|–) \| (S R|–) \|$", PAGE.read_text(), re.MULTILINE)
    told = {name: dict(zip(OFFERED, cells, strict=True)) for name, *cells in rows}
    expected = {
        module.identifier: {version: "S R" if module.in_version(version) else "–" for version in OFFERED}
        for module in MODULES
    }
    assert told == expected
