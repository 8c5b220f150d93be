"""The files that the command writes. "-" is standard output."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

from .arguments import WrongCallError

# The mode of a new file, less what the process takes away (its umask).
NEW_FILE = 0o666
# While a file that has another mode is being replaced.
OWNER_ONLY = 0o600
# Without the bits that let a program run as its owner.
PERMISSIONS = 0o777


@contextmanager
def open_output(name: str, *, is_text: bool = False) -> Iterator[IO[bytes]]:
    """Open a file for the output of the call; of "-", standard output.

    A file gets its name when all is written, so that nothing is half written, and a file that is
    read can be written too. It keeps the mode, and where that is allowed the owner, of a file that
    it replaces. Raises WrongCallError for bytes, which are not `is_text`, on a terminal.
    """
    path = Path(name)
    if name == "-":
        check_no_terminal(name, is_text=is_text)
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif path.exists() and not path.is_file():  # a device or a pipe has nothing to replace
        with path.open("wb") as file:
            if not is_text and file.isatty():
                raise _terminal_error()
            yield cast(IO[bytes], file)
    else:
        target = _target_of(path)
        partial = target.with_name(f"{target.name}.{os.getpid()}.part")
        replaced = target.stat() if target.exists() else None
        try:
            with _create(partial, NEW_FILE if replaced is None else OWNER_ONLY) as file:
                yield file
            if replaced is not None:
                _make_alike(partial, replaced)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def check_no_terminal(name: str, *, is_text: bool = False) -> None:
    """Raise WrongCallError where `name` is standard output, and bytes would go to a terminal."""
    if name == "-" and not is_text and sys.stdout.isatty():
        raise _terminal_error()


def _terminal_error() -> WrongCallError:
    return WrongCallError("bytes are not written to a terminal: use -o FILE, or a pipe")


def _create(path: Path, mode: int) -> IO[bytes]:
    """Create a file that nobody has created before."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return cast(IO[bytes], os.fdopen(os.open(path, flags, mode), "wb"))


def _make_alike(path: Path, replaced: os.stat_result) -> None:
    """Give a file the owner, where that is allowed, and the mode of the one that it replaces."""
    if hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(path, replaced.st_uid, replaced.st_gid)
    path.chmod(replaced.st_mode & PERMISSIONS)


def _target_of(path: Path) -> Path:
    """Return the file that a path leads to, through links."""
    try:
        return path.resolve()
    except RuntimeError:  # links in a circle, on Python before 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from None
