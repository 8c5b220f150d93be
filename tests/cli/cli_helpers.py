"""Recordings that the tests of the command use, and ways to call it."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from rref_proto import (
    IValue,
    RecordedMessage,
    ScalarType,
    ScriptRRefFetchRet,
    Tensor,
    read_recording,
    write_recording,
)
from rref_proto.cli import main
from rref_proto.recording import Record

from captures import DATA
from conversations import in_bytes

SECOND = 10**9
HOLDING, LIFECYCLE = str(DATA / "holding.rref"), str(DATA / "lifecycle.rref")
CALLS = str(DATA / "calls-conversation.rref")
TENSOR = Tensor(ScalarType.float32, [2, 3], bytes(24))
WITH_TENSOR = ScriptRRefFetchRet([IValue.from_python(TENSOR)])


def save(path: Path, recorded: Iterable[Record]) -> str:
    """Write a recording; return its path as an argument of the command."""
    with path.open("wb") as file:
        write_recording(file, recorded)
    return str(path)


def load(path: str | Path) -> list[RecordedMessage]:
    """Read a recording that has no events."""
    read = list(read_recording(Path(path).read_bytes()))
    messages = [record for record in read if isinstance(record, RecordedMessage)]
    assert messages == read
    return messages


class Result(NamedTuple):
    """What a call of the command did."""

    code: int
    out: bytes
    err: str


def run(*arguments: str, stdin: bytes = b"") -> Result:
    """Call the command with new streams. Pytest's are the same for all examples of a property."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        give_stdin(patch, stdin)
        code = main([*arguments])
    out.flush()
    return Result(code, out.buffer.getvalue(), err.getvalue())


def give_stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def shown(recorded: Iterable[Record], *options: str) -> list[str]:
    """Return the lines that `show` prints for these records. It must accept them."""
    result = run("show", *options, "-", stdin=in_bytes(recorded))
    assert (result.code, result.err) == (0, "")
    *lines, rest = result.out.decode().split("\n")
    assert rest == ""
    return lines


def diagram(recorded: Iterable[Record]) -> list[str]:
    """Return the steps of the diagram that `show` prints for these records."""
    first, *steps = shown(recorded, "--format", "mermaid")
    assert first == "sequenceDiagram"
    return steps


def convert(content: bytes, *arguments: str) -> bytes:
    """Return what `encode` writes for `content`. It must accept it."""
    result = run("encode", *arguments, stdin=content)
    assert (result.code, result.err) == (0, "")
    return result.out
