"""Who takes part: the people who sign in, the companies, and their parties."""

from dataclasses import dataclass
from datetime import datetime

from partners.partners.models import Partner
from partners.people.models import Role, User
from roaming.simulator.world import PartyCard

PASSWORD = "charge-ahead"  # the demo's only; it is printed, and the demo listens on this machine alone

VLT = PartyCard("NL", "VLT", "CPO", "Volta", "https://volta.example")
VGO = PartyCard("NL", "VGO", "EMSP", "Volta Go", "https://go.volta.example")
NMD = PartyCard("DE", "NMD", "EMSP", "Nomad", "https://nomad.example")
PLD = PartyCard("NL", "PLD", "CPO", "Polder Laden", "https://polderladen.example")

COMPANIES: dict[str, dict[str, str]] = {
    "Volta": {
        "legal_name": "Volta Charging B.V.",
        "street": "Strawinskylaan 1",
        "postal_code": "1077 XW",
        "city": "Amsterdam",
        "country": "NL",
        "vat_id": "NL852931748B01",
        "registration_number": "KvK 71234567",
        "iban": "NL83VLTA0300200100",
        "finance_email": "invoices@volta.example",
        "operations_email": "operations@volta.example",
    },
    "Nomad": {
        "legal_name": "Nomad Mobility GmbH",
        "street": "Große Elbstraße 27",
        "postal_code": "22767",
        "city": "Hamburg",
        "country": "DE",
        "vat_id": "DE271483058",
        "registration_number": "HRB 141414 Hamburg",
        "iban": "DE97200400600123456789",
        "finance_email": "roaming-invoices@nomad.example",
        "operations_email": "noc@nomad.example",
    },
    "Polder Laden": {
        "legal_name": "Polder Laden Coöperatie U.A.",
        "street": "Stadhuisplein 1",
        "postal_code": "1315 HR",
        "city": "Almere",
        "country": "NL",
        "vat_id": "NL864219076B01",
        "registration_number": "KvK 39876543",
        "iban": "NL66PLDR0612345678",
        "finance_email": "administratie@polderladen.example",
        "operations_email": "storing@polderladen.example",
    },
}


@dataclass(frozen=True)
class People:
    ben: User
    ada: User
    otto: User
    admin: User

    def all(self) -> list[User]:
        return [self.ben, self.ada, self.otto, self.admin]


def hire() -> People:
    """The four who sign in, one of each role."""

    def person(name: str, role: Role) -> User:
        return User.objects.create_user(f"{name.split()[0].lower()}@volta.example", PASSWORD, name=name, role=role)

    return People(
        ben=person("Ben Bakker", Role.ACCOUNT_MANAGER),
        ada=person("Ada Visser", Role.FINANCE),
        otto=person("Otto Smit", Role.OPERATOR),
        admin=User.objects.create_superuser("admin@volta.example", PASSWORD, name="Anna Admin"),
    )


def found_companies(*, account_manager: User, at: datetime) -> None:
    """The three companies with what an invoice needs to know of them."""
    for name, facts in COMPANIES.items():
        partner = Partner.objects.create(name=name, account_manager=account_manager, **facts)
        Partner.objects.filter(pk=partner.pk).update(created_at=at)
