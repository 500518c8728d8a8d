"""A wrong CDR, from the hold to the claim's end."""

import pytest

from billing.disputes import services as disputes
from billing.disputes.models import Dispute, DisputeState, Reason
from billing.invoices.models import InvoiceLine
from billing.settlement import services as settlement
from partners.people.models import Role
from roaming.cdrs.models import CdrState
from roaming.kernel import clock
from roaming.simulator.charges import Charge, Fault
from roaming.simulator.platform import Platform
from roaming.simulator.prices import cents
from tests.journeys.house import NMD, VGO, VLT, House, billed, cdr_of, good


@pytest.fixture
def volta(house: House) -> Platform:
    """Volta and Nomad, with an agreement."""
    volta = house.connected("Volta", VLT, VGO, own=True)
    house.connected("Nomad", NMD)
    house.agree(VLT, NMD)
    return volta


def _billed(house: House, volta: Platform, fault: Fault, plan: str) -> Charge:
    charge = house.charge(VLT, NMD, plan=plan, fault=fault)
    good(billed(volta, charge))
    house.work()
    return charge


@pytest.mark.parametrize(
    ("fault", "plan"),
    [(Fault.ENERGY_OVERPRICED, "AC"), (Fault.ENERGY_OVERPRICED, "DC"), (Fault.GRACE_IGNORED, "AC-PARK")],
)
def test_a_cdr_with_a_wrong_price_is_held_and_never_settled(
    house: House, volta: Platform, fault: Fault, plan: str
) -> None:
    charge = house.charge(VLT, NMD, plan=plan, fault=fault)
    while fault is Fault.GRACE_IGNORED and not charge.parking_ticks:
        charge = house.charge(VLT, NMD, plan=plan, fault=fault)
    good(billed(volta, charge))
    house.work()
    cdr = cdr_of(charge)
    assert cdr.state == CdrState.HELD
    rating = cdr.ratings.get()
    assert rating.total == charge.cost().total["excl_vat"]
    assert rating.difference == cdr.total_cost - charge.cost().total["excl_vat"]
    settlement.settle_all(period=house.period, by=None, at=clock.now())
    assert not InvoiceLine.objects.exists()


def test_a_tariff_by_the_hour_is_priced_by_the_clock_of_the_place(house: House, volta: Platform) -> None:
    charge = _billed(house, volta, Fault.NONE, "NIGHT")
    assert cdr_of(charge).state == CdrState.ACCEPTED


def test_ben_contests_an_accepted_cdr_and_it_settles_when_the_claim_is_turned_down(
    house: House, volta: Platform
) -> None:
    charge = _billed(house, volta, Fault.NONE, "AC")
    ben, cdr = house.person("Ben", Role.ACCOUNT_MANAGER), cdr_of(charge)
    assert cdr.state == CdrState.ACCEPTED
    browser = house.signed_in("Ben")
    assert browser.get(f"/cdrs/{cdr.pk}/").status_code == 200
    claim = disputes.open_dispute(
        cdr=cdr,
        reason=Reason.ENERGY,
        amount=cents(cdr.total_cost / 2),
        message="Too much energy.",
        by=ben,
        at=clock.now(),
    )
    assert claim.reference in browser.get("/disputes/").text
    assert cdr_of(charge).state == CdrState.HELD
    settlement.settle_all(period=house.period, by=None, at=clock.now())
    assert not InvoiceLine.objects.exists()
    disputes.reject(dispute=claim, text="The meter was right.", by=ben, at=clock.now())
    assert Dispute.objects.get().state == DisputeState.REJECTED
    assert cdr_of(charge).state == CdrState.ACCEPTED


def test_the_same_cdr_twice_is_one_and_another_content_is_refused(house: House, volta: Platform) -> None:
    charge = house.charge(VLT, NMD)
    first = good(billed(volta, charge))
    assert good(billed(volta, charge)).headers["Location"] == first.headers["Location"]
    body = {**charge.cdr(at=charge.ends_at, reference=None), "remark": "changed"}
    answer = volta.send("POST", "cdrs", "RECEIVER", body=body)
    assert 2000 <= answer.status_code < 3000
    assert "remark" not in cdr_of(charge).data
    kept = volta.caller.call("GET", first.headers["Location"], token=volta.link.token_out)
    assert kept.data["id"] == f"C-{charge.key}"
