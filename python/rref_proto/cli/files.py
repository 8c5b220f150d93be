"""The files that the command reads and writes. "-" is standard input or output."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, cast

from ..errors import RRefProtoError
from ..recording import Record, merge, read_recording
from .arguments import WrongCallError

BAR_WIDTH = 40


def open_input(path: str) -> IO[bytes]:
    """Open a file for reading."""
    return sys.stdin.buffer if path == "-" else cast(IO[bytes], Path(path).open("rb"))


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Name the file that an error is about."""
    try:
        yield
    except RRefProtoError as error:
        raise error.within(path, ": ") from None


def read_recordings(paths: Sequence[str], progress: Progress | None = None) -> Iterator[Record]:
    """Yield the messages and events of all recordings, in one order."""
    for path in paths if len(paths) > 1 else ():
        if path == "-" or (Path(path).exists() and not _can_be_read_twice(Path(path))):
            raise WrongCallError(f"expected files, since several are read twice, got {path}")
    return merge([Recording(path, progress) for path in paths])


def _can_be_read_twice(path: Path) -> bool:
    return path.is_file() or path.is_dir()  # which to open is an error of its own


class Recording:
    """A recording in a file, or on standard input, which can be read once only."""

    def __init__(self, path: str, progress: Progress | None) -> None:
        self.path = path
        self.progress = progress

    def __iter__(self) -> Iterator[Record]:
        with open_input(self.path) as file, naming(self.path):
            counted = self.progress.counting(file) if self.progress else file
            yield from read_recording(counted)


class Progress:
    """How far the reading of files has come, on a terminal: a bar on standard error."""

    def __init__(self, paths: Sequence[str]) -> None:
        files = [Path(path) for path in paths if path != "-"]
        # Several recordings are read twice, see merge.
        times = 1 if len(paths) == 1 else 2
        self.total = times * sum(file.stat().st_size for file in files if file.is_file())
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


@contextmanager
def open_output(name: str) -> Iterator[IO[bytes]]:
    """Open a file for the output of the call; of "-", standard output.

    A file gets its name when all is written, so that nothing is half written, and a file that is
    read can be written too.
    """
    path = Path(name)
    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif path.exists() and not path.is_file():  # a device or a pipe has nothing to replace
        with path.open("wb") as file:
            yield cast(IO[bytes], file)
    else:
        target = _target_of(path)
        partial = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            with partial.open("xb") as file:
                yield cast(IO[bytes], file)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _target_of(path: Path) -> Path:
    """Return the file that a path leads to, through links."""
    try:
        return path.resolve()
    except RuntimeError:  # links in a circle, on Python before 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from None
