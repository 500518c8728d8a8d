"""`manage.py run`: the whole portal in one process."""

import os
import signal
import sys
import threading
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import autoreload

from roaming import server


class Command(BaseCommand):
    help = (
        "Bring the database up to date and serve the portal with its worker and its beat in this one process. For "
        "development and for trying things out; docs/configuration.md says how to run the three apart."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=server.HOST, help="address to listen on (default: %(default)s)")
        parser.add_argument(
            "--port", type=int, default=8000, help="port to listen on, 0 for any (default: %(default)s)"
        )
        parser.add_argument("--reload", action="store_true", help="start again when the code changes")

    def handle(self, *args: Any, host: str, port: int, reload: bool, **options: Any) -> None:
        try:
            self._run(host, port, reload)
        except server.PortTaken as error:
            raise CommandError(str(error)) from error

    def _run(self, host: str, port: int, reload: bool) -> None:
        # With --reload a child process serves; this one keeps the embedded database up meanwhile.
        if os.environ.get(autoreload.DJANGO_AUTORELOAD_ENV) != "true":
            server.listen(host, port).close()  # a port in use is told before anything is done
            call_command("migrate", interactive=False, verbosity=0)
        stopped = threading.Event()
        if reload:
            autoreload.run_with_reloader(_serve, host, port, stopped)
        else:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stopped.set())
            _serve(host, port, stopped)


def _serve(host: str, port: int, stopped: threading.Event) -> None:
    with server.running(host=host, port=port) as url:
        if "PORTAL_URL" not in os.environ:
            settings.PORTAL_URL = url
        print(f"The portal is at {url} (Ctrl-C stops it).", file=sys.stderr)
        stopped.wait()
