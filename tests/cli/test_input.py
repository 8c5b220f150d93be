"""What the command reads: empty, large and bad files, and standard input."""

from __future__ import annotations

import os
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rref_proto import (
    DecodeError,
    IValue,
    Ledger,
    Message,
    MessageType,
    RecordedMessage,
    RemoteRet,
    RRefProtoError,
    ScalarType,
    ScriptRRefFetchRet,
    Tensor,
    libtorch,
    read_recording,
)
from rref_proto.cli import main
from rref_proto.v1 import message_pb2

from cli_helpers import HOLDING, LIFECYCLE, load, run, save, shown
from conversations import DELETE, FORK, RREF, in_bytes, sent


def test_an_empty_recording_has_no_messages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = save(tmp_path / "empty.rref", [])
    for arguments, out in (
        (["show", empty], ""),
        (["show", "--format", "json", empty], ""),
        (["show", "--format", "mermaid", empty], "sequenceDiagram\n"),
    ):
        assert main(arguments) == 0
        assert capsys.readouterr() == (out, "")


@pytest.mark.parametrize("command", ["merge", "show", "ledger"])
def test_standard_input_is_read_beside_other_recordings(command: str, tmp_path: Path) -> None:
    recorded = load(HOLDING)
    one, other = recorded[::2], recorded[1::2]
    paths = [save(tmp_path / "one.rref", one), save(tmp_path / "other.rref", other)]
    expected = run(command, *paths)
    assert (expected.code, expected.err) == (0, "")
    assert run(command, paths[0], "-", stdin=in_bytes(other)) == expected
    assert run(command, "-", paths[1], stdin=in_bytes(one)) == expected


def test_standard_input_that_is_named_twice_is_one_recording() -> None:
    content = Path(LIFECYCLE).read_bytes()
    assert run("merge", "-", "-", stdin=content) == (0, content, "")


@pytest.mark.parametrize("command", ["merge", "decode", "encode"])
def test_a_call_that_fails_leaves_the_output_as_it_was(command: str, tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.write_bytes(b"precious")
    (tmp_path / "garbage").write_bytes(b"\xff" * 30)
    for name in ("missing", "garbage"):
        assert main([command, str(tmp_path / name), "-o", str(output)]) == 1
        assert output.read_bytes() == b"precious"


@pytest.mark.parametrize(
    "arguments", [["show"], ["ledger"], ["ledger", "--at", "+0.5"], ["merge"]], ids=" ".join
)
def test_standard_input_is_read_as_a_file_is(arguments: list[str]) -> None:
    of_file = run(*arguments, HOLDING)
    assert (of_file.code, of_file.err) == (0, "")
    assert run(*arguments, "-", stdin=Path(HOLDING).read_bytes()) == of_file


NOTHING = "not certain: nothing was recorded\nnot certain: 1 problem, so not all could be read\n"
# All calls that read recordings, each with what it prints where no record can be read.
READ = {
    "show": "",
    "show --format json": "",
    "show --format mermaid": "sequenceDiagram\n",
    "ledger": "0 RRefs held by 0 forks\n" + NOTHING,
    "ledger --leaks": "no fork is known to be held\n" + NOTHING,
    "merge": "",
}


@pytest.mark.parametrize(("call", "printed"), READ.items(), ids=READ.keys())
@pytest.mark.parametrize("kind", ["missing", "directory", "garbage"])
def test_a_bad_file_is_one_line_that_names_it(
    call: str, printed: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "garbage").write_bytes(b"\x05" + b"\xff" * 20)
    code = 3 if call == "ledger --leaks" else 1
    assert main([*call.split(), str(tmp_path / kind)]) == code
    out, err = capsys.readouterr()
    assert out == printed
    assert err.startswith("rref-proto: ")
    assert str(tmp_path / kind) in err
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
    assert out.splitlines() == shown(recorded[:10])
    assert err.startswith(f"rref-proto: {path}")
    assert f"record 10 at byte {start}: expected a record of " in err
    assert err.endswith(": cut off\n")
    assert err.count("\n") == 1


def test_a_ledger_of_a_truncated_recording_is_that_of_what_could_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cut.rref").write_bytes(Path(HOLDING).read_bytes()[:-3])
    before = save(tmp_path / "before.rref", load(HOLDING)[:193])
    assert main(["ledger", before]) == 0
    expected = capsys.readouterr().out
    assert main(["ledger", str(tmp_path / "cut.rref")]) == 1
    out, err = capsys.readouterr()
    assert out == f"{expected}not certain: 1 problem, so not all could be read\n"
    assert "cut.rref: record 193 at byte" in err


@pytest.mark.parametrize("arguments", [["show", "-"], ["decode"], ["encode"]], ids=" ".join)
def test_garbage_from_standard_input_is_named_as_such(arguments: list[str]) -> None:
    result = run(*arguments, stdin=b"\xff" * 30)
    assert result.code == 1
    assert result.err.startswith("rref-proto: -")
    assert result.err.count("\n") == 1


def _read(content: bytes) -> int:
    list(read_recording(content))
    return 0


def _merge(content: bytes) -> int:
    if not list(read_recording(content)):
        raise DecodeError("expected records, found an empty file")
    return 0


def _ledger(content: bytes) -> int:
    ledger = Ledger()
    for record in read_recording(content):
        ledger.observe_record(record)
    return _merge(content)


def _decode(content: bytes) -> int:
    Message.FromString(content).to_json()
    return 0


def _encode(content: bytes) -> int:
    Message.from_json(content).SerializeToString()
    return 0


def _decode_libtorch(content: bytes) -> int:
    libtorch.from_payload(MessageType.SCRIPT_RREF_FETCH_RET, content).to_json()
    return 0


# For each call of the command, a function that reads the same input with the library. It raises an
# error if the command must refuse the input. Otherwise it returns the exit code of the command.
LIBRARY: dict[str, Callable[[bytes], int]] = {
    "show": _read,
    "show --format json": _read,
    "show --format mermaid": _read,
    "ledger": _ledger,
    "merge": _merge,
    "decode": _decode,
    "encode": _encode,
    "decode --from libtorch --type SCRIPT_RREF_FETCH_RET": _decode_libtorch,
}
# Each input is valid for some of the calls.
VALID = [
    b"",
    in_bytes([sent(0, RemoteRet(RREF, FORK), route=(1, 0))]),
    in_bytes([RecordedMessage(0, 0, 1, Message(message_pb2.Message(rref_user_delete={})))]),
    DELETE.toMessage().SerializeToString(),
    DELETE.toMessage().to_json().encode(),
    libtorch.to_payload(ScriptRRefFetchRet([IValue.from_python(1)]).toMessage()).payload,
]


@pytest.mark.parametrize(("call", "library"), LIBRARY.items(), ids=LIBRARY.keys())
@given(st.binary(max_size=60) | st.sampled_from(VALID))
def test_any_bytes_are_refused_where_the_library_refuses_them(
    call: str, library: Callable[[bytes], int], content: bytes
) -> None:
    try:
        code, problems = library(content), 0
    except RRefProtoError:
        code, problems = 1, 1
    result = run(*call.split(), "-", stdin=content)
    assert (result.code, result.err.count("\n")) == (code, problems)
    if call == "ledger":  # which goes on with what can be read
        leaks = run(*call.split(), "--leaks", "-", stdin=content)
        assert leaks.code == (1 if b"  held by " in result.out else 3)  # no recording is complete
        assert leaks.err == result.err


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
