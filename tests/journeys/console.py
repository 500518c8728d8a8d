"""manage.py for a story that gives many commands: each is a process of its own, forked from one where Django is up.

Reads a list of arguments per line, and tells per line what came of it. What it says is for `portals` alone.
"""

import json
import os
import sys
import tempfile
from typing import Any

import django
from django.urls import get_resolver

import manage


def main() -> None:
    django.setup()
    assert get_resolver().url_patterns, "all that commands check is imported before the first one"
    for line in sys.stdin:
        print(json.dumps(_told(json.loads(line))), flush=True)


def _told(arguments: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        child = os.fork()
        if not child:
            os.dup2(out.fileno(), sys.stdout.fileno())
            os.dup2(errors.fileno(), sys.stderr.fileno())
            sys.argv = ["manage.py", *arguments]
            manage.main()
            sys.exit()
        _, status = os.waitpid(child, 0)
        out.seek(0)
        errors.seek(0)
        return {"code": os.waitstatus_to_exitcode(status), "out": out.read(), "errors": errors.read()}


if __name__ == "__main__":
    main()
