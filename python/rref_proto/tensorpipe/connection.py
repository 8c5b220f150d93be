"""What comes on one TCP connection of TensorPipe, cut into frames.

A frame is a length of 8 bytes and its content. What to do with the frames is said by a program: a
generator that yields which frame it expects next and is sent its content, or yields None while it
can take none.

A socket writes into the buffers that `get_buffer` hands out, as asyncio.BufferedProtocol wants it.
Small frames are cut out of one buffer. A frame that does not fit there gets memory of its own, into
which the socket writes the rest of it.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Generator
from contextlib import suppress
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ..errors import LocalProtocolError, RemoteProtocolError, RRefProtoError

if TYPE_CHECKING:
    from typing_extensions import Buffer

LENGTH = Struct("<Q")
# The buffer of a connection, in bytes.
BUFFER_SIZE = 1 << 16
# Linux fills new memory several times as fast where it comes in large pages, of 2 MiB mostly.
LARGE_PAGES: int | None = getattr(mmap, "MADV_HUGEPAGE", None)
LARGE_PAGES_FROM = 1 << 22


class Expected(NamedTuple):
    """The next frame: what it is, and the lowest and highest length of its content, in bytes."""

    what: str
    lowest: int
    highest: int


# What is in a frame. Nobody writes to it any more.
Content: TypeAlias = bytes | memoryview
Program: TypeAlias = Generator[Expected | None, Content, None]


def frame(content: bytes) -> bytes:
    """Return a frame of a content."""
    return LENGTH.pack(len(content)) + content


class Connection:
    """One connection, as far as it is read.

    `program` makes the program, given this connection. An error that was raised is raised again at
    each further use.
    """

    def __init__(self, program: Callable[[Any], Program]) -> None:
        self._program = program(self)
        self._expected: Expected | None = None
        # What a pipe replaces, since it has more than one connection: what is called where data has
        # come, and where the peer breaks the protocol.
        self.advance: Callable[[], object] = self.pump
        self.fail: Callable[[RRefProtoError], None] = self.close
        self._error: RRefProtoError | None = None
        self._buffer = memoryview(bytearray(BUFFER_SIZE))
        self._start = self._end = 0  # of what is in the buffer
        self._large: memoryview | None = None  # the content of a frame that does not fit there
        self._filled = 0  # bytes of it

    @property
    def wants_data(self) -> bool:
        """Whether there is room for data. If not, reading pauses until other connections had some.

        It can change whenever data comes on a connection of the same pipe.
        """
        return self._large is not None or self._end - self._start < BUFFER_SIZE

    def get_buffer(self, sizehint: int = -1) -> memoryview:
        """Return memory for data to be written to, of any size but 0."""
        self._raise_error()
        if not self.wants_data:
            raise LocalProtocolError("expected no reading while wants_data is False")
        if self._large is not None:
            return self._large[self._filled :]
        if self._start:
            left = bytes(self._buffer[self._start : self._end])
            self._buffer[: len(left)] = left
            self._start, self._end = 0, len(left)
        return self._buffer[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        """Take note that `nbytes` were written to what get_buffer returned last.

        Raises RemoteProtocolError or DecodeError where the peer breaks the protocol. Then all
        connections of the pipe have to be closed.
        """
        self._raise_error()
        if self._large is None:
            self._end += nbytes
        else:
            self._filled += nbytes
        self.advance()

    def receive(self, data: Buffer) -> None:
        """Take data that was read into other memory. Raises what `buffer_updated` does."""
        left = memoryview(data)
        while left:
            buffer = self.get_buffer()
            size = min(len(left), len(buffer))
            buffer[:size] = left[:size]
            self.buffer_updated(size)
            left = left[size:]

    def pump(self) -> bool:
        """Give the program all frames that have come and that it can take; tell if it took one."""
        self._raise_error()
        taken = False
        try:
            while (content := self._next()) is not None:
                taken = True
                self._expected = self._program.send(content)
        except RRefProtoError as error:
            self.fail(error)
            raise
        return taken

    def close(self, error: RRefProtoError) -> None:
        """Let each further use raise this error."""
        self._error = self._error or error
        self._large = None

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error

    def _next(self) -> Content | None:
        """Return the content of the next frame once it is whole and expected."""
        if self._expected is None:
            self._expected = next(self._program)
        if self._large is not None:
            return self._finished_large()
        start = self._start + LENGTH.size
        if self._expected is None or start > self._end:
            return None
        (length,) = LENGTH.unpack_from(self._buffer, self._start)
        what, lowest, highest = self._expected
        if not lowest <= length <= highest:
            limits = f"{lowest} to {highest}" if lowest < highest else f"{lowest}"
            raise RemoteProtocolError(f"expected {what} of {limits} bytes, got a frame of {length}")
        if start + length <= self._end:
            self._start = start + length
            return bytes(self._buffer[start : self._start])
        if LENGTH.size + length > BUFFER_SIZE:
            self._begin_large(length, start)
        return None

    def _begin_large(self, length: int, start: int) -> None:
        """Reserve memory for a frame, and move there what has come of it."""
        self._large = _reserved(length)
        self._filled = self._end - start
        self._large[: self._filled] = self._buffer[start : self._end]
        self._start = self._end = 0

    def _finished_large(self) -> Content | None:
        if self._large is None or self._filled < len(self._large):
            return None
        content, self._large = self._large.toreadonly(), None
        return content


def _reserved(length: int) -> memoryview:
    """Return memory that is taken from the machine only where it is written to."""
    try:
        memory = mmap.mmap(-1, length, access=mmap.ACCESS_COPY)
    except (OSError, OverflowError, ValueError):
        problem = f"expected no more than this machine can reserve, got a frame of {length}"
        raise RemoteProtocolError(problem) from None
    if LARGE_PAGES is not None and length >= LARGE_PAGES_FROM:
        with suppress(OSError):  # from a Linux that was built without large pages
            memory.madvise(LARGE_PAGES)
    return memoryview(memory)
