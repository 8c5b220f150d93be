"""The command as a process: pipes, interrupts and what a terminal can show."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import rref_proto
from rref_proto.cli import main

from cli_helpers import HOLDING, LIFECYCLE, save
from conversations import DELETE, sent

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(rref_proto.__file__).parents[1])}
ENVIRONMENT.pop("PYTHONUNBUFFERED", None)  # without buffers, no test could see a missing flush

posix_only = pytest.mark.skipif(os.name != "posix", reason="pipes and signals of POSIX")


def call(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a new process."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": ENVIRONMENT, **options}
    command = [sys.executable, "-m", "rref_proto", *arguments]
    return subprocess.run(command, check=False, **options)


def test_the_command_runs_as_a_process(tmp_path: Path) -> None:
    shown = call("show", "-", input=Path(LIFECYCLE).read_bytes())
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert len(shown.stdout.splitlines()) == 37
    wrong = call("show")
    assert (wrong.returncode, wrong.stdout) == (2, b"")
    leaks = call("ledger", "--leaks", HOLDING)
    assert (leaks.returncode, leaks.stderr) == (1, b"")
    bad = call("show", str(tmp_path / "missing"))
    assert (bad.returncode, bad.stdout) == (1, b"")
    assert bad.stderr.startswith(b"rref-proto: ")
    assert bad.stderr.count(b"\n") == 1


def test_processes_are_joined_by_pipes() -> None:
    merged = call("merge", LIFECYCLE, LIFECYCLE)
    assert merged.stdout == Path(LIFECYCLE).read_bytes()
    ledger = call("ledger", "-", input=merged.stdout)
    assert ledger.stdout.startswith(b"0 RRefs held by 0 forks\n")
    wire = DELETE.toMessage().with_id(7).SerializeToString()
    text = call("decode", input=wire).stdout
    assert call("encode", input=text).stdout == wire


def test_what_was_read_before_a_cut_comes_before_the_complaint() -> None:
    cut = Path(LIFECYCLE).read_bytes()[:-3]
    both = call("show", "-", input=cut, stderr=subprocess.STDOUT)
    lines = both.stdout.splitlines()
    assert both.returncode == 1
    assert len(lines) == 37
    assert [index for index, line in enumerate(lines) if b"rref-proto: " in line] == [36]


# Calls with an output that nobody reads, each with its exit code.
UNREAD = {
    "show a short recording": (["show", LIFECYCLE], 1),
    "show a long recording": (["show", HOLDING], 1),
    "show as JSON": (["show", "--format", "json", HOLDING], 1),
    "show what is cut": (["show", "cut"], 1),
    "ledger": (["ledger", HOLDING], 1),
    "merge": (["merge", HOLDING], 1),
    "decode": (["decode", "message"], 1),
    "decode to nothing": (["decode", "--to", "protobuf", os.devnull], 0),
}


@posix_only
@pytest.mark.parametrize(("arguments", "code"), UNREAD.values(), ids=UNREAD.keys())
def test_a_closed_pipe_is_no_reason_for_a_traceback(
    arguments: list[str], code: int, tmp_path: Path
) -> None:
    (tmp_path / "cut").write_bytes(Path(LIFECYCLE).read_bytes()[:-3])
    (tmp_path / "message").write_bytes(DELETE.toMessage().SerializeToString())
    reader, writer = os.pipe()
    os.close(reader)
    try:
        process = call(*arguments, stdout=writer, cwd=tmp_path)
    finally:
        os.close(writer)
    assert (process.returncode, process.stderr) == (code, b"")


@posix_only
def test_a_closed_pipe_is_a_failure_and_nothing_is_left_to_write(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        assert main(["show", HOLDING]) == 1
    assert capsys.readouterr().err == ""


@posix_only
def test_a_reader_that_has_enough_ends_the_command(tmp_path: Path) -> None:
    path = save(tmp_path / "long.rref", (sent(time) for time in range(20_000)))
    with subprocess.Popen(
        [sys.executable, "-m", "rref_proto", "show", path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert b"RRefUserDelete" in process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


@posix_only
def test_an_interrupt_ends_the_command_without_a_traceback() -> None:
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "rref_proto", "show", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        # Tests that run in the background may ignore the signal; then their children do so too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(Path(LIFECYCLE).read_bytes())
        process.stdin.flush()
        for _ in range(37):  # after these lines it waits for more input
            process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == b""
        assert process.wait() == 130


class Interrupted(io.StringIO):
    """An output whose reader interrupts the command after the first line."""

    def write(self, text: str) -> int:
        if "\n" in self.getvalue():
            raise KeyboardInterrupt
        return super().write(text)


def test_an_interrupt_exits_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = Interrupted()
    monkeypatch.setattr(sys, "stdout", output)
    assert main(["show", LIFECYCLE]) == 130
    assert output.getvalue().count("\n") == 1
    assert capsys.readouterr().err == ""


def test_names_that_the_terminal_cannot_show_are_no_reason_for_a_traceback(tmp_path: Path) -> None:
    path = save(tmp_path / "named.rref", [sent(0, names=("Zoë", "東京"))])
    environment = {**ENVIRONMENT, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    process = call("show", path, env=environment)
    assert (process.returncode, process.stderr) == (0, b"")
    assert rb"  Zo\xeb(0) -> \u6771\u4eac(1)  RRefUserDelete" in process.stdout
