"""The files that the command reads and writes. "-" is standard input or output."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import IO, cast

from ..errors import DecodeError, RRefProtoError
from ..recording import Record, merge, read_recording
from .sources import Reader, Source, size_of_file, source_of

BAR_WIDTH = 40
# In bytes: how much of a recording is read at a time, and in all of them together.
SMALLEST_PIECE, LARGEST_PIECE, ALL_PIECES = 1 << 12, 1 << 16, 1 << 22


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Name the file that an error is about."""
    try:
        yield
    except RRefProtoError as error:
        raise error.within(path, ": ") from None


def read_recordings(
    paths: Sequence[str], progress: Progress | None = None, problems: list[str] | None = None
) -> Iterator[Record]:
    """Yield the messages and events of all recordings, in one order.

    Without `problems`, what is wrong with a file is raised; with it, that is appended to it, and
    all that can be read is yielded.
    """
    recordings = open_recordings(paths, progress, problems, are_read_again=len(paths) > 1)
    return merge(recordings)


def open_recordings(
    paths: Sequence[str],
    progress: Progress | None = None,
    problems: list[str] | None = None,
    *,
    are_read_again: bool = True,
) -> list[Recording]:
    """Return the recordings that a call names; what is named twice is one object."""
    piece = max(SMALLEST_PIECE, min(LARGEST_PIECE, ALL_PIECES // max(1, len(paths))))
    recordings = {
        path: Recording(
            path, source_of(path, is_read_again=are_read_again), piece, progress, problems
        )
        for path in dict.fromkeys(paths)
    }
    return [recordings[path] for path in paths]


class Recording:
    """A recording that a call names. It is read from its start each time that it is iterated."""

    def __init__(
        self,
        path: str,
        source: Source,
        piece: int,
        progress: Progress | None,
        problems: list[str] | None,
    ) -> None:
        self.path = path
        self.source = source
        self.piece = piece
        self.progress = progress
        self.problems = problems
        self.has_problem = False

    def __iter__(self) -> Iterator[Record]:
        try:
            with naming(self.path):
                yield from self._read()
        except RRefProtoError as error:
            self._note(error, str(error))
        except OSError as error:
            self._note(error, f"{self.path}: {error.strerror or error}")

    def _read(self) -> Iterator[Record]:
        reader = Reader(self.source)
        file = cast(IO[bytes], io.BufferedReader(reader, self.piece))
        yield from read_recording(self.progress.counting(file) if self.progress else file)
        if self.problems is not None and reader.position == 0:
            raise DecodeError("expected records, found an empty file")

    def _note(self, error: Exception, problem: str) -> None:
        """Add a problem to the list, once however often the recording is read; or raise it."""
        if self.problems is None:
            raise error
        if not self.has_problem:
            self.has_problem = True
            self.problems.append(problem)


class Progress:
    """How far the reading of files has come, on a terminal: a bar on standard error."""

    def __init__(self, paths: Sequence[str], *, read_before: bool = False) -> None:
        # Several recordings are read twice, see merge; and once more where `read_before`.
        times = (1 if len(paths) == 1 else 2) + read_before
        self.total = times * sum(size_of_file(path) for path in paths if path != "-")
        self.shown = bool(self.total) and sys.stderr.isatty()
        self.read = 0
        self.percent = -1

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.shown:
            sys.stderr.write("\r\x1b[K")

    def counting(self, file: IO[bytes]) -> IO[bytes]:
        """Return `file`, whose reading is counted where there is a bar to draw."""
        return cast(IO[bytes], _CountedFile(file, self.add)) if self.shown else file

    def add(self, size: int) -> None:
        """Count bytes, and draw the bar where it shows another percentage."""
        self.read += size
        percent = min(100, 100 * self.read // self.total)
        if percent != self.percent:
            self.percent = percent
            filled = "#" * (BAR_WIDTH * percent // 100)
            sys.stderr.write(f"\r[{filled:<{BAR_WIDTH}}] {percent:3}%")
            sys.stderr.flush()


class _CountedFile:
    """A binary file that tells how many bytes are read of it."""

    def __init__(self, file: IO[bytes], count: Callable[[int], None]) -> None:
        self.file = file
        self.count = count

    def read(self, size: int) -> bytes:
        data = self.file.read(size)
        self.count(len(data))
        return data
