"""What a document says, whatever file it becomes. Plain values: no database, no files."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from roaming.kernel.money import minor_units


@dataclass(frozen=True)
class Company:
    """Names, address and ids of one side, as they were when the document was issued; empty text where unknown."""

    name: str
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    vat_id: str = ""
    registration_number: str = ""
    iban: str = ""
    email: str = ""


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
    """An invoice, or a statement of one we expect. The period is half-open, its dates local in `time_zone`.

    Raises ValueError where the lines are not the net, or net and VAT not the gross: such a document is never written.
    """

    expected: bool
    draft: bool
    # What its files are called, without ending: `INV-2026-00001`, `draft-AGR-0001-2026-10`.
    name: str
    number: str
    issued_date: date | None
    due_date: date | None
    period_starts_date: date
    period_ends_date: date
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
        if self.net + self.vat_amount != self.gross:
            raise ValueError(f"Net and VAT of {self.name} are not its gross of {self.gross} {self.currency}.")

    @property
    def digits(self) -> int:
        """How many decimals its amounts are written with: 2 for EUR, 0 for JPY."""
        return minor_units(self.currency)

    @property
    def title(self) -> str:
        return "Expected invoice" if self.expected else "Invoice"
