from roaming.commands.tasks import time_out_due
from roaming.conformance.tasks import check
from roaming.exchange.tasks import deliver, pull_all, pull_connection, pull_due, sweep
from roaming.hub.tasks import refresh
from roaming.own_objects.tasks import forget_uploads
from roaming.registration.tasks import end_broken_off, rotate_due
from roaming.tokens.tasks import forget_authorizations

__all__ = [
    "check",
    "deliver",
    "end_broken_off",
    "forget_authorizations",
    "forget_uploads",
    "pull_all",
    "pull_connection",
    "pull_due",
    "refresh",
    "rotate_due",
    "sweep",
    "time_out_due",
]
