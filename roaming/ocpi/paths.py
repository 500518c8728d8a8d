"""Ids with a slash in them. It is sent as %2F, which servers decode before we see the path: `a%2Fb` would be the EVSE
`b` of the location `a` (T75). Where the server hands us the address as it was sent, such a slash is told apart."""

import re
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlsplit

from django.core.handlers.wsgi import get_path_info

# Stands for the slash until the address is resolved. A character for private use: no id has it.
_MARK = "\ue02f"
_ENCODED = re.compile("%2f", re.IGNORECASE)


def marked(environ: dict[str, Any]) -> str | None:
    """The path of the request with its encoded slashes marked; None where there are none, or nobody can tell.

    The servers call the address REQUEST_URI (waitress) or RAW_URI (gunicorn); granian keeps it to itself.
    """
    try:
        raw = urlsplit(environ.get("REQUEST_URI") or environ.get("RAW_URI") or "").path
    except ValueError:
        return None
    if not _ENCODED.search(raw) or unquote_to_bytes(raw) != environ["PATH_INFO"].encode("latin-1"):
        return None
    path = unquote_to_bytes(_ENCODED.sub(quote(_MARK), raw))
    return get_path_info({"PATH_INFO": path.decode("latin-1")})


def unmarked(part: Any) -> Any:
    """A part of a resolved address as it was meant."""
    return part.replace(_MARK, "/") if isinstance(part, str) else part
