"""Web, worker and beat as threads of one process: what `manage.py run`, the demo and the browser tests start.

Production runs the same three as processes of their own (docs/configuration.md). Without REDIS_URL this is the only
way: the broker then lives in this process's memory.
"""

import errno
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from celery.beat import Scheduler
from celery.beat import Service as Beat
from celery.worker import WorkController
from django.conf import settings
from django.db import connections
from waitress.server import BaseWSGIServer, create_server
from waitress.task import ThreadedTaskDispatcher

from roaming.celery import app
from roaming.wsgi import application

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
WEB_THREADS = 16  # a registration calls the partner, who calls us back within the same request
WORKER_THREADS = 4
STOP_SECONDS = 30.0


class PortTaken(Exception):
    """Somebody else listens on the port; the message is a sentence."""


@contextmanager
def running(*, port: int = 0, host: str = HOST, worker: bool = True, beat: bool = True) -> Iterator[str]:
    """Serve the portal on `port` (0: any free one) with worker and beat beside it; yields the base URL.

    All threads have ended when the block is left. Raises PortTaken.
    """
    with ExitStack() as stack:
        url = stack.enter_context(_web(host, port))
        if worker:
            stack.enter_context(_worker())
        if beat:
            stack.enter_context(_beat())
        yield url


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises PortTaken."""
    try:
        return socket.create_server((host, port))
    except OSError as error:
        reason = "it is in use already" if error.errno == errno.EADDRINUSE else error.strerror
        raise PortTaken(f"Cannot listen on {host} port {port}: {reason}. Choose another port.") from error


class _Dispatcher(ThreadedTaskDispatcher):
    """Waitress' pool of threads, which here close their database connections before they end."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[threading.Thread] = []

    def start_new_thread(self, target: Callable[[int], object], thread_no: int) -> None:
        self.started.append(_thread(f"web-{thread_no}", lambda: target(thread_no)))

    def shutdown(self, cancel_pending: bool = True, timeout: int = 5) -> None:
        super().shutdown(cancel_pending, timeout)
        for thread in self.started:
            thread.join(timeout)


@contextmanager
def _web(host: str, port: int) -> Iterator[str]:
    listener = listen(host, port)  # ours, because waitress leaves things open when it cannot bind
    dispatcher = _Dispatcher()
    server = create_server(application, sockets=[listener], ident="", _dispatcher=dispatcher)
    dispatcher.set_thread_count(WEB_THREADS)
    thread = _thread("web", server.run)
    try:
        yield f"http://{host}:{server.effective_port}"
    finally:
        with suppress(OSError):  # an answer that ends just now wakes the loop too, and it may be gone already
            server.trigger.pull_trigger(lambda: _close(server))
        thread.join(STOP_SECONDS)
        dispatcher.shutdown()


def _close(server: BaseWSGIServer) -> None:
    """Runs in the server's own loop, which ends when nothing is left to watch."""
    for watched in list(server._map.values()):
        watched.close()


@contextmanager
def _worker() -> Iterator[None]:
    app.conf.update(worker_hijack_root_logger=False, worker_enable_remote_control=False)
    if not settings.REDIS_URL:
        # The memory broker looks for work each second unless told otherwise; a hint of an earlier worker is no use.
        app.conf.broker_transport_options = {"polling_interval": 0.02}
        app.control.purge()
    controller = WorkController(
        app=app,
        pool_cls="threads",
        concurrency=WORKER_THREADS,
        without_heartbeat=True,
        without_mingle=True,
        without_gossip=True,
        hostname="embedded@portal",
    )
    thread = _thread("worker", controller.start)
    try:
        yield
    finally:
        controller.stop()
        thread.join(STOP_SECONDS)


@contextmanager
def _beat() -> Iterator[None]:
    service = Beat(app, scheduler_cls=Scheduler)  # the schedule is in the settings: nothing to keep in a file
    thread = _thread("beat", service.start)
    try:
        yield
    finally:
        service.stop(wait=True)
        thread.join(STOP_SECONDS)


def _thread(name: str, target: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            target()
        except Exception:
            logger.exception("The %s thread has ended", name)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, name=f"roaming-{name}", daemon=True)
    thread.start()
    return thread
