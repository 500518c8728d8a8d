"""A price by the library and by `manage.py price`: the worked examples are priced by both."""

import json
import tempfile
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from billing import pricing
from roaming.ocpi.schema import wire
from tests.unit.pricing.cases import Json, priced


def costs(charge: Json, *tariffs: Json, version: str) -> pricing.Amounts:
    """Before and after tax; the command line says the same of the same files."""
    total = priced(charge, *tariffs, policy=pricing.of_version(version)).total
    report = reported(charge, *tariffs, version=version)
    assert total == (_amount(report["total_cost_excl_vat"]), _amount(report["total_cost_incl_vat"]))
    return total


def reported(charge: Json, *tariffs: Json, version: str | None) -> Json:
    """What `manage.py price --json` prints; without a version it guesses it."""
    with tempfile.TemporaryDirectory() as folder:
        cdr, *owed = (_file(Path(folder), number, one) for number, one in enumerate((charge, *tariffs)))
        out = StringIO()
        call_command("price", cdr=cdr, tariff=owed, version=version, json=True, stdout=out)
    report: Json = json.loads(out.getvalue())
    return report


def _file(folder: Path, number: int, value: Any) -> str:
    path = folder / f"{number}.json"
    path.write_bytes(wire.encode(value))
    return str(path)


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
