"""`manage.py run`: the whole portal in one process."""

import os
import signal
import sys
import threading
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

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

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        try:
            with server.running(host=host, port=port) as url:
                if "PORTAL_URL" not in os.environ:
                    settings.PORTAL_URL = url
                print(f"The portal is at {url} (Ctrl-C stops it).", file=sys.stderr)
                stopped.wait()
        except server.PortTaken as error:
            raise CommandError(str(error)) from error
