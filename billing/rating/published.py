"""The tariffs that a CDR is priced by: those it carries, held against what its owner had published when the session
started; else those."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.checks.found import Case, Found, money
from roaming.findings.models import Severity
from roaming.tariffs import changes, selectors
from roaming.tariffs.selectors import Published, published_at

Tariffs = Sequence[dict[str, Any]]
# Our total before tax by these tariffs, None where it cannot be had.
Total = Callable[[Tariffs], Decimal | None]

# Whose tariff it is, its words, its source of energy and what a card is asked for price nothing; the copies in CDRs
# often lack them.
_PRICES_NOTHING = frozenset(
    {"country_code", "party_id", "id", "tariff_alt_text", "tariff_alt_url", "energy_mix", "preauthorize_amount"}
)
_AT_MOST = 5  # differences in one sentence


@dataclass(frozen=True)
class Offer:
    """The tariffs to price by, and what is worth knowing about them."""

    tariffs: Tariffs
    found: tuple[Found, ...] = ()


def offer(case: Case, total: Total) -> Offer:
    """The tariffs of the CDR with a note where the published ones differ, in money if they make another `total`; of a
    CDR without any the published ones, with a note that says so."""
    carried = _carried(case)
    known = published_at(party=case.cdr.party, tariff_ids=_ids(case), moment=case.cdr.started_at)
    if carried:
        return Offer(carried, _held_against(case, carried, known, total))
    return Offer([one.version.data for one in known.values()], _not_carried(case, list(known.values())))


def versions(case: Case) -> Tariffs:
    """All that was ever published under the ids of its tariffs, the newest first: what the biller may have used."""
    return [one.data for one in selectors.published_versions(party=case.cdr.party, tariff_ids=_ids(case))]


def _carried(case: Case) -> Tariffs:
    return case.data.get("tariffs") or []


def _ids(case: Case) -> set[str]:
    """Of those that it carries, else of those that its periods name."""
    return {_key(tariff) for tariff in _carried(case)} or {
        period["tariff_id"] for period in case.data["charging_periods"] if period.get("tariff_id")
    }


def _not_carried(case: Case, known: Sequence[Published]) -> tuple[Found, ...]:
    if not known:
        return ()
    taken = "; and ".join(f"version {one.version.number} of tariff {_id(one)}, {_standing(one)}" for one in known)
    found = Found(
        code="tariff_not_carried",
        title="Carries no tariff",
        sentence=f"The CDR carries no tariff. What {case.biller} published counts: {taken}.",
        expected="the tariff inside the CDR",
        actual="none",
        severity=Severity.NOTE,
    )
    return (found,)


def _held_against(case: Case, carried: Tariffs, known: dict[str, Published], total: Total) -> tuple[Found, ...]:
    """One note about all tariffs that are carried otherwise than they were published."""
    differences = [_differences(tariff, known) for tariff in carried]
    # A session over a change may carry both versions.
    right = {_key(tariff) for tariff, differs in zip(carried, differences, strict=True) if not differs}
    told, published = [], list(carried)
    for place, (tariff, differs) in enumerate(zip(carried, differences, strict=True)):
        if _key(tariff) not in right:
            one = known[_key(tariff)]
            told.append(_told(one, differs))
            published[place] = one.version.data
    return (_note(case, told, total(published), total(carried)),) if told else ()


def _differences(tariff: dict[str, Any], known: dict[str, Published]) -> list[str]:
    """From published to carried; none where nothing was ever published."""
    one = known.get(_key(tariff))
    return changes.between(one.version.data, tariff, aside=_PRICES_NOTHING) if one else []


def _key(tariff: dict[str, Any]) -> str:
    return str(tariff.get("id")).upper()


def _told(one: Published, differs: Sequence[str]) -> str:
    more = f" and {len(differs) - _AT_MOST} more" if len(differs) > _AT_MOST else ""
    return (
        f"The CDR carries tariff {_id(one)} otherwise than its version {one.version.number}, {_standing(one)}. "
        f"From published to carried: {'; '.join(differs[:_AT_MOST])}{more}."
    )


def _note(case: Case, told: Sequence[str], published: Decimal | None, carried: Decimal | None) -> Found:
    sentence, prices, risk = " ".join(told), ("", ""), None
    if published is not None and carried is not None:
        currency = case.cdr.currency
        prices = (money(published, currency), money(carried, currency))
        risk = abs(carried - published) or None
        both = f"Both make {prices[0]}." if risk is None else f"As published {prices[0]}, as carried {prices[1]}."
        sentence = f"{sentence} {both}"
    return Found(
        code="carried_tariff_differs",
        title="Carries another tariff than published",
        sentence=sentence,
        expected=prices[0],
        actual=prices[1],
        money_at_risk=risk,
        severity=Severity.NOTE,
    )


def _id(one: Published) -> str:
    return one.version.tariff.ocpi_id


def _standing(one: Published) -> str:
    since = f"{one.version.valid_from:%Y-%m-%d %H:%M} UTC"
    if one.in_force:
        return f"in force when the session started (since {since})"
    if one.deleted:
        return f"the last one (of {since}) before the tariff was deleted; none was in force when the session started"
    return f"the earliest known to us (of {since}); none was in force when the session started"
