"""The OCPI version that a CDR and its tariffs are spelled like, where nobody says which one it is."""

from collections.abc import Iterable
from typing import Any

# Those that are priced; the portal speaks all of them but 2.2.
VERSIONS = ("2.1.1", "2.2", "2.2.1", "2.3.0")


def version_of(cdr: Any, tariffs: Iterable[Any] = ()) -> str:
    """Of decoded JSON; `cdr` is None where there are only tariffs. What tells nothing is read as 2.2.1.

    Only 2.3.0 says whether prices include tax and what a total is before taxes; only 2.1.1 says when a charge stopped,
    spells the start of a session in its own way, and leaves the owner of a tariff out.
    """
    objects = [one for one in tariffs if isinstance(one, dict)]
    if any(one.get("tax_included") is not None for one in objects):
        return "2.3.0"
    if isinstance(cdr, dict):
        return _version_of_cdr(cdr)
    return "2.1.1" if objects and not any(one.get("country_code") for one in objects) else "2.2.1"


def _version_of_cdr(cdr: dict[str, Any]) -> str:
    if cdr.get("stop_date_time") is not None or cdr.get("start_datetime") is not None:
        return "2.1.1"
    total = cdr.get("total_cost")
    return "2.3.0" if isinstance(total, dict) and total.get("before_taxes") is not None else "2.2.1"
