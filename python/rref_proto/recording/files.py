"""Recordings as files: records one after the other, each after its length as a varint."""

from __future__ import annotations

import errno
import io
from collections.abc import Callable, Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any

from .._check import check_iterable, check_type, wrong_type
from .._wire import MAX_SIZE, bytes_view, read_varint, varint
from ..errors import DecodeError, RRefProtoError
from .event import RecordedEvent
from .reading import Record, record_from_wire
from .record import RecordedMessage

if TYPE_CHECKING:
    from typing_extensions import Buffer

# In bytes.
LARGEST_READ = 1 << 20


def write_recording(file: IO[bytes], records: Iterable[Record]) -> int:
    """Append records to a binary file; return how many.

    Nothing of a record is written before all of it has been encoded. Raises EncodeError for a
    record that cannot be sent, TypeError for something else than a record or a binary file,
    BlockingIOError where a file that does not wait takes only a part.
    """
    if isinstance(file, io.TextIOBase) or not hasattr(file, "write"):
        raise wrong_type("a binary file", file, "write_recording")
    count = 0
    for record in check_iterable(records, "write_recording"):
        check_type(record, (RecordedMessage, RecordedEvent), f"records[{count}]")
        parts = record.to_parts()
        parts.insert(0, varint(sum(map(len, parts))))
        for part in parts if _has_tensors(record) else [b"".join(parts)]:
            _write(file, part)
        count += 1
    return count


def _has_tensors(record: Record) -> bool:
    return isinstance(record, RecordedMessage) and bool(record.message.tensors)


def _write(file: IO[bytes], data: Buffer) -> None:
    """Write all of `data`, of which a raw file takes only a part at a time."""
    rest = data
    while (written := file.write(rest)) != len(rest):  # type: ignore[arg-type]
        if written is None and not isinstance(file, io.RawIOBase):
            return  # a writer that does not count takes everything
        if not written:
            raise BlockingIOError(errno.EAGAIN, "write_recording: the file takes no more bytes now")
        rest = memoryview(rest)[written:]


def read_recording(file: IO[bytes] | Buffer) -> Iterator[Record]:
    """Read a recording record by record, from a binary file or from a buffer such as an mmap.

    Of a file one record at a time is in memory. The tensors of a message are views of the record,
    or of the buffer; only those that libtorch wrote are copied. A recording has messages, and
    events of the workers. A message that is there as libtorch wrote it becomes the schema's: see
    RecordedMessage.
    Raises DecodeError, saying in which record and at which byte, where a record is cut off or
    invalid; all records before it have been yielded by then. Raises BlockingIOError where a file
    that does not wait has no more bytes now.
    """
    source = _source_of(file)
    number = position = 0
    try:
        while (start := _read_length(source.read)) is not None:
            length, size = start
            yield record_from_wire(source.read_exactly(length))
            number += 1
            position += size + length
    except RRefProtoError as error:
        raise error.as_decode_error(f"record {number} at byte {position}", ", ") from None


class _FileSource:
    """A binary file to read from."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        nothing = file.read(0)
        if not isinstance(nothing, (bytes, bytearray, memoryview)):
            raise wrong_type("bytes from the file", nothing, "read_recording")

    def read(self, size: int) -> Buffer:
        """Read at most `size` bytes, none at the end of the file."""
        data: Buffer | None = self.file.read(size)
        if data is None:
            raise BlockingIOError(errno.EAGAIN, "read_recording: the file has no more bytes now")
        return data

    def read_exactly(self, size: int) -> Buffer:
        """Read in pieces: a false size must not claim memory that is never filled."""
        pieces: list[Any] = []
        got = 0
        while got < size and (piece := self.read(min(size - got, LARGEST_READ))):
            pieces.append(piece)
            got += len(pieces[-1])
        _check_whole(size, got)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class _BufferSource:
    """A buffer to read from, in views."""

    def __init__(self, view: memoryview) -> None:
        self.view = view
        self.position = 0

    def read(self, size: int) -> Buffer:
        start = self.position
        self.position += size
        return self.view[start : self.position]

    def read_exactly(self, size: int) -> Buffer:
        _check_whole(size, min(size, len(self.view) - self.position))
        return self.read(size)


def _source_of(file: Any) -> _BufferSource | _FileSource:
    try:
        return _BufferSource(bytes_view(file, "read_recording"))
    except TypeError:
        if hasattr(file, "read"):
            return _FileSource(file)
        if isinstance(file, memoryview):
            raise
        raise wrong_type("a binary file or a bytes-like object", file, "read_recording") from None


def _check_whole(size: int, got: int) -> None:
    if got < size:
        raise DecodeError(f"expected a record of {size} bytes, got {got}: cut off")


def _read_length(read: Callable[[int], Any]) -> tuple[int, int] | None:
    """Read the varint before a record; return it and its own size, or None at the end."""
    prefix = bytearray(read(1))
    if not prefix:
        return None
    if prefix[0] < 0x80:  # as of most records
        return prefix[0], 1
    while len(prefix) < 10 and (byte := read(1)):
        prefix += byte
        if prefix[-1] < 0x80:
            break
    length, size = read_varint(memoryview(prefix), 0)
    if length > MAX_SIZE:
        raise DecodeError(f"expected a record of at most {MAX_SIZE} bytes, got {length}")
    return length, size
