"""Last month's roaming between three simulated companies, and a portal to look at it."""

import argparse
import json
import logging
import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from roaming import server
from roaming.demo import cast, show
from roaming.demo.database import DatabaseInUse
from roaming.demo.waiting import StandsStill
from roaming.simulator.caller import CallFailed, Refused

DEFAULT_PORT = 8000


class Command(BaseCommand):
    help = """Plays the previous calendar month of roaming between three simulated companies, closes it, and stays up.

Volta runs charging stations (NL*VLT) and has drivers (NL*VGO); its own back-end is connected to the portal as `own`.
Nomad (DE*NMD) has drivers who charge at Volta's stations, Polder Laden (NL*PLD) has stations where Volta Go's drivers
charge. A few CDRs are mispriced, cannot be priced, never come or come late, and Nomad is down for some hours.
Everything goes over HTTP, with each platform in its own version of OCPI.

The database is made anew each time: the embedded one without DATABASE_URL, else one that is empty or a demo's."""
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.add_argument(
            "--once", action="store_true", help="end when the month is closed; the last line is one JSON object"
        )
        parser.add_argument(
            "--port", type=int, help=f"port of the portal (default: {DEFAULT_PORT}, with --once a free one)"
        )

    def handle(self, **options: Any) -> None:
        logging.disable(logging.INFO)
        for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a shell starts background jobs with it ignored
            signal.signal(number, _interrupt)
        if not 0 <= (options["port"] or 0) <= 65535:
            raise CommandError(f"{options['port']} is not a port; a port is a number up to 65535.")
        port = options["port"] if options["port"] is not None else (0 if options["once"] else DEFAULT_PORT)
        try:
            server.listen(server.HOST, port).close()  # a port in use is told before anything is done
            with show.running(port=port, say=self._say) as played:
                self._tell(played, once=options["once"])
        except (server.PortTaken, DatabaseInUse, Refused, CallFailed, show.DidNotAddUp, StandsStill) as failure:
            raise CommandError(str(failure)) from failure
        except KeyboardInterrupt:
            self._say("Stopped; nothing is left running.")
            if options["once"]:
                raise CommandError("Interrupted before the end.") from None

    def _say(self, sentence: str) -> None:
        self.stderr.write(sentence, self.style.NOTICE if self.stderr.isatty() else None)
        self.stderr.flush()

    def _tell(self, played: show.Show, *, once: bool) -> None:
        if once:
            self.stdout.write(json.dumps(played.figures))
            self.stdout.flush()
            return
        self._say("")
        for name, value in played.figures.items():
            self._say(f"  {name:22} {value}")
        self._say("")
        self._say(f"{played.period} was played; the clock shows the real time again. The portal is at {played.url}")
        for title, login in LOGINS.items():
            self._say(f"  {title:16} {login:22} password {cast.PASSWORD}")
        self._say("Stop with Ctrl-C.")
        threading.Event().wait()


LOGINS = {
    "account manager": "ben@volta.example",
    "finance": "ada@volta.example",
    "operator": "otto@volta.example",
    "administrator": "admin@volta.example",
}


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Stop as with Ctrl-C: whoever ends us by SIGTERM gets a clean end too."""
    raise KeyboardInterrupt
