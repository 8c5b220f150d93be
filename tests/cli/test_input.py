"""What the command reads: empty, large and bad files, and standard input."""

from __future__ import annotations

import os
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import IValue, ScalarType, ScriptRRefFetchRet, Tensor
from rref_proto.cli import main
from rref_proto.cli.report import text_lines

from cli_helpers import HOLDING, LIFECYCLE, give_stdin, load, run, save
from conversations import sent


def test_an_empty_recording_has_no_messages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = save(tmp_path / "empty.rref", [])
    for arguments, out in (
        (["show", empty], ""),
        (["show", "--format", "json", empty], ""),
        (["show", "--format", "mermaid", empty], "sequenceDiagram\n"),
        (["ledger", empty], "0 RRefs held by 0 forks\n"),
        (["ledger", "--leaks", empty], "no fork is held\n"),
        (["ledger", "--at", "+1", empty], "0 RRefs held by 0 forks\n"),
        (["merge", empty, empty], ""),
    ):
        assert main(arguments) == 0
        assert capsys.readouterr() == (out, "")


@pytest.mark.parametrize("command", ["merge", "show", "ledger"])
def test_standard_input_is_refused_beside_other_recordings(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    give_stdin(monkeypatch, Path(LIFECYCLE).read_bytes())
    assert main([command, LIFECYCLE, "-"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "read twice, got -" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["merge", "decode", "encode"])
def test_a_call_that_fails_leaves_the_output_as_it_was(command: str, tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.write_bytes(b"precious")
    (tmp_path / "garbage").write_bytes(b"\xff" * 30)
    for name in ("missing", "garbage"):
        assert main([command, str(tmp_path / name), "-o", str(output)]) == 1
        assert output.read_bytes() == b"precious"


def test_show_and_ledger_read_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments in (["show"], ["ledger"], ["ledger", "--at", "+0.5"]):
        main([*arguments, HOLDING])
        of_file = capsys.readouterr().out
        give_stdin(monkeypatch, Path(HOLDING).read_bytes())
        assert main([*arguments, "-"]) == 0
        assert capsys.readouterr().out == of_file


READ = [
    ["show"],
    ["show", "--format", "json"],
    ["show", "--format", "mermaid"],
    ["ledger"],
    ["ledger", "--leaks"],
    ["merge"],
]


@pytest.mark.parametrize("arguments", READ, ids=" ".join)
@pytest.mark.parametrize("kind", ["missing", "directory", "garbage"])
def test_a_bad_file_is_one_line_that_names_it(
    arguments: list[str], kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / kind
    if kind == "directory":
        path.mkdir()
    elif kind == "garbage":
        path.write_bytes(b"\x05" + b"\xff" * 20)
    assert main([*arguments, str(path)]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() in ([], ["sequenceDiagram"])
    assert err.startswith("rref-proto: ")
    assert str(path) in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("several", [False, True], ids=["one", "of two"])
def test_of_a_truncated_recording_the_messages_before_the_cut_are_shown(
    several: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = Path(LIFECYCLE).read_bytes()
    recorded = load(LIFECYCLE)
    start = len(Path(save(tmp_path / "ten.rref", recorded[:10])).read_bytes())
    path = tmp_path / "cut.rref"
    path.write_bytes(whole[: start + 5])
    others = [save(tmp_path / "empty.rref", [])] if several else []
    assert main(["show", str(path), *others]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == list(text_lines(recorded[:10]))
    assert err.startswith(f"rref-proto: {path}")
    assert f"record 10 at byte {start}: expected a record of " in err
    assert err.endswith(": cut off\n")
    assert err.count("\n") == 1


def test_a_ledger_of_a_truncated_recording_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cut.rref").write_bytes(Path(HOLDING).read_bytes()[:-3])
    assert main(["ledger", str(tmp_path / "cut.rref")]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "record 193 at byte" in err


def test_garbage_from_standard_input_is_named_as_such(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments in (["show", "-"], ["decode"], ["encode"]):
        give_stdin(monkeypatch, b"\xff" * 30)
        assert main(arguments) == 1
        err = capsys.readouterr().err
        assert err.startswith("rref-proto: -")
        assert err.count("\n") == 1


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    conversions = [["decode"], ["encode"], ["decode", "--from", "libtorch", "--type", "0x209"]]
    for arguments in (*READ, *conversions):
        code, _, err = run(*arguments, "-", stdin=content)
        assert code in (0, 1)
        assert err.count("\n") == (code if "--leaks" not in arguments else bool(err))


@pytest.mark.parametrize(
    "arguments", [["show"], ["show", "--format", "json"], ["ledger"], ["merge"]]
)
def test_a_large_recording_is_read_in_flat_memory(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size, count = 50_000, 400
    value = ScriptRRefFetchRet([IValue.from_python(Tensor(ScalarType.uint8, [size], bytes(size)))])
    path = save(tmp_path / "large.rref", (sent(time, value, number=time) for time in range(count)))
    assert Path(path).stat().st_size > 20_000_000
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        monkeypatch.setattr(sys, "stdout", nowhere)
        tracemalloc.start()
        try:
            assert main([*arguments, path]) == 0
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 3_000_000
