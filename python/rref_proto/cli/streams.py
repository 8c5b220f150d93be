"""The standard streams: what they are where the process has none, and where nobody reads them."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from pathlib import Path
from typing import TextIO

STANDARD_STREAMS = range(3)


def replace_closed_streams() -> None:
    """Open the null device in place of each standard stream that was closed before the start.

    Otherwise the next file that is opened would become that stream. Python has None for it.
    """
    for descriptor in STANDARD_STREAMS:
        if not _is_open(descriptor):
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
    if sys.stdout is None:
        sys.stdout = io.TextIOWrapper(_ClosedOutput(), "utf-8", write_through=True)
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the end


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


class _ClosedOutput(io.RawIOBase):
    """Standard output of a process that has none. Only a call that writes fails."""

    def __init__(self) -> None:
        self.is_needed = False

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: object) -> int:
        """Fail."""
        self.is_needed = True
        self.flush()
        return 0

    def flush(self) -> None:
        """Fail if something was to be written, also where that failure was not noticed."""
        if self.is_needed:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF), "standard output")


def is_output_watched() -> bool:
    """Return whether what is printed comes to a terminal, perhaps by a pipe to a pager."""
    try:
        mode = os.fstat(sys.stdout.fileno()).st_mode
    except OSError:  # no file of the operating system
        return sys.stdout.isatty()
    return sys.stdout.isatty() or stat.S_ISFIFO(mode)


def discard_unwritten() -> None:
    """Discard what cannot be written. Python would complain about it when it exits."""
    for stream in (sys.stdout, sys.stderr):
        _flush_or_discard(stream)


def _flush_or_discard(stream: TextIO) -> None:
    try:
        stream.flush()
    except OSError:
        if isinstance(stream.buffer, _ClosedOutput):
            stream.buffer.is_needed = False
        else:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
