"""The addresses of results: the asker's, which must be its own, and ours, which nobody can guess."""

from urllib.parse import urlsplit

from partners.connections.models import Connection
from roaming.commands.catalogue import WAYS
from roaming.commands.models import Command
from roaming.exchange.crawl import origin
from roaming.kernel import http
from roaming.ocpi.versions import endpoint_url


class Unfit(Exception):
    """A field of the order cannot be as it is; the text names it and is fit for the asker's engineer."""


def ours(command: Command) -> str:
    """Where the CPO is to send the result of `command`, in the version it speaks."""
    endpoint = endpoint_url(command.cpo.connection.version, WAYS[command.type].module, "SENDER")
    return f"{endpoint}/{command.type}/{command.key}"


def check(connection: Connection, url: str) -> None:
    """Raise Unfit unless `url` is where that platform is: our credentials for it travel with the result.

    Scheme, host and port count, as the platform gave them in its version details or its versions URL.
    """
    found = origin(url)
    if found is None or "@" in urlsplit(url).netloc:
        raise Unfit("$.response_url is not an http(s) URL, or has a user name in it.")
    given = [connection.versions_url, *(endpoint["url"] for endpoint in connection.endpoints)]
    own = {where for where in map(origin, given) if where is not None}
    if found not in own:
        told = ", ".join(f"{scheme}://{host}:{port}" for scheme, host, port in sorted(own)) or "none: it gave no URLs"
        why = "must have scheme, host and port of an address of your platform, because our token travels there"
        raise Unfit(f"$.response_url {why} ({told}).")
    if not http.may_be_called(found[1]):
        raise Unfit("$.response_url is a private address, which this platform does not call.")
