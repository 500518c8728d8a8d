"""`make bench ARGS=pricing`: how many CDRs are priced a second, and what memory a stream of them takes. With
`ARGS="pricing compiled"` the same of the engine as machine code, where there is a C compiler.

The CDR has five periods, the tariff three elements, one of them by the hour. Figures stand beside `json.loads` of the
same bytes in the same run, because machines differ.
"""

import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.clock import seconds
from billing import pricing
from billing.pricing.cases import Cases
from billing.pricing.shapes import Cdr

ROOT = Path(__file__).resolve().parent.parent
TARIFF: dict[str, Any] = {
    "country_code": "NL",
    "party_id": "VLT",
    "id": "DAY-NIGHT",
    "currency": "EUR",
    "tax_included": "NO",
    "elements": [
        {"price_components": [{"type": "FLAT", "price": 0.5, "vat": 21, "step_size": 1}]},
        {
            "price_components": [{"type": "ENERGY", "price": 0.49, "vat": 21, "step_size": 100}],
            "restrictions": {"start_time": "07:00", "end_time": "21:00"},
        },
        {
            "price_components": [
                {"type": "ENERGY", "price": 0.29, "vat": 21, "step_size": 100},
                {"type": "PARKING_TIME", "price": 3, "vat": 21, "step_size": 300},
            ]
        },
    ],
    "last_updated": "2027-01-01T00:00:00Z",
}


def _period(hour: int, **volumes: float) -> dict[str, Any]:
    return {
        "start_date_time": f"2027-03-01T{hour:02}:00:00Z",
        "dimensions": [{"type": kind, "volume": volume} for kind, volume in volumes.items()],
        "tariff_id": "DAY-NIGHT",
    }


CDR: dict[str, Any] = {
    "country_code": "NL",
    "party_id": "VLT",
    "id": "VLT-1",
    "start_date_time": "2027-03-01T17:00:00Z",
    "end_date_time": "2027-03-01T22:00:00Z",
    "session_id": "S-1",
    "cdr_token": {"country_code": "DE", "party_id": "NMD", "uid": "04A1", "type": "RFID", "contract_id": "DE-NMD-1"},
    "auth_method": "WHITELIST",
    "cdr_location": {
        "id": "L1",
        "address": "Kade 1",
        "city": "Amsterdam",
        "country": "NLD",
        "coordinates": {"latitude": "52.370216", "longitude": "4.895168"},
        "evse_uid": "E1",
        "evse_id": "NL*VLT*E1",
        "connector_id": "1",
        "connector_standard": "IEC_62196_T2",
        "connector_format": "SOCKET",
        "connector_power_type": "AC_3_PHASE",
    },
    "currency": "EUR",
    "charging_periods": [
        _period(17, ENERGY=10.1234, TIME=1),
        _period(18, ENERGY=9.8765, TIME=1),
        _period(19, ENERGY=10.5, TIME=1),
        _period(20, ENERGY=4.25, TIME=0.5, PARKING_TIME=0.5),
        _period(21, PARKING_TIME=1),
    ],
    "total_cost": {"before_taxes": 20.61},
    "total_energy": 34.7499,
    "total_time": 5,
    "total_parking_time": 1.5,
    "last_updated": "2027-03-01T22:05:00Z",
}
BODY = json.dumps(CDR).encode()


def main(count: int = 100_000) -> None:
    """Print CDRs a second, and the memory of a stream of `count`."""
    plan = pricing.compile([pricing.read_tariff(json.loads(json.dumps(TARIFF), parse_float=str))])
    decoder = msgspec.json.Decoder(Cdr)

    def parsed_and_priced() -> object:
        priced = pricing.price_by(plan, pricing.decode_cdr(BODY, decoder))
        return priced.total

    def explained() -> object:
        priced = pricing.price_by(plan, pricing.decode_cdr(BODY, decoder))
        return priced.total, priced.lines, priced.warnings

    base = seconds(lambda: json.loads(BODY))
    print(f"{f'CDR of {len(BODY)} bytes, 5 periods, 3 elements':52} {'a second':>10} {'× json.loads':>14}")
    _tell("json.loads", base, base)
    _tell("parsed and priced", seconds(parsed_and_priced), base)
    _tell("parsed, priced and explained", seconds(explained), base)
    line = json.dumps({"id": 1, "version": "2.3.0", "tariff": TARIFF, "cdr": CDR}).encode()
    _tell("a case of a batch: line in, line out", seconds(_answering(line)), base)
    _tell("in batch, on all cores", _batch(line, count), base)
    print(f"{f'memory after {count:,} / {count * 3:,} CDRs of a stream':52} {_memory(line, count)}")


def compiled() -> None:
    """Compile a copy, and measure that."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, str(ROOT / "deploy" / "compile.py"), folder], check=True)
        (Path(folder) / "benchmarks").symlink_to(ROOT / "benchmarks")
        command = [sys.executable, "-m", "benchmarks", "pricing"]
        subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": folder}, check=True)


def _tell(name: str, taken: float, base: float) -> None:
    print(f"{name:52} {1 / taken:10,.0f} {taken / base:14.2f}", flush=True)


def _answering(line: bytes) -> Callable[[], object]:
    cases = Cases()
    return lambda: cases.answer(line)


def _batch(line: bytes, count: int) -> float:
    """Seconds a CDR takes in `price --batch --jobs 0`, without the start of the process."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / "one.jsonl", Path(folder) / "all.jsonl"]
        for file, lines in zip(files, (1, count), strict=True):
            with file.open("wb") as cases:
                cases.writelines(itertools.repeat(line + b"\n", lines))
        one, everything = (_run(file) for file in files)
    return (everything - one) / (count - 1)


def _run(file: Path) -> float:
    began = time.perf_counter()
    command = [sys.executable, "manage.py", "price", "--batch", str(file), "--jobs", "0"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _memory(line: bytes, count: int) -> str:
    """Megabytes at the most, after some and after three times as many."""
    cases = Cases()
    return " / ".join(f"{most} MB" for most in _peaks(cases, line, count))


def _peaks(cases: Cases, line: bytes, count: int) -> Iterator[int]:
    for times in (1, 2):
        for _ in range(count * times):
            cases.answer(line)
        yield resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
