"""The example objects of the specification, read from the folder that OCPI_EXAMPLES names; none are kept here.

Every file has its place in ``READ_AS``, by its version and the beginning of its name; the first that fits is it.
"""

import os
from pathlib import Path
from typing import Any, NamedTuple

from roaming.ocpi.schema import wire

FOLDER = Path(os.environ.get("OCPI_EXAMPLES") or "nowhere")

# How a file is read: as an object, as the body of a PATCH, as fields that are part of an object, or as one struct.
WHOLE, PATCH, PART, STRUCT = "whole", "patch", "part", "struct"

Entry = tuple[str, str, str]  # beginning of the name, how, kind

_OLDEST: list[Entry] = [
    ("cdrs_01", WHOLE, "cdr"),
    ("credentials_01", WHOLE, "credentials"),
    ("locations_01", PATCH, "evse"),
    ("locations_02", PATCH, "location"),
    ("locations_03", PATCH, "connector"),
    ("locations_04", WHOLE, "evse"),
    ("locations_05", PATCH, "evse"),
    ("locations_06", WHOLE, "location"),
    ("locations_", PATCH, "location"),
    ("sessions_01", PATCH, "session"),
    ("sessions_", WHOLE, "session"),
    ("tariffs_02", PATCH, "tariff"),
    ("tariffs_", WHOLE, "tariff"),
    ("tokens_02", PATCH, "token"),
    ("tokens_", WHOLE, "token"),
    ("transport_and_format_01", WHOLE, "versions"),
    ("transport_and_format_02", WHOLE, "version_details"),
    ("transport_and_format_05", STRUCT, "envelope"),
    ("transport_and_format_", WHOLE, "token"),
    ("version_information_01", WHOLE, "versions"),
    ("version_information_02", WHOLE, "version_details"),
]
_NEWER: list[Entry] = [
    ("location_energymix_example", PART, "location"),
    ("location_regularhours_example", PART, "location"),
    ("location_hours_", STRUCT, "hours"),
    ("location_patch_example_location", PATCH, "location"),
    ("location_patch_example_tariff", PATCH, "connector"),
    ("location_patch_example", PATCH, "evse"),
    ("location_put_example_add_evse", WHOLE, "evse"),
    ("location_example", WHOLE, "location"),
    ("tariff", WHOLE, "tariff"),
    ("token_patch_example", PATCH, "token"),
    ("token_", WHOLE, "token"),
    ("session_patch_example", PATCH, "session"),
    ("session_example", WHOLE, "session"),
    ("cdr_example", WHOLE, "cdr"),
    ("credentials_example", WHOLE, "credentials"),
    ("versions_info", WHOLE, "versions"),
    ("version_details", WHOLE, "version_details"),
    ("transport_and_format_get_token", WHOLE, "token"),
    ("transport_and_format_version_info", WHOLE, "versions"),
    ("transport_and_format_version_details", WHOLE, "version_details"),
    ("type_displaytext_example", STRUCT, "display_text"),
]
_NEWEST: list[Entry] = [
    ("payment_terminal_location_assignment", PATCH, "terminal"),
    ("payment_terminal_put_update", WHOLE, "terminal_assignment"),
    ("payment_terminal_activate", WHOLE, "terminal_activation"),
    ("payment_terminal_", WHOLE, "terminal"),
    ("payment_financial_advice_confirmation", WHOLE, "financial_advice_confirmation"),
    ("booking_location_patch_example_calendar", PATCH, "calendar"),
    ("booking_location_patch_example_terms", PATCH, "booking_location"),
    ("booking_location_example", WHOLE, "booking_location"),
    ("booking_request_patch_example", PATCH, "booking_request"),
    ("booking_patch_example", PATCH, "booking"),
    ("booking_example", WHOLE, "booking"),
]
READ_AS: dict[str, list[Entry]] = {"2.1.1": _OLDEST, "2.2.1": _NEWER, "2.3.0": _NEWER + _NEWEST}


class Example(NamedTuple):
    """One file: how and as which kind it is read."""

    version: str
    name: str
    how: str
    kind: str

    def objects(self) -> list[Any]:
        """What is in it, without the envelope and without the list of several objects."""
        value = read(self.version, self.name)
        if isinstance(value, dict) and "status_code" in value and "data" in value:
            value = value["data"]
        return value if isinstance(value, list) and self.kind != "versions" else [value]


def read(version: str, name: str) -> Any:
    return wire.decode((FOLDER / version / f"{name}.json").read_bytes())


def every() -> list[Example]:
    """All files, each as what it is. Raises StopIteration for one that has no place."""
    return [
        Example(version, path.stem, *next((how, kind) for start, how, kind in entries if path.stem.startswith(start)))
        for version, entries in READ_AS.items()
        for path in sorted((FOLDER / version).glob("*.json"))
    ]
