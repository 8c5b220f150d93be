"""Where recordings are read from: files, pipes and standard input, all of which are read twice."""

from __future__ import annotations

import errno
import io
import os
import sys
import weakref
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from typing_extensions import Buffer

# In bytes. More than that of what a pipe had is kept in a file, not in memory.
LARGEST_IN_MEMORY = 1 << 20


def open_input(path: str) -> IO[bytes]:
    """Open a file for reading."""
    if path != "-":
        return cast(IO[bytes], Path(path).open("rb"))
    if sys.stdin is None:  # closed by who started this process
        raise OSError(errno.EBADF, os.strerror(errno.EBADF), "-")
    return sys.stdin.buffer


class Source(Protocol):
    """Bytes that several readers can read, each from any position that it has come to."""

    def read_at(self, position: int, buffer: memoryview) -> int | None:
        """Fill `buffer`, or a part of it; return how much, which is 0 at the end.

        None where a pipe that does not wait has nothing now.
        """


def source_of(path: str, *, is_read_again: bool = True) -> Source:
    """Return the source that a call names. What is wrong with it is told when it is read."""
    if path == "-" or _is_pipe(path):
        return _Pipe(path, is_read_again)
    return _File(path)


def size_of_file(path: str) -> int:
    """Return the size of a file, in bytes; 0 of all else, also of what cannot be looked at."""
    status = _status(path)
    return status.st_size if status is not None and S_ISREG(status.st_mode) else 0


def _is_pipe(path: str) -> bool:
    """Whether a path names a pipe or a device. To open a folder is an error that names it."""
    status = _status(path)
    return status is not None and not (S_ISREG(status.st_mode) or S_ISDIR(status.st_mode))


def _status(path: str) -> os.stat_result | None:
    try:
        return Path(path).stat()
    except OSError:
        return None


class _File:
    """A file that is open only while a piece of it is read: of very many, one at a time is open."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def read_at(self, position: int, buffer: memoryview) -> int:
        with self.path.open("rb", buffering=0) as file:
            file.seek(position)
            return file.readinto(buffer)


class _Pipe:
    """A pipe or standard input, which gives its bytes once. They are kept where that is needed."""

    def __init__(self, path: str, is_read_again: bool) -> None:
        self.path = path
        self.is_read_again = is_read_again
        self.is_at_end = False
        # How many bytes the pipe has given.
        self.size = 0
        self.files = ExitStack()
        weakref.finalize(self, self.files.close)

    def read_at(self, position: int, buffer: memoryview) -> int | None:
        if position < self.size:
            self.kept.seek(position)
            data = self.kept.read(min(len(buffer), self.size - position))
            buffer[: len(data)] = data
            return len(data)
        if self.is_at_end:
            return 0
        size: int | None = self.pipe.readinto1(buffer)
        if size is not None:
            self.is_at_end = size == 0
            self.keep(buffer[:size])
        return size

    def keep(self, data: memoryview) -> None:
        if self.is_read_again:
            self.kept.seek(self.size)
            self.kept.write(data)
        self.size += len(data)

    @cached_property
    def pipe(self) -> io.BufferedReader:
        pipe = cast(io.BufferedReader, open_input(self.path))
        if self.path != "-":
            self.files.enter_context(pipe)
        return pipe

    @cached_property
    def kept(self) -> IO[bytes]:
        return self.files.enter_context(_new_temporary_file())


def _new_temporary_file() -> IO[bytes]:
    return cast(IO[bytes], SpooledTemporaryFile(LARGEST_IN_MEMORY))


class Reader(io.RawIOBase):
    """Reads a source from its start."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Buffer) -> int | None:
        """Read the next bytes into `buffer`."""
        size = self.source.read_at(self.position, memoryview(buffer))
        self.position += size or 0
        return size
