"""The packages of other houses as partners of Volta: what each is, where it is known to fail, and how it gets in.

`refused` is what their schemas refuse of our right answers, by module; `lost` are the modules of which their servers
refuse our pushes. docs/third-party-clients.md says why.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

LIMIT = 2  # objects on a page
Refusals = Mapping[str, list[str]]


@dataclass(frozen=True)
class Visitor:
    """`party` is theirs, `pins` what their environment holds, `module` the program of this folder that runs in it."""

    name: str
    version: str
    party: str
    pins: tuple[str, ...]
    module: str
    roles: tuple[str, ...] = ("CPO", "EMSP")
    face: str = ""
    refused: Refusals = field(default_factory=dict)
    lost: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.name} {self.version} {self.party}"

    @property
    def owner(self) -> tuple[str, str]:
        country_code, _, party_id = self.party.partition("*")
        return country_code, party_id

    @property
    def environment(self) -> dict[str, str]:
        """What the settings of the FastAPI libraries want to know, besides their port."""
        return {"PROTOCOL": "http", "COUNTRY_CODE": self.owner[0], "PARTY_ID": self.owner[1]}

    @property
    def credentials(self) -> str:
        """Their credentials without token and URL, as JSON."""
        country_code, party_id = self.owner
        party = {"country_code": country_code, "party_id": party_id, "business_details": {"name": self.name}}
        return json.dumps(party if self.version == "2.1.1" else {"roles": [{**party, "role": r} for r in self.roles]})

    @property
    def reads(self) -> tuple[str, ...]:
        """The lists that parties of these roles read."""
        return tuple(
            module
            for role, modules in (("EMSP", ("locations", "tariffs", "sessions", "cdrs")), ("CPO", ("tokens",)))
            for module in modules
            if role in self.roles
        )


_EXTRAWEST = ("extrawest-ocpi==2025.7.16", "uvicorn")
_PY_OCPI = ("py-ocpi==0.3.1", "uvicorn")

EXTRAWEST = Visitor("extrawest-ocpi", "2.2.1", "FR*EXT", _EXTRAWEST, "extrawest_peer")
EXTRAWEST_INVITED = Visitor("extrawest-ocpi", "2.2.1", "FR*EXI", _EXTRAWEST, "extrawest_peer")
EXTRAWEST_PUSHING = Visitor("extrawest-ocpi", "2.2.1", "FR*EXP", _EXTRAWEST, "extrawest_peer")
EXTRAWEST_EMSP_211 = Visitor(
    "extrawest-ocpi",
    "2.1.1",
    "FR*EXE",
    _EXTRAWEST,
    "extrawest_peer",
    roles=("EMSP",),
    face="NL*VLT",
    refused={
        "cdrs": [
            "end_date_time: field required",
            "location.evses.connectors.tariff_id: field required",
            "location.time_zone: field required",
        ]
    },
    lost=frozenset({"cdrs"}),
)
EXTRAWEST_CPO_211 = Visitor(
    "extrawest-ocpi", "2.1.1", "FR*EXC", _EXTRAWEST, "extrawest_peer", roles=("CPO",), face="NL*VGO"
)
PY_OCPI = Visitor(
    "py-ocpi",
    "2.2.1",
    "DE*PYO",
    _PY_OCPI,
    "py_ocpi_peer",
    refused={"locations": ["opening_times.regular_hours: field required"]},
    lost=frozenset({"locations", "tariffs", "tokens", "sessions", "cdrs"}),  # its own addresses redirect
)
PYTHON_OCPI = Visitor(
    "python-ocpi",
    "2.2.1",
    "DE*NOW",
    ("python-ocpi==0.3.1", "requests", "httpx"),
    "python_ocpi_peer",
    refused={
        "locations": ["state: 'state' is a required property"],
        "sessions": ["kWh: 'kWh' is a required property"],
    },
)
LATAM = Visitor(
    "latam-evra-ocpi",
    "2.3.0",
    "CL*LEA",
    ("latam-evra-ocpi==0.5.0",),
    "latam_client",
    refused={
        "sessions": ["total_cost.excl_vat: Field required"],
        "cdrs": ["total_cost.excl_vat: Field required", "total_energy_cost.excl_vat: Field required"],
    },
)
_TYPES = ("ocpi-types==0.3.0", "httpx")
OCPI_TYPES = (
    Visitor("ocpi-types", "2.1.1", "FI*TYA", _TYPES, "ocpi_types_reader", roles=("EMSP",), face="NL*VLT"),
    Visitor("ocpi-types", "2.2.1", "FI*TYB", _TYPES, "ocpi_types_reader"),
    Visitor("ocpi-types", "2.3.0", "FI*TYC", _TYPES, "ocpi_types_reader"),
)
ALL = (
    *(EXTRAWEST, EXTRAWEST_INVITED, EXTRAWEST_PUSHING, EXTRAWEST_EMSP_211, EXTRAWEST_CPO_211),
    *(PY_OCPI, PYTHON_OCPI, LATAM),
    *OCPI_TYPES,
)
