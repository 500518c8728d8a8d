"""Volta (ours, CPO and eMSP) and Nomad (eMSP) as connections with an agreement, and Cleo without any.

Imports wait for the fixtures: pytest reads this file before Django is set up when it is given this folder alone.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from partners.connections.models import Connection


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
