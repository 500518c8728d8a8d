"""Volta (ours, CPO and eMSP) and Nomad (eMSP) as connections with an agreement, and Cleo without any.

Imports wait for the fixtures: pytest reads this file before Django is set up when it is given this folder alone.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from partners.connections.models import Connection
    from partners.connections.services import Added
    from tests.roaming.platform import Platform


@pytest.fixture
def volta(db: None) -> "Connection":
    from tests import cast

    return cast.volta(url="http://volta.invalid")


@pytest.fixture
def nomad(volta: "Connection") -> "Connection":
    """Nomad's drivers charge at Volta's stations."""
    from tests import cast

    connection = cast.nomad(url="http://nomad.invalid")
    cast.agreement("NL*VLT", "DE*NMD")
    return connection


@pytest.fixture
def cleo(db: None) -> "Connection":
    from tests import cast

    return cast.cleo(url="http://cleo.invalid")


@pytest.fixture
def planned(db: None) -> "Added":
    """Nomad is announced and has its TOKEN_A."""
    from partners.connections import services
    from tests import cast

    return services.add(partner_name="Nomad", name="Nomad", parties_hosted=[("DE", "NMD", "EMSP")], at=cast.NOW)


@pytest.fixture
def nomad_platform() -> "Iterator[Platform]":
    """Nomad's platform, in all versions, and one that nobody speaks."""
    from tests.roaming.platform import platform

    with platform("EMSP DE*NMD") as running:
        running.versions = ("2.0", "2.1.1", "2.2.1", "2.3.0", "3.0")
        yield running
