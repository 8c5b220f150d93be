"""What recordings are read from and written to."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import (
    IValue,
    RecordedMessage,
    ScalarType,
    ScriptRRefFetchRet,
    Tensor,
    merge,
    read_recording,
    write_recording,
)

from conversations import in_bytes, sent

TENSOR = Tensor(ScalarType.uint8, [500], bytes(500))
RECORDS = [sent(1), sent(2, ScriptRRefFetchRet([IValue.from_python(TENSOR)])), sent(3)]


class PartialFile(io.RawIOBase):
    """A raw file that takes some bytes of each write, as a pipe or a socket may do."""

    def __init__(self, sizes: list[int]) -> None:
        self.sizes = sizes
        self.content = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int | None:
        if not self.sizes:
            return None  # a file that does not wait, and is full
        taken = bytes(data)[: self.sizes.pop(0)]
        self.content += taken
        return len(taken)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=30).map(lambda sizes: sizes * 1000))
def test_all_is_written_to_a_file_that_takes_parts_of_it(sizes: list[int]) -> None:
    file = PartialFile(sizes)
    assert write_recording(file, RECORDS) == len(RECORDS)  # type: ignore[arg-type]
    assert file.content == in_bytes(RECORDS)


@pytest.mark.parametrize("sizes", [[], [5], [5, 0], [100, 100]])
def test_a_file_that_takes_no_more_is_an_error(sizes: list[int]) -> None:
    with pytest.raises(BlockingIOError, match="takes no more bytes"):
        write_recording(PartialFile(sizes), RECORDS)  # type: ignore[arg-type]


def test_an_unbuffered_file_is_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "raw.rref"
    with path.open("wb", buffering=0) as file:
        write_recording(file, RECORDS)  # type: ignore[arg-type]
    with path.open("rb", buffering=0) as file:
        assert list(read_recording(file)) == RECORDS  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, 1, len(in_bytes(RECORDS[:1])), len(in_bytes(RECORDS)) - 1])
def test_a_file_that_has_no_more_yet_is_an_error(size: int) -> None:
    class NotYet(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(size) or (b"" if size == 0 else None)  # type: ignore[return-value]

    with pytest.raises(BlockingIOError, match="the file has no more bytes now"):
        list(read_recording(NotYet(in_bytes(RECORDS)[:size])))


def test_a_writer_need_not_count() -> None:
    written: list[bytes] = []

    class Writer:
        def write(self, data: Any) -> None:
            written.append(bytes(data))

    assert write_recording(Writer(), RECORDS) == len(RECORDS)  # type: ignore[arg-type]
    assert b"".join(written) == in_bytes(RECORDS)


@pytest.mark.parametrize("records", [[], RECORDS], ids=["no records", "records"])
@pytest.mark.parametrize("file", ["x", None, 5, b"", io.StringIO()], ids=repr)
def test_refuses_to_write_to_what_is_no_binary_file(
    file: Any, records: list[RecordedMessage]
) -> None:
    with pytest.raises(TypeError, match="write_recording: expected a binary file, got"):
        write_recording(file, records)


@pytest.mark.parametrize("records", [5, None, sent(1)], ids=["int", "None", "a record"])
def test_refuses_to_write_what_cannot_be_iterated(records: Any) -> None:
    with pytest.raises(TypeError, match="write_recording: expected an iterable, got"):
        write_recording(io.BytesIO(), records)


def _released() -> memoryview:
    view = memoryview(b"abc")
    view.release()
    return view


@pytest.mark.parametrize(
    "source",
    [
        5,
        None,
        "text",
        io.StringIO(),
        io.StringIO("text"),
        _released(),
        memoryview(b"abcd")[::2],
        numpy.zeros(3, "datetime64[s]"),
    ],
    ids=lambda source: type(source).__name__,
)
def test_refuses_to_read_from_what_has_no_bytes(source: Any) -> None:
    with pytest.raises(TypeError, match=r"^read_recording: expected"):
        list(read_recording(source))


@pytest.mark.parametrize(
    "recordings", [5, None, [5], [["x"]], [["x"], []], [[], [sent(1), "x"]]], ids=repr
)
def test_refuses_to_merge_what_are_no_recordings(recordings: Any) -> None:
    with pytest.raises(TypeError, match=r"^merge: expected"):
        list(merge(recordings))


def test_any_collection_of_recordings_is_merged() -> None:
    one, other = [sent(1)], [sent(2, route=(5, 6))]
    assert list(merge(each for each in (one, other))) == [*one, *other]
