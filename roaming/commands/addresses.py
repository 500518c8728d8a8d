"""The addresses of results: the asker's, which must be its own, and ours, which nobody can guess."""

from urllib.parse import SplitResult, urlsplit

from partners.connections.models import Connection
from roaming.commands.catalogue import WAYS
from roaming.commands.models import Command
from roaming.kernel import http
from roaming.ocpi.versions import endpoint_url


class Unfit(Exception):
    """A field of the order cannot be as it is; the text names it and is fit for the asker's engineer."""


def ours(command: Command) -> str:
    """Where the CPO is to send the result of `command`, in the version it speaks."""
    endpoint = endpoint_url(command.cpo.connection.version, WAYS[command.type].module, "SENDER")
    return f"{endpoint}/{command.type}/{command.key}"


def check(connection: Connection, url: str) -> None:
    """Raise Unfit unless `url` is on a host of that platform: our credentials for it travel with the result.

    A host counts when the platform gave it in its version details or as its versions URL; https where that is https.
    """
    try:
        found = urlsplit(url)
    except ValueError:
        raise Unfit("$.response_url is not a URL.") from None
    own = [urlsplit(known) for known in [connection.versions_url, *(e["url"] for e in connection.endpoints)] if known]
    if not any(_as_good(found, known) for known in own):
        hosts = ", ".join(sorted({f"{known.scheme}://{known.hostname}" for known in own})) or "none: it gave no URLs"
        raise Unfit(f"$.response_url must be on a host of your platform, because our token travels there ({hosts}).")
    if not http.may_be_called(found.hostname or ""):
        raise Unfit("$.response_url is a private address, which this platform does not call.")


def _as_good(found: SplitResult, known: SplitResult) -> bool:
    same_host = bool(found.hostname) and found.hostname == known.hostname
    return same_host and not found.username and found.scheme in ({known.scheme, "https"} & {"http", "https"})
