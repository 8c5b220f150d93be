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


# Calls that need standard output.
CALLS_WITH_OUTPUT = {
    "show": ["show", LIFECYCLE],
    "ledger": ["ledger", LIFECYCLE],
    "waiting": ["waiting", LIFECYCLE],
    "merge": ["merge", LIFECYCLE],
    "decode": ["decode", os.devnull],
    "encode": ["encode", "message.json"],
    "help": ["--help"],
    "version": ["--version"],
}
with_output = pytest.mark.parametrize(
    "arguments", CALLS_WITH_OUTPUT.values(), ids=CALLS_WITH_OUTPUT.keys()
)


def call_without(streams: str, *arguments: str, **options: Any) -> tuple[int, bytes, bytes]:
    """Call the command with closed streams, as a shell does: see `call`."""
    script = f'exec "$0" -m rref_proto "$@" {streams}'
    command = ["sh", "-c", script, sys.executable, *arguments]
    process = subprocess.run(
        command, check=False, capture_output=True, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
        **options,
    )  # fmt: skip
    return process.returncode, process.stdout, process.stderr


@pytest.fixture
def with_message(tmp_path: Path) -> Path:
    (tmp_path / "message.json").write_text(DELETE.toMessage().to_json(), encoding="utf-8")
    return tmp_path


@posix_only
@with_output
def test_a_closed_output_is_a_failure_in_one_line(arguments: list[str], with_message: Path) -> None:
    code, out, err = call_without(">&-", *arguments, cwd=with_message)
    assert (code, out) == (1, b"")
    assert err == b"rref-proto: [Errno 9] Bad file descriptor: 'standard output'\n"


@posix_only
def test_a_failure_that_nobody_can_hear_of_has_its_exit_code() -> None:
    assert call_without(">&- 2>&-", "show", LIFECYCLE) == (1, b"", b"")
    assert call_without("<&- >&- 2>&-", "--help") == (1, b"", b"")


@posix_only
@with_output
def test_a_closed_input_and_error_are_not_missed(arguments: list[str], with_message: Path) -> None:
    expected = call_without("", *arguments, cwd=with_message)
    assert expected[0] == 0
    assert call_without("<&- 2>&-", *arguments, cwd=with_message) == expected


@posix_only
@pytest.mark.parametrize("streams", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_file_is_written_whatever_streams_are_closed(streams: str, tmp_path: Path) -> None:
    output = tmp_path / "merged.rref"
    assert call_without(streams, "merge", LIFECYCLE, "-o", str(output)) == (0, b"", b"")
    assert output.read_bytes() == Path(LIFECYCLE).read_bytes()


@posix_only
def test_a_wrong_call_and_a_bad_file_have_their_exit_codes_whatever_is_closed() -> None:
    for streams in ("<&-", ">&-", "2>&-", ">&- 2>&-"):
        assert call_without(streams, "show")[0] == 2
        assert call_without(streams, "show", "missing")[0] == 1
        assert b"Traceback" not in call_without(streams, "show", "missing")[2]


@posix_only
@pytest.mark.parametrize("command", ["show", "ledger", "waiting", "merge", "decode", "encode"])
def test_a_closed_input_that_is_needed_is_a_failure_in_one_line(command: str) -> None:
    code, _, err = call_without("<&-", command, "-")
    assert code == 1
    assert err.startswith(b"rref-proto: ")
    assert err.count(b"\n") == 1


@posix_only
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@with_output
def test_an_output_without_room_is_a_failure_in_one_line(
    arguments: list[str], with_message: Path
) -> None:
    code, _, err = call_without(">/dev/full", *arguments, cwd=with_message)
    assert code == 1
    assert err == b"rref-proto: [Errno 28] No space left on device\n"


@posix_only
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_an_error_stream_without_room_changes_no_exit_code() -> None:
    assert call_without("2>/dev/full", "show", LIFECYCLE)[0] == 0
    assert call_without("2>/dev/full", "show", "missing")[0] == 1
    assert call_without("2>/dev/full", "show")[0] == 2
