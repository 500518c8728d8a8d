"""The cast's objects, valid as they are, and what it takes to bend them."""

from typing import Any

import pytest

from roaming.ocpi.schema import validation
from roaming.ocpi.schema.validation import Invalid
from tests.wire import load

FILES = [
    ("location", "location_zuidplein"),
    ("location", "location_dijkhuis"),
    ("tariff", "tariff_ac22"),
    ("tariff", "tariff_dc150"),
    ("tariff", "tariff_kaal"),
    ("token", "token_nomad"),
    ("token", "token_nomad_app"),
    ("token", "token_volta_go"),
    ("session", "session_running"),
    ("session", "session_finished"),
    ("cdr", "cdr_ac22"),
    ("cdr", "cdr_ac22_credit"),
    ("cdr", "cdr_dc150"),
    ("cdr", "cdr_polder"),
    ("credentials", "credentials_nomad"),
    ("credentials", "credentials_polder"),
]

DELETE = object()


def changed(name: str, path: str, value: object) -> dict[str, Any]:
    """The object in a file with one field set, or deleted; the path is dotted, numbers are list positions."""
    whole = load(name)
    node: Any = whole
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        node = node[step]
    if value is DELETE:
        del node[last]
    else:
        node[last] = value
    return whole


def violations(version: str, kind: str, value: object) -> list[tuple[str, str]]:
    """The path and message of everything that is wrong."""
    with pytest.raises(Invalid) as refusal:
        validation.validate(version, kind, value)
    return [(violation.path, violation.message) for violation in refusal.value.violations]
