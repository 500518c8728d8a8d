"""Ids with a slash in them. It is sent as %2F, which servers decode before we see the path: `a%2Fb` would be the EVSE
`b` of the location `a` (T75). Where the server hands us the address as it was sent, such a slash is told apart."""

import re
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from django.core.handlers.wsgi import get_path_info

# Stands for the slash until the address is resolved. A character for private use: no id has it.
_MARK = "\ue02f"
_SCHEME_AND_HOST = re.compile("^[A-Za-z]+://[^/?]*")
_ENCODED = re.compile("%2f", re.IGNORECASE)


def as_sent(environ: dict[str, Any]) -> str:
    """The address of the request as it was sent; empty where the server keeps it to itself.

    waitress and uWSGI call it REQUEST_URI, gunicorn RAW_URI.
    """
    return str(environ.get("REQUEST_URI") or environ.get("RAW_URI") or "")


def marked(environ: dict[str, Any]) -> str | None:
    """The path of the request with its encoded slashes marked; None where there are none, or nobody can tell."""
    raw = _SCHEME_AND_HOST.sub("", as_sent(environ)).partition("?")[0]
    if not _ENCODED.search(raw) or unquote_to_bytes(raw) != environ["PATH_INFO"].encode("latin-1"):
        return None
    path = unquote_to_bytes(_ENCODED.sub(quote(_MARK), raw))
    return get_path_info({"PATH_INFO": path.decode("latin-1")})


def unmarked(part: Any) -> Any:
    """A part of a resolved address as it was meant."""
    return part.replace(_MARK, "/") if isinstance(part, str) else part
