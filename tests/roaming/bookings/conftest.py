"""Polder Laden has places to book; Nomad and Cleo speak 2.3.0 too, and Nomad has an agreement.

Imports wait for the fixtures: pytest reads this file before Django is set up when it is given this folder alone.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.roaming.calls import Caller


@pytest.fixture
def polder(db: None) -> "Caller":
    from tests import cast
    from tests.roaming.bookings.objects import NEW
    from tests.roaming.calls import Caller

    cast.polder(url="http://polder.invalid", version=NEW)
    cast.nomad(url="http://nomad.invalid", version=NEW)
    cast.cleo(url="http://cleo.invalid", version=NEW)
    cast.agreement("NL*PLD", "DE*NMD")
    return Caller("Polder Laden", NEW)


@pytest.fixture
def nomad(polder: "Caller") -> "Caller":
    from tests.roaming.bookings.objects import NEW
    from tests.roaming.calls import Caller

    return Caller("Nomad", NEW)


@pytest.fixture
def cleo(polder: "Caller") -> "Caller":
    from tests.roaming.bookings.objects import NEW
    from tests.roaming.calls import Caller

    return Caller("Cleo", NEW)
