"""The arguments of the command: wrong ones, help and the version."""

from __future__ import annotations

import sys

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
