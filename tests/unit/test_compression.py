"""gzip, undone without trusting what comes out."""

import gzip
import tracemalloc

import pytest

from roaming.kernel.compression import NotGzip, TooLarge, unpacked

TEXT = b'{"id": "AC22"}' * 10_000
PACKED = gzip.compress(TEXT, mtime=0)


def undone(*parts: bytes, limit: int = 10**6) -> bytes:
    return b"".join(unpacked(parts, limit))


def test_it_comes_out_as_it_went_in_however_it_is_cut() -> None:
    assert undone(PACKED) == undone(*(PACKED[at : at + 7] for at in range(0, len(PACKED), 7))) == TEXT
    assert undone(gzip.compress(b"")) == b""


def test_several_members_are_one_message() -> None:
    assert undone(PACKED + gzip.compress(b"more")) == undone(PACKED, gzip.compress(b"more")) == TEXT + b"more"


def test_a_hundred_thousand_members_are_undone_slice_by_slice() -> None:
    assert undone(gzip.compress(b"a", mtime=0) * 100_000) == b"a" * 100_000


@pytest.mark.parametrize(
    "broken",
    [b"", b"{}", PACKED[:50], PACKED[:-1], PACKED + b"{}", PACKED[:40] + b"\0\0\0\0" + PACKED[44:]],
    ids=["empty", "not packed", "half", "one byte short", "more behind it", "changed inside"],
)
def test_what_is_no_gzip_or_not_all_of_it_is_refused(broken: bytes) -> None:
    with pytest.raises(NotGzip):
        undone(broken)


def test_a_bomb_goes_off_small() -> None:
    bomb = gzip.compress(b"\0" * 200_000_000)
    assert len(bomb) < 300_000
    tracemalloc.start()
    with pytest.raises(TooLarge):
        undone(bomb)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5_000_000


def test_the_limit_itself_is_allowed() -> None:
    assert undone(PACKED, limit=len(TEXT)) == TEXT
    with pytest.raises(TooLarge):
        undone(PACKED, limit=len(TEXT) - 1)
