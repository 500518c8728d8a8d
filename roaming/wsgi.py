import os
import re
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roaming.settings")

_CHARSET = re.compile(r";\s*charset=[^;]*", re.IGNORECASE)


class Utf8Handler(WSGIHandler):
    """Reads every request as UTF-8, whatever `charset` its Content-Type names.

    OCPI knows no other. Django would read the query with it too, and raise before any middleware when Python has no
    such encoding for texts.
    """

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        content_type = environ.get("CONTENT_TYPE", "")
        return super().__call__({**environ, "CONTENT_TYPE": _CHARSET.sub("", content_type)}, start_response)


django.setup(set_prefix=False)
application = Utf8Handler()
