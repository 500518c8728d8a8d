"""`make bench`: prints two tables; only `paging` and `journal` need a database. docs/benchmarks.md tells what to
expect."""

import importlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roaming.settings")

from benchmarks import material
from benchmarks import pricing as pricing_bench
from benchmarks.clock import seconds
from billing import pricing
from roaming.ocpi.schema import transforms, validation, wire
from roaming.simulator import prices


@dataclass(frozen=True)
class Measure:
    """`work` against `base`, which is json.loads of the same bytes."""

    name: str
    work: Callable[[], object]
    base: Callable[[], object]


def measures() -> list[Measure]:
    return [*_of_a_cdr(), *_of_a_page()]


def _of_a_cdr() -> list[Measure]:
    body = material.a_cdr()
    charge = material.a_charge()
    newest = transforms.upgrade("2.2.1", "cdr", _object(body))
    tariffs = [pricing.read_tariff(tariff) for tariff in newest["tariffs"]]

    def intake() -> object:
        value = _object(body)
        validation.validate("2.2.1", "cdr", value)
        return transforms.upgrade("2.2.1", "cdr", value)

    def loads() -> object:
        return json.loads(body)

    def independent() -> object:
        return prices.price(charge.spot.tariff, list(charge.periods), time_zone=charge.spot.location["time_zone"])

    return [
        Measure(f"CDR ({len(body)} bytes): decode", lambda: wire.decode(body), loads),
        Measure(
            "CDR: decode and validate 2.2.1", lambda: validation.validate("2.2.1", "cdr", wire.decode(body)), loads
        ),
        Measure("CDR: decode, validate, bring to the newest shape", intake, loads),
        Measure("CDR: read its charge and price it", lambda: pricing.price(pricing.read_cdr(newest), tariffs), loads),
        Measure("CDR: the simulator's own pricing, for comparison", independent, loads),
    ]


def _object(body: bytes) -> dict[str, Any]:
    value = wire.decode(body)
    assert isinstance(value, dict)
    return value


def _of_a_page() -> list[Measure]:
    upgraded = [transforms.upgrade("2.2.1", "location", data) for data in material.fifty_locations()]
    texts = [wire.encode_text(data) for data in upgraded]
    page = ("[" + ",".join(texts) + "]").encode()

    def loads() -> object:
        return json.loads(page)

    def older() -> object:
        return [wire.encode_text(transforms.downgrade("2.2.1", "location", _object(t.encode()))[0]) for t in texts]

    return [
        Measure(f"50 locations ({len(page)} bytes): stored texts joined", lambda: "[" + ",".join(texts) + "]", loads),
        Measure("50 locations: decode, down to 2.2.1, encode", older, loads),
    ]


def main() -> None:
    """Print microseconds and ratios."""
    print(f"{'':52} {'µs':>10} {'× json.loads':>14}")
    for measure in measures():
        taken, base = seconds(measure.work), seconds(measure.base)
        print(f"{measure.name:52} {taken * 1e6:10.1f} {taken / base:14.2f}")
        sys.stdout.flush()


def _on_a_database(name: str, sizes: Sequence[str]) -> None:
    import django

    django.setup()
    module = importlib.import_module(f"benchmarks.{name}")
    module.main(*map(int, sizes))


if __name__ == "__main__":
    if sys.argv[1:2] in (["paging"], ["journal"]):
        _on_a_database(sys.argv[1], sys.argv[2:])
    elif sys.argv[1:] == ["pricing", "compiled"]:
        pricing_bench.compiled()
    elif sys.argv[1:2] == ["pricing"]:
        pricing_bench.main(*map(int, sys.argv[2:]))
    else:
        main()
        print()
        pricing_bench.main()
