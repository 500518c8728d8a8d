"""What every test stands on: an environment of its own, a database of its own, and services where they are there.

The environment is set before Django reads it. Without DATABASE_URL the tests run on an embedded PostgreSQL in a
temporary folder, so they never touch `var/` and run beside a living demo.
"""

import atexit
import gc
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OURS = tempfile.mkdtemp(prefix="roaming-tests-")
Path(OURS).chmod(0o711)  # as root the database runs as somebody else, who has to get through
atexit.register(shutil.rmtree, OURS, ignore_errors=True)  # registered before the server's own stop, so done after it

for name in ("PORTAL_URL", "PORTAL_NAME", "PORTAL_PARTY", "ALLOWED_HOSTS", "DEBUG", "PAGE_LIMIT", "BODY_LIMIT_BYTES"):
    os.environ.pop(name, None)
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "roaming.settings",
    "VAR_DIR": str(Path(OURS) / "var"),
    "EMBEDDED_DURABLE": "0",
    "SECRET_KEY": "tests-only-" + "abcdefghijklmnopqrstuvwxyz" * 2,
    "FIELD_KEYS": "dGVzdHMgb25seTogMzIgYnl0ZXMgb2YgYSBrZXkhISE=",
    "ALLOW_PRIVATE_PARTNERS": "1",
    "LOG_LEVEL": "WARNING",
}

# Several processes of one run share a Redis, each with a database of it to itself, as they have one of PostgreSQL.
if (worker := os.environ.get("PYTEST_XDIST_WORKER")) and (shared := os.environ.get("REDIS_URL")):
    server, _, number = shared.rpartition("/")
    os.environ["REDIS_URL"] = f"{server}/{int(number) - int(worker.removeprefix('gw'))}"

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
NO_REDIS = "Redis is not there: install redis-server or set REDIS_URL"
NO_BROWSER = "Chromium and Playwright are not both there: install chromium"
NO_SERVICES = "real services are not given: DATABASE_URL and REDIS_URL (`make services-test` gives them)"


def chromium_path() -> str | None:
    return next((found for found in map(shutil.which, CHROMIUMS) if found), None)


def pytest_configure() -> None:
    from django.conf import settings

    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher"
    ]  # quick; nothing here is worth guarding


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests whose service is missing are reported as skipped, with what to install."""
    absent = {
        "redis": None if os.environ.get("REDIS_URL") or shutil.which("redis-server") else NO_REDIS,
        "browser": None if chromium_path() and importlib.util.find_spec("playwright") else NO_BROWSER,
        "services": None if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL") else NO_SERVICES,
    }
    for item in items:
        for marker, reason in absent.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_collection_finish() -> None:
    """Thousands of tests and all of Django live until the end; to look through them for garbage again and again costs
    one test second in fifteen."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What stories measured (`record_property("figures", …)`), from all processes of the run."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, told in report.user_properties:
            if name == "figures":
                terminalreporter.write_line(str(told))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """A test with real transactions empties all tables after it. Django would make its permissions and content types
    anew each time, which takes longer than the rest; nothing here asks for them."""
    from django.contrib.auth.management import create_permissions
    from django.contrib.contenttypes.management import create_contenttypes
    from django.db.models.signals import post_migrate

    post_migrate.disconnect(create_permissions, dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)


@pytest.fixture(autouse=True)
def no_connections_kept() -> Iterator[None]:
    """The platforms of a test are gone with it; nothing may still be open to them."""
    yield
    if "roaming.kernel.http" in sys.modules:
        sys.modules["roaming.kernel.http"].close_shared()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a Redis: the given one, else one started for this run. The test carries `@pytest.mark.redis`."""
    if given := os.environ.get("REDIS_URL"):
        yield given
        return
    from tests.services import own_redis

    with own_redis() as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """A headless Chromium. The test carries `@pytest.mark.browser`."""
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread; Django would take every query of the test for an asynchronous one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """The test database as a DATABASE_URL, for a process of its own: a command, a worker."""
    from django.db import connection

    from tests.services import url_of

    return url_of(connection.get_connection_params())
