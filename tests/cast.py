"""The named cast of the tests: Volta (CPO, ours), Volta Go (our eMSP), Nomad (eMSP), Polder Laden (CPO), Hubert, and
people."""

from datetime import UTC, date, datetime
from typing import Any

from partners.agreements import services as agreements
from partners.agreements.models import Agreement
from partners.connections import services as connections
from partners.connections.models import Connection
from partners.parties.models import Party
from partners.people.models import Role, User

NOW = datetime(2026, 11, 20, 9, 42, tzinfo=UTC)
CLEO_URL = "https://cleo.example/ocpi"


def connection(
    name: str,
    *parties: str,
    partner: str = "",
    own: bool = False,
    registered: bool = True,
    url: str = "",
    version: str = "2.2.1",
) -> Connection:
    """A connection hosting parties written like "CPO NL*VLT"; registered in `version` with endpoints below `url` unless
    told otherwise."""
    hosted = [(code[:2], code[3:], role) for role, code in (party.split() for party in parties)]
    added = connections.add(partner_name=partner or name, name=name, own=own, parties_hosted=hosted, at=NOW)
    if registered:
        token_in = token(name)
        connections.register(
            connection=added.connection,
            version=version,
            versions_url=f"{url}/versions" if url else "",
            endpoints=endpoints(url, version) if url else [],
            token_out=f"{name}-gave-us-this".replace(" ", "-"),
            token_in=token_in,
            roles=[],
            at=NOW,
        )
    return added.connection


def token(name: str) -> str:
    """The credentials token that `connection(name)` shows us."""
    return f"{name}-shows-this".replace(" ", "-")


def endpoints(url: str, version: str = "2.2.1") -> list[dict[str, str]]:
    """Every module on both faces below `url`: in 2.2.1 those that all versions have, in 2.3.0 those of it as well."""
    modules = ["locations", "tariffs", "tokens", "sessions", "cdrs"]
    if version == "2.3.0":
        modules += ["hubclientinfo", "invoicereconciliation", "payments", "bookings"]
    faces = [(module, role) for module in modules for role in ("SENDER", "RECEIVER")]
    return [{"identifier": module, "role": role, "url": f"{url}/{role.lower()}/{module}"} for module, role in faces]


def volta(**options: Any) -> Connection:
    """Our own back-end, CPO and eMSP."""
    return connection("Volta", "CPO NL*VLT", "EMSP NL*VGO", own=True, **options)


def nomad(**options: Any) -> Connection:
    return connection("Nomad", "EMSP DE*NMD", **options)


def polder(**options: Any) -> Connection:
    return connection("Polder Laden", "CPO NL*PLD", **options)


def cleo(**options: Any) -> Connection:
    """The outsider: registered as both, with no agreement with anybody."""
    return connection("Cleo", "CPO BE*CLO", "EMSP BE*CLO", **options)


def party(code: str, role: str) -> Party:
    return Party.objects.get(country_code=code[:2], party_id=code[3:], role=role)


def agreement(cpo: str, emsp: str, *, starts: date = date(2026, 1, 1), active: bool = True, **terms: Any) -> Agreement:
    drafted = agreements.draft(cpo=party(cpo, "CPO"), emsp=party(emsp, "EMSP"), starts_date=starts, at=NOW, **terms)
    return agreements.activate(agreement=drafted, at=NOW) if active else drafted


def person(name: str, role: str = Role.ADMINISTRATOR) -> User:
    """Ada (finance), Ben (account manager), Otto (operator): `person("Ada", Role.FINANCE)`; the password is
    `name`-password."""
    return User.objects.create_user(f"{name.lower()}@volta.example", f"{name.lower()}-password", name=name, role=role)
