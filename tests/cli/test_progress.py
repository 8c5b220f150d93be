"""The progress bar, which shows how much of the input has been read."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from rref_proto.cli import main

from cli_helpers import HOLDING, give_stdin


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make standard error a terminal. Call this inside the test: pytest replaces it before."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    return screen


def _screen(written: str) -> str:
    """Return what a terminal shows in its last line."""
    return written.rsplit("\n", 1)[-1].rsplit("\r", 1)[-1].replace("\x1b[K", "")


@pytest.mark.parametrize("options", [[], ["--leaks"]], ids=["all", "leaks"])
@pytest.mark.parametrize("times", [1, 2], ids=["one recording", "two recordings"])
def test_a_bar_tells_the_progress_on_a_terminal(
    times: int,
    options: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal = _terminal(monkeypatch)
    assert main(["ledger", *options, *[HOLDING] * times]) == len(options)  # which leaks
    drawn = terminal.getvalue().split("\r")
    bars = [each for each in drawn if each.startswith("[")]
    shares = [int(bar.split("]")[1].strip(" %")) for bar in bars]
    assert shares == sorted(set(shares))  # drawn only when the number changes
    assert len(shares) > 80
    assert (shares[0], shares[-1]) == (0, 100)
    assert {len(bar.split("]")[0]) for bar in bars} == {41}
    assert [bar.count("#") for bar in bars] == [40 * share // 100 for share in shares]
    assert _screen(terminal.getvalue()) == ""
    assert "19 forks" in capsys.readouterr().out


def test_the_bar_is_gone_when_an_error_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    terminal = _terminal(monkeypatch)
    (tmp_path / "cut.rref").write_bytes(Path(HOLDING).read_bytes()[:-3])
    assert main(["ledger", str(tmp_path / "cut.rref")]) == 1
    written = terminal.getvalue()
    assert written.startswith("\r[")
    before, _, message = written.rpartition("rref-proto: ")
    assert message.count("\n") == 1
    assert before.endswith("\x1b[K")
    assert _screen(before) == ""


def test_there_is_no_bar_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", HOLDING]) == 0
    assert capsys.readouterr().err == ""


def test_there_is_no_bar_for_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    give_stdin(monkeypatch, Path(HOLDING).read_bytes())
    assert main(["ledger", "-"]) == 0
    assert terminal.getvalue() == ""


def test_show_draws_a_bar_beside_what_it_prints_into_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = _terminal(monkeypatch)
    assert main(["show", HOLDING]) == 0
    assert terminal.getvalue().count("\r[") > 80
    assert _screen(terminal.getvalue()) == ""
    out = capsys.readouterr().out
    assert "RRefUserDelete" in out
    assert "\r" not in out


def test_show_draws_no_bar_among_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    lines = Terminal()
    monkeypatch.setattr(sys, "stdout", lines)
    assert main(["show", HOLDING]) == 0
    assert terminal.getvalue() == ""
    assert "RRefUserDelete" in lines.getvalue()


def test_show_draws_no_bar_beside_a_pager(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as pager, os.fdopen(writer, "w", encoding="utf-8") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert main(["show", "--type", "RRefUserDelete", HOLDING]) == 0
        assert b"RRefUserDelete" in pager.readline()
    assert terminal.getvalue() == ""
