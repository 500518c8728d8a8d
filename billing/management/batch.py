"""A file of cases priced line by line, in as many processes as asked. Nothing is held but the lines under way."""

import sys
from codecs import BOM_UTF8
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import chain, islice
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path

from billing.management.inputs import UnusableInput
from billing.pricing.cases import Cases

# Lines that a process is given at a time: enough that handing them over costs nothing.
_CHUNK = 500
_cases: Cases | None = None


def run(file: str, *, jobs: int, explained: bool) -> int:
    """Write one answer a line to standard output, in the order of the cases; how many could not be priced.

    Raises UnusableInput.
    """
    failed = 0
    with _opened(file) as lines:
        for answers, refused in _answers(_chunks(lines), jobs or cpu_count() or 1, explained):
            sys.stdout.buffer.write(answers)
            failed += refused
    sys.stdout.buffer.flush()
    return failed


def _answers(chunks: Iterator[list[bytes]], jobs: int, explained: bool) -> Iterator[tuple[bytes, int]]:
    if jobs == 1:
        _begin(explained)
        yield from map(_answer, chunks)
        return
    # Forked: a process is there at once, and nothing here has threads or connections that it could inherit.
    with ProcessPoolExecutor(jobs, get_context("fork"), _begin, (explained,)) as pool:
        under_way: deque[Future[tuple[bytes, int]]] = deque()
        for chunk in chunks:
            under_way.append(pool.submit(_answer, chunk))
            if len(under_way) > jobs * 2:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _begin(explained: bool) -> None:
    global _cases
    _cases = Cases(explained=explained)


def _answer(lines: list[bytes]) -> tuple[bytes, int]:
    assert _cases is not None, "a process begins with its cases"
    refused = 0
    answers = []
    for line in lines:
        answer, priced = _cases.answer(line)
        answers.append(answer)
        refused += not priced
    answers.append(b"")
    return b"\n".join(answers), refused


def _chunks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Empty lines are none."""
    said = (line for line in lines if line.strip())
    while chunk := list(islice(said, _CHUNK)):
        yield chunk


@contextmanager
def _opened(file: str) -> Iterator[Iterable[bytes]]:
    with ExitStack() as stack:
        try:
            lines = sys.stdin.buffer if file == "-" else stack.enter_context(Path(file).open("rb"))
        except (OSError, ValueError) as error:
            raise UnusableInput(file, "unreadable_file", f"It cannot be read: {error}.") from error
        # Some editors begin a file with a mark.
        yield chain((line.removeprefix(BOM_UTF8) for line in islice(lines, 1)), lines)
