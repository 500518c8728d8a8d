"""Agreements are drafted, activated and ended; what has been in force is never rewritten."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import capfirst

from partners.agreements.models import (
    LONGEST_WAIT_SECONDS,
    MOVES,
    SHORTEST_WAIT_SECONDS,
    Agreement,
    AgreementState,
)
from partners.parties.models import Party, PartyRole
from roaming.kernel import events, locks, states
from roaming.kernel.money import minor_units

# Of roaming, and of agreements that people make.
YEARS = range(2000, 2101)


class CannotAgree(Exception):
    """The agreement cannot be drafted, changed or moved as asked; the text says why. `field` is the term that is wrong,
    where it is one alone."""

    def __init__(self, text: str, field: str | None = None) -> None:
        super().__init__(text)
        self.field = field


@transaction.atomic
def draft(
    *, cpo: Party, emsp: Party, starts_date: date, ends_date: date | None = None, at: datetime, **terms: Any
) -> Agreement:
    """A draft with the next reference (AGR-0001). `terms` are Agreement's commercial fields. Raises CannotAgree."""
    locks.hold("agreement reference")
    number = Agreement.objects.count() + 1
    agreement = Agreement(
        reference=f"AGR-{number:04d}", cpo=cpo, emsp=emsp, starts_date=starts_date, ends_date=ends_date, **terms
    )
    check_terms(agreement)
    agreement.save()
    return agreement


def revise(*, agreement: Agreement, at: datetime, **terms: Any) -> Agreement:
    """Change the terms of a draft. Raises CannotAgree for anything that is, or was, in force."""
    if agreement.state != AgreementState.DRAFT:
        raise CannotAgree(f"{agreement} is {agreement.state}; its terms no longer change. End it and draft a new one.")
    for name, value in terms.items():
        setattr(agreement, name, value)
    check_terms(agreement)
    agreement.save()
    return agreement


def local_date(agreement: Agreement, at: datetime) -> date:
    """The day that `at` is in the agreement's own time zone."""
    return at.astimezone(ZoneInfo(agreement.time_zone)).date()


def check_terms(agreement: Agreement) -> None:
    """Raise CannotAgree, in a sentence, for an agreement that cannot stand; nothing is stored."""
    if agreement.cpo.role != PartyRole.CPO:
        raise CannotAgree(f"{agreement.cpo.code} is {agreement.cpo.role}, not a CPO.")
    if agreement.emsp.role != PartyRole.EMSP:
        raise CannotAgree(f"{agreement.emsp.code} is {agreement.emsp.role}, not an eMSP.")
    _check_dates(agreement)
    try:
        minor_units(agreement.currency)
    except ValueError as error:
        raise CannotAgree(str(error), "currency") from error
    try:
        ZoneInfo(agreement.time_zone)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        said = f"“{agreement.time_zone}” is not a time zone such as Europe/Amsterdam."
        raise CannotAgree(said, "time_zone") from error
    try:
        agreement.clean_fields(exclude=["reference"])
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        label = getattr(agreement._meta.get_field(field), "verbose_name", field)
        raise CannotAgree(f"{capfirst(label)}: {messages[0]}", field) from error
    _check_readings(agreement.readings)
    _check_money(agreement)
    _check_authorization(agreement)


def _check_dates(agreement: Agreement) -> None:
    """A year that was mistyped has no midnight in every zone, and no month to settle."""
    for name in ("starts_date", "ends_date"):
        day = getattr(agreement, name)
        if day and day.year not in YEARS:
            raise CannotAgree(f"{day} is not a day from {YEARS[0]} to {YEARS[-1]}.", name)
    if agreement.ends_date and agreement.ends_date <= agreement.starts_date:
        raise CannotAgree("The agreement ends before it starts.", "ends_date")


def _check_readings(readings: Any) -> None:
    """Their form only: what they may say is for whoever prices by them."""
    if not isinstance(readings, dict) or not all(isinstance(one, str) for pair in readings.items() for one in pair):
        raise CannotAgree("The readings are names with a word each, such as flat: each.")


def _check_money(agreement: Agreement) -> None:
    if agreement.price_tolerance < 0:
        raise CannotAgree(f"The price tolerance is money; it cannot be {agreement.price_tolerance}.", "price_tolerance")
    if not 0 <= agreement.vat_rate <= 100:
        raise CannotAgree(f"The VAT rate is a percentage from 0 to 100, not {agreement.vat_rate}.", "vat_rate")
    if agreement.vat_rate and "reverse charge" in agreement.vat_note.lower():
        said = f"“{agreement.vat_note}” is said where no VAT is charged, but the VAT rate is not 0."
        raise CannotAgree(said, "vat_note")


def _check_authorization(agreement: Agreement) -> None:
    if not SHORTEST_WAIT_SECONDS <= agreement.authorization_seconds <= LONGEST_WAIT_SECONDS:
        raise CannotAgree(
            f"A driver waits {SHORTEST_WAIT_SECONDS} to {LONGEST_WAIT_SECONDS} seconds for an authorization, "
            f"not {agreement.authorization_seconds}.",
            "authorization_seconds",
        )
    for name in ("offline_per_token", "offline_per_day"):
        if getattr(agreement, name) == 0:
            raise CannotAgree("A limit of 0 lets nobody charge; choose to refuse the driver instead.", name)


def activate(*, agreement: Agreement, at: datetime) -> Agreement:
    """From now on the two parties see each other's objects and settle. Raises CannotAgree when the dates overlap
    another."""
    try:
        with transaction.atomic():
            states.move(agreement, to=AgreementState.ACTIVE, moves=MOVES, activated_at=at)
            events.publish("agreement.activated", agreement=agreement, at=at)
    except states.CannotMove as error:
        raise CannotAgree(str(error)) from error
    except IntegrityError as error:
        agreement.state = AgreementState.DRAFT
        raise CannotAgree(
            f"{agreement.cpo.code} and {agreement.emsp.code} already have an agreement in force on some of these days."
        ) from error
    return agreement


def end(*, agreement: Agreement, ends_date: date, at: datetime) -> Agreement:
    """The agreement does not hold from `ends_date` on, which may be a day to come: until then nothing closes. Its CDRs
    up to then still settle. Raises CannotAgree."""
    if ends_date <= agreement.starts_date:
        said = f"{agreement} started on {agreement.starts_date}; it cannot end before that."
        raise CannotAgree(said, "ends_date")
    if ends_date.year not in YEARS:
        raise CannotAgree(f"{ends_date} is not a day from {YEARS[0]} to {YEARS[-1]}.", "ends_date")
    if agreement.ends_date and ends_date > agreement.ends_date:
        said = f"{agreement} ends on {agreement.ends_date} already; draft a new one to go on."
        raise CannotAgree(said, "ends_date")
    try:
        with transaction.atomic():
            states.move(agreement, to=AgreementState.ENDED, moves=MOVES, ended_at=at, ends_date=ends_date)
            events.publish("agreement.ended", agreement=agreement, at=at)
    except states.CannotMove as error:
        raise CannotAgree(str(error)) from error
    return agreement


def mark_opened(*, agreement: Agreement, at: datetime) -> bool:
    """Note that each side is sent what the other owns. False, and nothing is noted, when it was done before."""
    first = Agreement.objects.filter(pk=agreement.pk, opened_at=None).update(opened_at=at) == 1
    if first:
        agreement.opened_at = at
    return first
