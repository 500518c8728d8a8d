"""How a test talks with a process in another environment: one JSON object a line, in and out.

Only the standard library is used here, because the environments hold nothing of ours.
"""

import json
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any

Deed = Callable[..., Any]


def answer(deeds: Mapping[str, Deed]) -> None:
    """Do what each line of standard input names, until there is none: {"do": name, …} becomes {"done": …}.

    What raises is told as {"failed": …} with the last line of its traceback, as an engineer would read it.
    """
    said, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            told = {"done": deeds[asked.pop("do")](**asked)}
        except Exception as error:
            traceback.print_exc()
            told = {"failed": f"{type(error).__name__}: {error}"}
        said.write(json.dumps(told) + "\n")
        said.flush()
