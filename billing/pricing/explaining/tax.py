"""Taxes that were left out, taken twice, or at another rate."""

from collections.abc import Iterator
from decimal import Decimal

from msgspec.structs import replace

from billing.pricing import rounding
from billing.pricing.exact import exactly, plain
from billing.pricing.explaining.question import Candidate, Explanation, Kind, Question, Totals, again
from billing.pricing.outcome import Amounts
from billing.pricing.shapes import TaxIncluded

# Percent: whole ones up to the highest in Europe, and those with decimals that are or were in use.
_WHOLE = tuple(map(Decimal, range(1, 28)))
_BROKEN = tuple(map(Decimal, ("2.1", "2.5", "2.6", "3.7", "3.8", "4.8", "5.5", "7.7", "8.1", "13.5", "25.5")))


def bases(question: Question) -> Iterator[Candidate]:
    """The total before tax holds it, none was added, or prices were taken for what they are not."""
    ours = rounding.due(question.priced)
    yield Candidate(
        Explanation(Kind.VAT, "excl=incl", "The total before tax is our total after tax."),
        lambda: Totals(Amounts(ours.incl, ours.incl)),
    )
    yield Candidate(
        Explanation(Kind.VAT, "vat=none", "No VAT was added."), lambda: Totals(Amounts(ours.excl, ours.excl))
    )
    for included, side in ((TaxIncluded.YES, "after"), (TaxIncluded.NO, "before")):
        if any(tariff.tax_included is not included for tariff in question.tariffs):
            read = [replace(tariff, tax_included=included) for tariff in question.tariffs]
            sentence = f"The prices of the tariff were read as prices {side} tax."
            yield Candidate(Explanation(Kind.VAT, f"tax_included={included}", sentence), again(question, tariffs=read))


def rates(question: Question) -> Iterator[Candidate]:
    """Our total before tax with the rate that the CDR must have used; none where several would do, or none does."""
    cost, net = question.billed.costs.get("total_cost"), rounding.due(question.priced).excl
    if cost is None or cost.incl is None or net is None:
        return
    rate = _rate(abs(cost.excl), abs(cost.incl), rounding.unit(question.priced.currency))
    if rate is not None:
        with exactly():
            gross = net * (100 + rate) / 100
        yield Candidate(
            Explanation(Kind.VAT, f"vat={plain(rate)}", f"VAT of {plain(rate)} % was used."),
            lambda: Totals(Amounts(net, gross)),
        )


def _rate(net: Decimal, gross: Decimal, unit: Decimal) -> Decimal | None:
    with exactly():
        fitting = [rate for rate in (*_WHOLE, *_BROKEN) if abs(net * (100 + rate) / 100 - gross) * 2 <= unit]
    whole = [rate for rate in fitting if rate in _WHOLE]
    likely = whole or fitting
    return likely[0] if len(likely) == 1 else None
