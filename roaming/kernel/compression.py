"""Bodies read piece by piece and gzip undone so: a small message cannot unfold into more memory than we give it."""

import zlib
from collections.abc import Iterable, Iterator

_GZIP = 16 + zlib.MAX_WBITS
_PIECE_BYTES = 64 * 1024
_SLICE_BYTES = 4 * 1024


class NotGzip(ValueError):
    """These bytes are no gzip, or not all of it; the text says what is wrong."""


class TooLarge(ValueError):
    """More comes out than is wanted."""


def unpacked(parts: Iterable[bytes], limit_bytes: int) -> Iterator[bytes]:
    """What the gzip in `parts` holds. Raises NotGzip, and TooLarge as soon as it is more than `limit_bytes`."""
    try:
        yield from capped(_pieces(_slices(parts)), limit_bytes)
    except zlib.error as error:
        raise NotGzip(str(error)) from None


def capped(parts: Iterable[bytes], limit_bytes: int) -> Iterator[bytes]:
    """The same parts. Raises TooLarge as soon as they are more than `limit_bytes`."""
    size = 0
    for part in parts:
        size += len(part)
        if size > limit_bytes:
            raise TooLarge
        yield part


def _slices(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same in small slices: each end of a member copies what is left of its slice."""
    for part in parts:
        yield from (part[begin : begin + _SLICE_BYTES] for begin in range(0, len(part), _SLICE_BYTES))


def _pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    member = zlib.decompressobj(_GZIP)
    for part in parts:
        left, more = part, False
        while left or more:
            if member.eof:  # gzip may be several of them, one after the other
                member = zlib.decompressobj(_GZIP)
            piece = member.decompress(left, _PIECE_BYTES)
            left, more = member.unconsumed_tail or member.unused_data, len(piece) == _PIECE_BYTES and not member.eof
            yield piece
    if not member.eof:
        raise NotGzip("it ends too early")
