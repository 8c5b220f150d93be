"""The arguments of the command: wrong ones, help and the version."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import rref_proto
from rref_proto.cli import main

from cli_helpers import LIFECYCLE, give_stdin


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["unknown"],
        ["show"],
        ["ledger"],
        ["merge"],
        ["show", "--format", "xml", LIFECYCLE],
        ["show", "--unknown", LIFECYCLE],
        ["ledger", "--at", LIFECYCLE],
        ["ledger", "--at", "tomorrow", LIFECYCLE],
        ["ledger", "--at", "", LIFECYCLE],
        ["ledger", "--at", "+", LIFECYCLE],
        ["ledger", "--at", "+soon", LIFECYCLE],
        ["ledger", "--at", "+nan", LIFECYCLE],
        ["ledger", "--at", "+inf", LIFECYCLE],
        ["ledger", "--at", "+1e400", LIFECYCLE],
        ["ledger", "--at", "2026-13-01", LIFECYCLE],
        ["ledger", "--at", "2026-01-31T12:00:00", LIFECYCLE],
        ["ledger", "--at", "+1e999990", LIFECYCLE],
        ["ledger", "--at", "+-1", LIFECYCLE],
        ["ledger", "--older-than", "1", LIFECYCLE],
        ["ledger", "--leaks", "--older-than", "-1", LIFECYCLE],
        ["decode", "--from", "xml"],
        ["decode", "--to", "xml"],
        ["decode", "--type", "NO_SUCH_TYPE"],
        ["decode", "--type", "4711"],
        ["decode", "--type", ""],
        ["decode", "--from", "libtorch"],
        ["encode", "--from", "libtorch", "--to", "protobuf"],
        ["decode", "one", "two"],
    ],
    ids=lambda arguments: " ".join(arguments).replace(LIFECYCLE, "RECORDING"),
)
def test_a_wrong_call_exits_with_2_and_says_why(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    give_stdin(monkeypatch, b"")
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "rref-proto" in err


@pytest.mark.parametrize(
    "arguments", [["ledger", "--at", "tomorrow", LIFECYCLE], ["decode", "--type", "NO_SUCH_TYPE"]]
)
def test_a_wrong_call_is_explained_without_names_of_functions(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert "_" not in capsys.readouterr().err.splitlines()[-1].replace("NO_SUCH_TYPE", "")


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["show", "--help"], ["ledger", "--help"], ["merge", "--help"], ["decode", "-h"]],
    ids=" ".join,
)
def test_help_is_printed(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 0
    assert "usage: rref-proto" in capsys.readouterr().out


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"rref-proto {rref_proto.__version__}\n"


def test_the_arguments_are_those_of_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["rref-proto", "ledger", LIFECYCLE])
    assert main() == 0
    assert capsys.readouterr().out.startswith("0 RRefs held by 0 forks\n")


HOSTILE = "\x1b[2J\n\x9b\u202e" + "x" * 100_000


@pytest.mark.parametrize(
    "arguments",
    [
        [HOSTILE],
        ["show", "--format", HOSTILE, LIFECYCLE],
        ["show", f"--{HOSTILE}", LIFECYCLE],
        ["show", "--type", HOSTILE, LIFECYCLE],
        ["show", "--rref", HOSTILE, LIFECYCLE],
        ["ledger", "--at", HOSTILE, LIFECYCLE],
        ["decode", "--from", HOSTILE],
        ["decode", "one", HOSTILE],
    ],
    ids=lambda arguments: " ".join(arguments)[:20].partition("\x1b")[0],
)
def test_what_is_said_of_a_wrong_call_is_printable_and_short(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    *usage, problem = capsys.readouterr().err.splitlines()
    assert usage[0].startswith("usage: rref-proto")
    assert problem.isprintable()
    assert len(problem) < 2100
    assert "error: " in problem


def test_a_path_with_control_characters_is_told_in_one_printable_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for command in ("show", "ledger", "waiting", "merge", "decode", "encode"):
        assert main([command, "a\x1b[2J\nb\x9b\u202e"]) == 1
        (problem,) = capsys.readouterr().err.splitlines()
        assert problem.startswith("rref-proto: ")
        assert problem.isprintable()


@pytest.mark.parametrize("command", ["show", "ledger", "waiting", "merge", "decode", "encode"])
def test_the_help_of_each_command_has_an_example_that_is_a_call(
    command: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    example = capsys.readouterr().out.rpartition("\nexample:\n")[2]
    program, *arguments = example.split()
    assert (program, arguments[0]) == ("rref-proto", command)
    # All files of the example are missing; so a call that is right fails for one of them.
    monkeypatch.chdir(tmp_path)
    assert main(arguments) in {1, 3}
    assert "No such file" in capsys.readouterr().err
