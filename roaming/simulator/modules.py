"""Which interfaces a role has in which version: our own table, written from the texts of OCPI.

Sending means owning the objects and serving them, receiving means being sent them.
"""

from collections.abc import Iterable

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
ROLES = ("CPO", "EMSP", "HUB")
OPPOSITE = {"SENDER": "RECEIVER", "RECEIVER": "SENDER"}
# Role, side, and since when it has the modules.
_TABLE = (
    ("CPO", "SENDER", "2.1.1", ("locations", "tariffs", "sessions", "cdrs")),
    ("CPO", "RECEIVER", "2.1.1", ("tokens", "commands")),
    ("EMSP", "SENDER", "2.1.1", ("tokens", "commands")),
    ("EMSP", "RECEIVER", "2.1.1", ("locations", "tariffs", "sessions", "cdrs")),
    ("CPO", "RECEIVER", "2.2.1", ("chargingprofiles", "hubclientinfo")),
    ("EMSP", "SENDER", "2.2.1", ("chargingprofiles",)),
    ("EMSP", "RECEIVER", "2.2.1", ("hubclientinfo",)),
    ("HUB", "SENDER", "2.2.1", ("hubclientinfo",)),
    ("CPO", "SENDER", "2.3.0", ("bookings", "invoicereconciliation")),
    ("CPO", "RECEIVER", "2.3.0", ("invoicereconciliation", "payments")),
    ("EMSP", "SENDER", "2.3.0", ("invoicereconciliation",)),
    ("EMSP", "RECEIVER", "2.3.0", ("bookings", "invoicereconciliation")),
    # A provider of payment terminals calls itself so.
    ("OTHER", "RECEIVER", "2.2.1", ("hubclientinfo",)),
    ("OTHER", "SENDER", "2.3.0", ("payments",)),
)


def interfaces_of(roles: Iterable[str], version: str) -> list[tuple[str, str]]:
    """(module, SENDER or RECEIVER) of a platform with these roles, sorted. A hub has what those behind it have."""
    present = {"CPO", "EMSP", "HUB", "OTHER"} if "HUB" in set(roles) else set(roles)
    return sorted(
        {
            (module, side)
            for role, side, since, modules in _TABLE
            if role in present and since <= version
            for module in modules
        }
    )
