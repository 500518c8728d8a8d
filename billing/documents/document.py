"""What stands on an invoice, whatever it is written as. Values only; the writers beside this add nothing of their own."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from roaming.kernel.money import round_money


class Kind(StrEnum):
    """What the document is; the value is its name on paper."""

    INVOICE = "Invoice"
    EXPECTED = "Expected invoice"


@dataclass(frozen=True)
class Company:
    """A party to the invoice, as it was when the document was made. `country` is ISO 3166 alpha-2; empty is unknown."""

    legal_name: str
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    vat_id: str = ""
    registration_no: str = ""
    iban: str = ""


@dataclass(frozen=True)
class Line:
    """One CDR. `amount` is before tax, rounded to the currency; `ended_at` is aware."""

    position: int
    cdr_id: str
    session_id: str
    ended_at: datetime
    evse_id: str
    contract_id: str
    energy_kwh: Decimal
    amount: Decimal


@dataclass(frozen=True)
class InvoiceDocument:
    """An invoice, or the statement of one we expect. The period is half-open, in local dates of `time_zone`.

    Raises ValueError where the lines are not the net, net and VAT are not the gross, or an amount is finer than the
    currency: such a document is never written.
    """

    kind: Kind
    is_draft: bool
    number: str | None
    issued_date: date | None
    due_date: date | None
    period_start: date
    period_end: date
    time_zone: str
    seller: Company
    buyer: Company
    currency: str
    agreement: str
    cpo: str
    emsp: str
    lines: tuple[Line, ...]
    net: Decimal
    vat_rate: Decimal
    vat_amount: Decimal
    gross: Decimal
    vat_note: str
    payment_days: int
    energy_kwh: Decimal

    def __post_init__(self) -> None:
        if sum((line.amount for line in self.lines), Decimal(0)) != self.net:
            raise ValueError(f"The lines of {self.name} do not add up to its net of {self.net} {self.currency}.")
        if sum((line.energy_kwh for line in self.lines), Decimal(0)) != self.energy_kwh:
            raise ValueError(f"The lines of {self.name} do not add up to its energy of {self.energy_kwh} kWh.")
        if self.net + self.vat_amount != self.gross:
            raise ValueError(f"Net and VAT of {self.name} are not its gross of {self.gross} {self.currency}.")
        for amount in (self.vat_amount, *(line.amount for line in self.lines)):
            if round_money(amount, self.currency) != amount:
                raise ValueError(f"{self.name} has an amount of {amount}, finer than {self.currency} is paid.")

    @property
    def title(self) -> str:
        return f"Draft: {self.kind.lower()}" if self.is_draft else str(self.kind)

    @property
    def name(self) -> str:
        """How people call it: the number, or title, agreement and month."""
        return self.number or f"{self.title} {self.agreement} {self.period_start:%Y-%m}"

    @property
    def last_day(self) -> date:
        """The last day of the period, for people, who count it in."""
        return self.period_end - timedelta(days=1)

    @property
    def dated(self) -> date:
        """The date the files carry: of issue, else the first day after the period."""
        return self.issued_date or self.period_end

    def local(self, at: datetime) -> datetime:
        """A moment as the clock of the agreement's time zone showed it."""
        return at.astimezone(ZoneInfo(self.time_zone))
