"""The files that the command writes: their mode, and terminals."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rref_proto.cli import main

from cli_helpers import LIFECYCLE
from conversations import DELETE

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes and terminals of POSIX")


@contextmanager
def _umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


@posix_only
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444, 0o755])
def test_a_file_that_is_replaced_keeps_its_mode(mode: int, tmp_path: Path) -> None:
    output = tmp_path / "merged.rref"
    output.write_bytes(b"old")
    output.chmod(mode)
    with _umask(0o022):
        assert main(["merge", LIFECYCLE, "-o", str(output)]) == 0
    assert output.read_bytes() == Path(LIFECYCLE).read_bytes()
    assert _mode(output) == mode
    assert list(tmp_path.iterdir()) == [output]


@posix_only
def test_a_file_that_is_replaced_keeps_its_owner_where_that_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "merged.rref"
    output.write_bytes(b"old")
    asked: list[tuple[int, int]] = []

    def refuse(_: Path, user: int, group: int) -> None:
        asked.append((user, group))
        raise PermissionError

    monkeypatch.setattr(os, "chown", refuse)
    assert main(["merge", LIFECYCLE, "-o", str(output)]) == 0
    assert asked == [(output.stat().st_uid, output.stat().st_gid)]
    assert output.read_bytes() == Path(LIFECYCLE).read_bytes()


@posix_only
def test_a_file_that_replaces_a_program_does_not_run_as_its_owner(tmp_path: Path) -> None:
    output = tmp_path / "merged.rref"
    output.write_bytes(b"old")
    output.chmod(0o4755)
    assert main(["merge", LIFECYCLE, "-o", str(output)]) == 0
    assert _mode(output) == 0o755


@posix_only
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_has_the_mode_that_the_process_gives(
    mask: int, mode: int, tmp_path: Path
) -> None:
    output = tmp_path / "message.json"
    source = tmp_path / "message.bin"
    source.write_bytes(DELETE.toMessage().SerializeToString())
    with _umask(mask):
        assert main(["decode", str(source), "-o", str(output)]) == 0
    assert _mode(output) == mode


@posix_only
def test_a_link_stays_a_link_to_the_file_that_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    assert main(["merge", LIFECYCLE, "-o", str(link)]) == 0
    assert link.is_symlink()
    assert target.read_bytes() == Path(LIFECYCLE).read_bytes()
    assert _mode(target) == 0o640


class Terminal(io.TextIOWrapper):
    """Standard output that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    screen = Terminal(io.BytesIO(), "utf-8")
    monkeypatch.setattr(sys, "stdout", screen)
    return screen


def _content(terminal: Terminal) -> bytes:
    terminal.flush()
    assert isinstance(terminal.buffer, io.BytesIO)
    return terminal.buffer.getvalue()


@pytest.mark.parametrize(
    "arguments",
    [
        ["merge", LIFECYCLE],
        ["encode", "missing.json"],
        ["encode", "-o", "-", "missing.json"],
        ["decode", "--to", "libtorch", "missing.bin"],
        ["decode", "--to", "protobuf", "missing.bin"],
    ],
    ids=lambda arguments: " ".join(arguments[:3]),
)
def test_bytes_are_not_written_to_a_terminal(
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen = Terminal(io.BytesIO(), "utf-8")
    monkeypatch.setattr(sys, "stdout", screen)
    with pytest.raises(SystemExit) as caught:
        main(arguments)  # the file is not even opened
    assert caught.value.code == 2
    assert "-o FILE, or a pipe" in capsys.readouterr().err
    assert _content(screen) == b""


def test_json_is_written_to_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "message.bin"
    source.write_bytes(DELETE.toMessage().SerializeToString())
    screen = Terminal(io.BytesIO(), "utf-8")
    monkeypatch.setattr(sys, "stdout", screen)
    assert main(["decode", str(source)]) == 0
    assert b"rrefUserDelete" in _content(screen)
    output = tmp_path / "again.bin"
    assert main(["merge", LIFECYCLE, "-o", str(output)]) == 0


@posix_only
def test_bytes_are_not_written_to_a_terminal_that_is_named_as_a_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    import pty

    leader, follower = pty.openpty()
    try:
        with pytest.raises(SystemExit) as caught:
            main(["merge", LIFECYCLE, "-o", os.ttyname(follower)])
    finally:
        os.close(leader)
        os.close(follower)
    assert caught.value.code == 2
    assert "terminal" in capsys.readouterr().err
