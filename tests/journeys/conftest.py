"""A portal on a real socket and the platforms of the cast beside it. Tasks run when a story says so: `house.work()`.

Imports wait for the fixtures: pytest reads this file before Django is set up when it is given this folder alone.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_django import Settings

    from tests.journeys.house import House


@pytest.fixture
def house(transactional_db: None, settings: "Settings") -> Iterator["House"]:
    from roaming import server
    from tests.journeys.house import House

    with ExitStack() as stack:
        settings.PORTAL_URL = stack.enter_context(server.running(worker=False, beat=False))
        yield House(settings.PORTAL_URL, stack)
