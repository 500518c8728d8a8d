"""How values look, that every state has a tone, and that what we took from others is what they gave."""

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from billing.disputes.models import DisputeState
from billing.invoices.models import InvoiceState
from billing.rating.models import Verdict
from partners.agreements.models import AgreementState
from partners.connections.models import Connection, ConnectionState
from roaming.cdrs.models import CdrState
from roaming.conformance.models import Outcome, RunState
from roaming.exchange.models import PullState, PushState
from roaming.findings.models import Severity, Standing
from roaming.portal import cells, locations, partners, states, tariffs
from roaming.registration.models import Outcome as AttemptOutcome
from roaming.tokens.models import Outcome as AuthorizationOutcome

VENDOR = Path(__file__).resolve().parents[2] / "static" / "vendor"
MODELS = {
    "cdr": CdrState,
    "push": PushState,
    "pull": PullState,
    "agreement": AgreementState,
    "dispute": DisputeState,
    "invoice": InvoiceState,
    "connection": ConnectionState,
    "finding": Severity,
    "standing": Standing,
    "verdict": Verdict,
    "conformance": RunState,
    "check": Outcome,
    "attempt": AttemptOutcome,
    "authorization": AuthorizationOutcome,
}


@pytest.mark.parametrize("kind", MODELS)
def test_every_state_of_a_model_has_a_tone_and_no_other_has(kind: str) -> None:
    assert set(states.TONES[kind]) == set(MODELS[kind].values)


def test_a_state_a_partner_made_up_is_shown_in_neutral() -> None:
    assert cells.state("evse", "ON_FIRE") == '<span class="state tone-neutral">On fire</span>'


@pytest.mark.parametrize(
    ("amount", "currency", "sign", "text"),
    [
        ("61204.18", "EUR", False, "61,204.18"),
        ("-198.9", "EUR", False, "\u2212198.90"),
        ("1.81", "EUR", True, "+1.81"),
        ("0", "EUR", True, "0.00"),
        ("4200", "JPY", False, "4,200"),
        ("1.5", "KWD", False, "1.500"),
    ],
)
def test_money_is_written_with_its_currency(amount: str, currency: str, sign: bool, text: str) -> None:
    shown = cells.money(Decimal(amount), currency, sign)
    assert f">{text}<" in shown
    assert f'<span class="cur">{currency}</span>' in shown


def test_what_a_partner_wrote_is_never_markup() -> None:
    evil = "<script>alert(1)</script>"
    drawn = (cells.mono(evil), cells.party(evil), cells.link(f"/{evil}", evil), cells.state("cdr", evil))
    for cell in (*drawn, cells.money(Decimal(1), evil), cells.number(1, evil), cells.spaced(evil, evil)):
        assert "<script" not in cell


def test_a_time_carries_its_zone_on_the_night_the_clocks_change() -> None:
    first = cells.when(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Europe/Amsterdam", year=True)
    second = cells.when(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Europe/Amsterdam", year=True)
    assert '25 Oct 2026 02:30<span class="zone">CEST</span>' in first
    assert '25 Oct 2026 02:30<span class="zone">CET</span>' in second
    assert 'title="2026-10-25 01:30:00 UTC"' in second


def test_a_connector_is_told_in_words() -> None:
    data = {"standard": "IEC_62196_T2", "format": "SOCKET", "power_type": "AC_3_PHASE", "max_electric_power": 22000}
    assert locations.connector(data) == "Type 2 socket, AC, 22 kW"
    assert locations.connector(data | {"standard": "DOMESTIC_F", "max_electric_power": None}) == "Domestic f socket, AC"


def test_the_conditions_of_a_price_are_told_in_words() -> None:
    restrictions = {"start_time": "23:00", "end_time": "07:00", "day_of_week": ["MONDAY", "FRIDAY"]}
    assert tariffs.conditions(restrictions) == "from 23:00, until 07:00, on Monday, Friday"
    assert tariffs.conditions(None) == tariffs.conditions({}) == "always"
    assert tariffs.conditions({"max_kwh": 0}) == "up to 0 kWh"
    assert tariffs.conditions({"min_duration": 5400, "max_duration": 7200}) == "after 1:30:00, in the first 2:00:00"
    assert tariffs.conditions({"customer_group": "gold"}) == "never: nobody knows the restriction “customer_group”"
    assert tariffs.conditions({"reservation": "RESERVATION_EXPIRES"}) == "for a reservation that nobody came for"


def test_reserved_time_has_a_unit_of_its_own() -> None:
    hourly = [{"type": "TIME", "price": 2, "step_size": 1}]
    reserved = {"price_components": hourly, "restrictions": {"reservation": "RESERVATION"}}
    rows = tariffs.prices({"elements": [{"price_components": hourly}, reserved]})
    assert [row["unit"] for row in rows] == ["per hour of charging", "per hour of reservation"]


@pytest.mark.parametrize(
    ("states", "standing"),
    [
        ("", ""),
        ("planned", "planned"),
        ("planned registered", "registered"),
        ("registered suspended planned", "suspended"),
        ("registered suspended offline", "offline"),
    ],
)
def test_a_partner_is_in_the_state_of_the_connection_that_needs_somebody_first(states: str, standing: str) -> None:
    assert partners.standing([Connection(state=state) for state in states.split()]) == standing


def test_vendored_files_are_what_their_makers_published() -> None:
    told = json.loads((VENDOR / "VERSIONS.json").read_text())
    files = {name: digest for package in told for name, digest in package["files"].items()}
    assert {name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in files} == files
    present = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}
    assert {name for name in present if not name.endswith(("LICENSE", "VERSIONS.json"))} == set(files)
