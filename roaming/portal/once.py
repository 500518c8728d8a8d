"""What is kept for the next page only: a token that was just made, what was typed before it came to nothing.

Encrypted, for sessions lie in the database, where we keep hashes of tokens only.
"""

import json
from typing import Any

from django.http import HttpRequest

from partners.connections.models import Connection
from roaming.kernel.crypto import opened, sealed


def keep(request: HttpRequest, name: str, connection: Connection, value: Any) -> None:
    """Keep `value` under `name` for the page of `connection`."""
    request.session[name] = {"connection": connection.pk, "sealed": sealed(json.dumps(value))}


def take(request: HttpRequest, name: str, connection: Connection) -> Any:
    """What was kept, shown once; None for nothing."""
    kept = request.session.get(name)
    if not kept or kept["connection"] != connection.pk:
        return None
    return json.loads(opened(request.session.pop(name)["sealed"]))
