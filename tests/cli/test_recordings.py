"""The recordings that a call names: very many, in pipes, read again, and with problems."""

from __future__ import annotations

import errno
import os
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from rref_proto import (
    DecodeError,
    IValue,
    RecordedMessage,
    ScalarType,
    ScriptRRefFetchRet,
    Tensor,
    merge,
)
from rref_proto.cli.files import open_recordings, read_recordings
from rref_proto.cli.ledger import NOT_CERTAIN
from rref_proto.cli.sources import LARGEST_IN_MEMORY

from cli_helpers import HOLDING, LIFECYCLE, give_stdin, load, run, save
from conversations import in_bytes, sent

posix_only = pytest.mark.skipif(os.name != "posix", reason="limits and pipes of POSIX")
with_fifos = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")


@contextmanager
def few_open_files(count: int) -> Iterator[None]:
    """Let this process open only so many files more than it has open."""
    import resource

    lowest_free = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest_free)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free + count, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def large(time: int) -> RecordedMessage:
    """Record a message of 100 kB."""
    tensor = Tensor(ScalarType.uint8, [100_000], bytes(100_000))
    return sent(time, ScriptRRefFetchRet([IValue.from_python(tensor)]), time)


@contextmanager
def fifo(path: Path, content: bytes) -> Iterator[str]:
    """Make a pipe with a name, into which a thread writes `content`."""
    os.mkfifo(path)
    writer = Thread(target=path.write_bytes, args=[content])
    writer.start()
    try:
        yield str(path)
    finally:
        writer.join()


@posix_only
def test_of_many_recordings_few_are_open_at_once(tmp_path: Path) -> None:
    recorded = load(HOLDING)
    paths = [save(tmp_path / f"{n}.rref", recorded[n::50]) for n in range(50)]
    with few_open_files(4):
        assert list(read_recordings(paths)) == recorded
        assert run("merge", *paths).out == in_bytes(recorded)


def test_of_many_recordings_little_is_in_memory(tmp_path: Path) -> None:
    paths = [save(tmp_path / f"{n}.rref", [large(n), large(1000 + n)]) for n in range(50)]
    tracemalloc.start()
    try:
        times = [record.time for record in read_recordings(paths)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert times == [*range(50), *range(1000, 1050)]
    assert peak < 6_000_000  # each file has 200 kB, all have 10 MB


@with_fifos
@pytest.mark.parametrize("command", ["merge", "show", "ledger"])
def test_pipes_are_read_as_files_are(command: str, tmp_path: Path) -> None:
    recorded = load(HOLDING)
    one, other = recorded[::2], recorded[1::2]
    paths = [save(tmp_path / "one.rref", one), save(tmp_path / "other.rref", other)]
    with (
        fifo(tmp_path / "one", in_bytes(one)) as first,
        fifo(tmp_path / "other", in_bytes(other)) as second,
    ):
        assert run(command, first, second) == run(command, *paths)
    with fifo(tmp_path / "alone", Path(HOLDING).read_bytes()) as alone:
        assert run(command, alone) == run(command, HOLDING)


def test_a_large_recording_on_standard_input_is_merged_in_flat_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 100
    assert count * 100_000 > 5 * LARGEST_IN_MEMORY
    path, other = save(tmp_path / "one", map(large, range(count))), save(tmp_path / "other", [])
    with Path(path).open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        tracemalloc.start()
        try:
            times = [record.time for record in read_recordings([other, "-"])]
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert times == list(range(count))
    assert peak < 3_000_000


def test_standard_input_is_read_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = load(LIFECYCLE)
    give_stdin(monkeypatch, in_bytes(recorded))
    (recording,) = open_recordings(["-"])
    begun = iter(recording)
    assert [next(begun), next(begun)] == recorded[:2]
    assert list(recording) == recorded
    assert list(begun) == recorded[2:]
    assert list(recording) == recorded


def test_a_problem_is_noted_once_however_often_a_recording_is_read(tmp_path: Path) -> None:
    recorded = load(LIFECYCLE)
    (tmp_path / "cut.rref").write_bytes(in_bytes(recorded)[:-1])
    (tmp_path / "empty.rref").touch()
    paths = [str(tmp_path / name) for name in ("cut.rref", "empty.rref", "missing.rref")]
    problems: list[str] = []
    recordings = open_recordings([*paths, *paths], problems=problems)
    for _ in range(2):
        assert list(merge(recordings)) == recorded[:-1]
    assert [problem.split(": ")[0] for problem in problems] == paths


def test_without_a_list_for_problems_they_are_raised_after_what_can_be_read(
    tmp_path: Path,
) -> None:
    recorded = load(LIFECYCLE)
    cut = tmp_path / "cut.rref"
    cut.write_bytes(in_bytes(recorded[::2])[:-1])
    records = read_recordings([str(cut), save(tmp_path / "whole.rref", recorded[1::2])])
    for record in recorded[:-1]:
        assert next(records) == record
    with pytest.raises(DecodeError, match=r"cut\.rref: record 18 at byte"):
        next(records)
    with pytest.raises(FileNotFoundError):
        list(read_recordings([str(tmp_path / "missing.rref"), LIFECYCLE]))


@pytest.mark.parametrize(
    ("call", "place"),
    [
        ("show", "record 0 at byte 0: "),
        ("show README.md", "record 0 at byte 0: "),
        ("ledger", "record 0 at byte 0: "),
        ("merge", "record 0 at byte 0: "),
        ("decode", ""),
        ("encode", ""),
        ("decode --from libtorch --type RREF_USER_DELETE", "byte 0 of the payload: "),
        ("decode --from libtorch --type RREF_USER_DELETE --tensors README.md -", ""),
    ],
)
def test_the_name_of_a_file_is_apart_from_the_place_in_it(
    call: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "README.md").write_text("# A text")
    monkeypatch.chdir(tmp_path)
    arguments = call.split() if call.endswith("-") else [*call.split(), "README.md"]
    result = run(*arguments)
    assert result.code == 1
    assert result.err.startswith(f"rref-proto: README.md: {place}")


def test_a_path_that_cannot_be_looked_at_is_one_problem_of_a_ledger(tmp_path: Path) -> None:
    too_long = str(tmp_path / ("x" * 5000))
    result = run("ledger", "--leaks", LIFECYCLE, too_long)
    assert result.code == NOT_CERTAIN
    assert result.out.startswith(b"no fork is known to be held at ")
    assert os.strerror(errno.ENAMETOOLONG) in result.err
