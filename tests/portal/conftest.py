"""The furnished portal, and people signed in to it.

Imports wait for the fixtures: pytest reads this file before Django is set up when it is given this folder alone.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from tests.portal.scene import Scene


@pytest.fixture
def scene(db: None) -> "Scene":
    from tests.portal import scene

    return scene.furnish()


@pytest.fixture
def signed_in(scene: "Scene") -> "Callable[[str], Client]":
    """`signed_in("finance")` is the browser of the person in that role."""
    from django.test import Client

    def client(role: str) -> Client:
        browser = Client()
        browser.force_login(scene.people[role])
        return browser

    return client
