"""The furnished portal, and people signed in to it.

Furnishing takes a second, so each module does it once, in a transaction that is rolled back at its end; each test works
in a savepoint of it, on its own copy. Modules that use `scene` carry no django_db mark.

Imports wait for the fixtures: pytest reads this file before Django is set up when it is given this folder alone.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from tests.portal.scene import Scene


@pytest.fixture(scope="module")
def furnished(django_db_setup: None, django_db_blocker: Any) -> "Iterator[Scene]":
    from django.db import connection, transaction

    from tests.portal import scene

    with django_db_blocker.unblock():
        with transaction.atomic():
            yield scene.furnish()
            connection.check_constraints()
            transaction.set_rollback(True)
        connection.close()  # while Playwright's loop runs it is not the one that the end of the session closes


@pytest.fixture
def db() -> None:
    """By this name pytest-django knows that a test needs a test database; `scene` opens it, not pytest-django."""


@pytest.fixture
def scene(db: None, furnished: "Scene") -> "Iterator[Scene]":
    from django.core.cache import cache
    from django.db import transaction

    cache.clear()
    with transaction.atomic():
        yield deepcopy(furnished)
        transaction.set_rollback(True)


@pytest.fixture
def signed_in(scene: "Scene") -> "Callable[[str], Client]":
    """`signed_in("finance")` is the browser of the person in that role."""
    from django.test import Client

    def client(role: str) -> Client:
        browser = Client()
        browser.force_login(scene.people[role])
        return browser

    return client
