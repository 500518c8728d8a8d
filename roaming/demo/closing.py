"""The end of the month as Ben and Ada live it: claims are raised, one is decided, the period is settled and issued."""

from datetime import datetime
from decimal import Decimal

from billing.disputes import services as disputes
from billing.disputes.models import Dispute, Reason
from billing.invoices import services as invoices
from billing.invoices.models import Invoice
from billing.settlement import services as settlement
from billing.settlement.periods import Period
from partners.people.models import User
from roaming.cdrs.models import Cdr, CdrState
from roaming.simulator.charges import Fault
from roaming.simulator.play import Play
from roaming.simulator.prices import cents


def contest(play: Play, *, by: User, at: datetime) -> list[str]:
    """Ben contests three CDRs: two held with a wrong price, one of which is decided at once, and an accepted one.

    Returns the CDR ids whose claim was turned down: they are accepted as billed.
    """
    too_dear = [_cdr(play, key) for key in _keys(play, Fault.ENERGY_OVERPRICED)][:1]
    parked = [_cdr(play, key) for key in _keys(play, Fault.GRACE_IGNORED)][:1]
    odd = [_cdr(play, key) for key in _keys(play, Fault.NONE) if _cdr(play, key).state == CdrState.ACCEPTED][-1:]
    for cdr in odd:
        disputes.open_dispute(
            cdr=cdr,
            reason=Reason.ENERGY,
            amount=cents(cdr.total_cost / 2),
            message="The driver says another car was plugged in for half of this time. Please check the meter.",
            by=by,
            at=at,
        )
    for cdr in too_dear:
        _open_on_price(play, cdr, "Your CDR charges more per kWh than the tariff it carries.", by, at)
    turned_down = []
    for cdr in parked:
        dispute = _open_on_price(play, cdr, "Parking is charged from the first minute.", by, at)
        disputes.reply(dispute=dispute, text="They say the free quarter was used up earlier that day.", by=by, at=at)
        disputes.reject(dispute=dispute, text="Checked with the station's log; the charge stands.", by=by, at=at)
        turned_down.append(cdr.ocpi_id)
    return turned_down


def close(period: Period, *, by: User, at: datetime) -> list[Invoice]:
    """Ada settles the month for every agreement and issues what came of it."""
    runs = settlement.settle_all(period=period, by=by, at=at)
    drafts = Invoice.objects.filter(run__in=runs).order_by("id")
    return [invoices.issue(invoice=draft, by=by, at=at) for draft in drafts]


def _open_on_price(play: Play, cdr: Cdr, message: str, by: User, at: datetime) -> Dispute:
    amount = cdr.total_cost - Decimal(play.stories[cdr.ocpi_id[2:]].charge.cost().total["excl_vat"])
    return disputes.open_dispute(
        cdr=cdr, reason=Reason.PRICE, amount=max(cents(amount), Decimal("0.01")), message=message, by=by, at=at
    )


def _keys(play: Play, fault: Fault) -> list[str]:
    """Charges of Volta Go's drivers and Nomad's that were billed with this fault, in order of time."""
    return [key for key, story in play.stories.items() if story.charge.fault is fault and story.cdr]


def _cdr(play: Play, key: str) -> Cdr:
    return Cdr.objects.get(ocpi_id=f"C-{key}", party__party_id=play.stories[key].charge.spot.location["party_id"])
