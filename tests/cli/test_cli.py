from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import example, given
from hypothesis import strategies as st

import rref_proto
from rref_proto import (
    Device,
    EncodeError,
    EnumHolder,
    ForkId,
    IValue,
    Message,
    MessageType,
    OmittedValue,
    PythonRRefFetchCall,
    PythonRRefFetchRet,
    RecordedMessage,
    RemoteRet,
    RpcCommandBase,
    RRefAck,
    RRefChildAccept,
    RRefForkData,
    RRefForkRequest,
    RRefId,
    RRefUserDelete,
    ScalarType,
    ScriptObject,
    ScriptRRefFetchCall,
    ScriptRRefFetchRet,
    SerializedPyObj,
    Tensor,
    fromMessage,
    libtorch,
    omit_values,
    read_recording,
    write_recording,
)
from rref_proto.cli import command as cli
from rref_proto.cli import main
from rref_proto.cli.report import Names, leak_lines, ledger_lines, mermaid_lines, text_lines
from rref_proto.ledger import Ledger
from rref_proto.libtorch import NativeMessage
from rref_proto.v1 import message_pb2, recording_pb2

from captures import DATA
from strategies import messages, records

SECOND = 10**9
HOLDING, LIFECYCLE = str(DATA / "holding.rref"), str(DATA / "lifecycle.rref")
RREF, FORK = RRefId(0, 1), ForkId(0, 2)
DELETE = RRefUserDelete(RREF, FORK)
TENSOR = Tensor(ScalarType.float32, [2, 3], bytes(24))
WITH_TENSOR = ScriptRRefFetchRet([IValue.from_python(TENSOR)])

posix_only = pytest.mark.skipif(os.name != "posix", reason="pipes and signals of POSIX")


def sent(
    time: int,
    command: RpcCommandBase = DELETE,
    way: tuple[int, int] = (0, 1),
    number: int | None = None,
    names: tuple[str, str] = ("", ""),
) -> RecordedMessage:
    return RecordedMessage(time, *way, command.toMessage().with_id(number), *names)


def save(path: Path, recorded: Iterable[RecordedMessage]) -> str:
    with path.open("wb") as file:
        write_recording(file, recorded)
    return str(path)


def load(path: str | Path) -> list[RecordedMessage]:
    return list(read_recording(Path(path).read_bytes()))


def give_stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(rref_proto.__file__).parents[1])}
ENVIRONMENT.pop("PYTHONUNBUFFERED", None)  # which would hide what is still in a buffer at the end


def call(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a process of its own."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": ENVIRONMENT, **options}
    command = [sys.executable, "-m", "rref_proto.cli", *arguments]
    return subprocess.run(command, check=False, **options)


def test_show_gives_a_line_for_each_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", LIFECYCLE]) == 0
    out, err = capsys.readouterr()
    lines, recorded = out.splitlines(), load(LIFECYCLE)
    assert len(lines) == len(recorded) == 37
    for line, record in zip(lines, recorded, strict=True):
        assert f"{record.from_worker_id} -> {record.to_worker_id}" in line
        assert type(fromMessage(record.message)).__name__ in line
    assert lines[1].split("  ") == lines[1].rstrip().split("  ")
    assert lines[2] == (
        "    +0.036688s  0 -> 1    RemoteRet            #1    rref (1, 0) fork (1, 1)"
        "                     15 B protobuf, 18 B libtorch"
    )
    assert err == ""


def test_show_gives_a_mermaid_diagram(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--format", "mermaid", LIFECYCLE]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "sequenceDiagram"
    assert lines[1] == "    w1->>w0: ScriptRRefFetchCall rref (1, 0)"
    assert lines[2] == "    w0-->>w1: ScriptRRefFetchRet float32[2, 3]"
    assert lines[5] == "    w0-->>w2: RRefAck"
    assert len(lines) == 38


@pytest.mark.parametrize("path", [LIFECYCLE, HOLDING], ids=["lifecycle", "holding"])
def test_show_gives_json_lines_that_protobuf_reads(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "--format", "json", path]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [_of_json(line) for line in lines] == load(path)


def _of_json(line: str) -> RecordedMessage:
    proto = json_format.Parse(line, recording_pb2.RecordedMessage())
    size = len(wire := proto.SerializeToString())
    prefix = bytearray()
    while size > 0x7F:
        prefix.append(size & 0x7F | 0x80)
        size >>= 7
    (record,) = read_recording(bytes([*prefix, size]) + wire)
    return record


@given(st.lists(records, max_size=3))
def test_json_lines_hold_whatever_is_recorded(recorded: list[RecordedMessage]) -> None:
    lines = list(cli.FORMATS["json"](recorded))
    assert [line.splitlines() for line in lines] == [[line] for line in lines]
    again = [_of_json(line) for line in lines]
    assert list(cli.FORMATS["json"](again)) == lines
    if "NaN" not in "".join(lines):  # JSON does not tell one NaN from another
        assert again == recorded


def test_json_lines_hold_the_native_message_and_omitted_values() -> None:
    empty = Message(message_pb2.Message())
    omitted = omit_values(WITH_TENSOR.toMessage())
    recorded = [
        RecordedMessage(1, 0, 1, empty, native_message=NativeMessage(0x20A, b"p", (TENSOR,))),
        RecordedMessage(2, 0, 1, omitted[0], omitted_values=omitted[1]),
    ]
    assert [_of_json(line) for line in cli.FORMATS["json"](recorded)] == recorded


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


def test_show_reads_several_recordings_in_one_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = load(LIFECYCLE)
    halves = [
        save(tmp_path / f"{worker % 2}.rref", recorded[worker % 2 :: 2]) for worker in range(2)
    ]
    assert main(["show", LIFECYCLE]) == 0
    whole = capsys.readouterr().out
    assert main(["show", *halves]) == 0
    assert capsys.readouterr().out == whole


NAMED = [
    sent(SECOND, DELETE, (0, 1), 7, ("trainer", "server")),
    sent(2 * SECOND, RRefAck(), (1, 0), 7),
    sent(3 * SECOND, RRefChildAccept(FORK), (2, 0)),
]


def test_workers_have_their_names_where_the_recording_has_them() -> None:
    lines = list(text_lines(NAMED))
    assert "  trainer(0) -> server(1)  RRefUserDelete" in lines[0]
    assert "  server(1) -> trainer(0)  RRefAck" in lines[1]
    assert "  2 -> trainer(0)  RRefChildAccept" in lines[2]
    assert list(mermaid_lines(NAMED)) == [
        "sequenceDiagram",
        "    trainer_0->>server_1: RRefUserDelete rref (0, 1) fork (0, 2)",
        "    server_1-->>trainer_0: RRefAck",
        "    w2->>trainer_0: RRefChildAccept fork (0, 2)",
    ]


def test_the_ledger_uses_the_names_of_workers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = sent(0, RemoteRet(RREF, FORK), (1, 0), None, ("server", "trainer"))
    path = save(tmp_path / "named.rref", [record])
    assert main(["ledger", path]) == 0
    out = capsys.readouterr().out
    assert "owner server(1)\n  rref (0, 1)  created by trainer(0)\n" in out
    assert "held by trainer(0)  made by trainer(0)" in out
    assert main(["ledger", "--leaks", path]) == 1
    out = capsys.readouterr().out
    assert "on owner server(1)" in out
    assert "held by       trainer(0)\n" in out


POINT = ScriptObject("__torch__.m.Point", (("x", IValue.from_python(1)),))
LONG = ScriptObject("__torch__." + "long" * 20)
CUDA = Tensor(ScalarType.int8, [1], b"x", False, Device("cuda", 3))
SHOWN = [
    (None, "None"),
    (True, "True"),
    (5, "5"),
    (1.5, "1.5"),
    (1j, "1j"),
    ("text", "'text'"),
    ("line\nbreak", r"'line\nbreak'"),
    ("x" * 100, "'" + "x" * 28 + "..."),
    (b"\xff", r"b'\xff'"),
    (Device("cuda", 1), "cuda:1"),
    (TENSOR, "float32[2, 3]"),
    (CUDA, "int8[1] on cuda:3"),
    ((), "Tuple[()] of 0"),
    ((1, "a"), "Tuple[int, str] of 2"),
    ([1, 2], "List[int] of 2"),
    ([1.0], "List[float] of 1"),
    ([True], "List[bool] of 1"),
    ([TENSOR], "List[Tensor] of 1"),
    (["a", "b", "c"], "List[str] of 3"),
    ({"a": 1}, "Dict[str, int] of 1"),
    (POINT, "__torch__.m.Point"),
    (LONG, "__torch__." + "long" * 4 + "lon..."),
    (EnumHolder("__torch__.m.Color", IValue.from_python(1)), "__torch__.m.Color"),
    (RRefForkData(1, RREF, FORK, 2, "int"), "RRef[int]"),
]


@pytest.mark.parametrize(("value", "text"), SHOWN, ids=[text for _, text in SHOWN])
def test_a_value_is_shown_in_short(value: Any, text: str) -> None:
    record = sent(0, ScriptRRefFetchRet([IValue.from_python(value)]), number=7)
    (line,) = text_lines([record])
    assert f"  ScriptRRefFetchRet   #7    {text:<42}  " in line


def test_commands_are_shown_by_their_ids_and_sizes() -> None:
    python = PythonRRefFetchRet(SerializedPyObj(b"pickle", (TENSOR, CUDA)).toIValues())
    for command, name, said in (
        (DELETE, "RRefUserDelete", "rref (0, 1) fork (0, 2)"),
        (RemoteRet(RREF, FORK), "RemoteRet", "rref (0, 1) fork (0, 2)"),
        (RRefForkRequest(RREF, FORK), "RRefForkRequest", "rref (0, 1) fork (0, 2)"),
        (RRefChildAccept(FORK), "RRefChildAccept", "fork (0, 2)"),
        (ScriptRRefFetchCall(3, RREF), "ScriptRRefFetchCall", "rref (0, 1)"),
        (PythonRRefFetchCall(3, RREF), "PythonRRefFetchCall", "rref (0, 1)"),
        (RRefAck(), "RRefAck", ""),
        (python, "PythonRRefFetchRet", "pickle of 6 bytes, float32[2, 3], int8[1] on cuda:3"),
    ):
        (line,) = text_lines([sent(0, command)])
        message = command.toMessage()
        native = libtorch.to_payload(message)
        size = len(native.payload) + sum(len(tensor.data) for tensor in native.tensors)
        assert line.split("  ", 3)[2].strip() == "0 -> 1" or "  0 -> 1  " in line
        assert f"  {name:<19}  " in line
        assert f"  {said}  " in line or not said
        assert line.endswith(f"  {len(message.SerializeToString())} B protobuf, {size} B libtorch")


def test_a_message_that_could_not_be_read_is_shown_by_what_was_kept() -> None:
    native = NativeMessage(0x20A, b"payload", (TENSOR,), 3)
    record = RecordedMessage(0, 0, 1, Message(message_pb2.Message(id=3)), native_message=native)
    (line,) = text_lines([record])
    assert "  unreadable           #3    type 0x20a, 7 bytes kept" in line
    assert line.endswith(" B protobuf, 31 B libtorch")
    assert list(mermaid_lines([record]))[1] == "    w0->>w1: unreadable type 0x20a, 7 bytes kept"


def test_values_that_were_left_out_are_described() -> None:
    message, omitted = omit_values(WITH_TENSOR.toMessage())
    (line,) = text_lines([RecordedMessage(0, 0, 1, message, omitted_values=omitted)])
    assert f"omitted: Tensor of {omitted[0].byte_size} B  " in line
    assert line.endswith(" B protobuf")  # libtorch's size is not known
    several = (OmittedValue("Tensor", 5), OmittedValue("str", 6))
    (line,) = text_lines([RecordedMessage(0, 0, 1, message, omitted_values=several)])
    assert "omitted: Tensor of 5 B, str of 6 B" in line


def test_a_message_that_is_invalid_is_shown_as_such() -> None:
    proto = message_pb2.Message()
    proto.rref_user_delete.SetInParent()
    lines = list(
        text_lines(
            [
                RecordedMessage(0, 0, 1, Message(proto)),
                RecordedMessage(0, 0, 1, Message(message_pb2.Message())),
            ]
        )
    )
    assert "RRefUserDelete" in lines[0]
    assert "invalid: rref_user_delete.rref_id: expected an RRefId, found none" in lines[0]
    assert "UNKNOWN" in lines[1]
    assert "invalid: expected a message of the RRef protocol" in lines[1]
    assert all("libtorch" not in line.split("B protobuf")[1] for line in lines)


def test_times_are_counted_from_the_first_message() -> None:
    times = [SECOND, SECOND + 1_500_000_000, SECOND - 2_000]
    lines = list(text_lines(sent(time) for time in times))
    assert [line.split()[0] for line in lines] == ["+0.000000s", "+1.500000s", "-0.000002s"]


@given(
    records,
    st.lists(
        st.builds(OmittedValue, st.text("aé\n\r\x1b\x85\u2028", max_size=9), st.integers(0, 9)),
        max_size=2,
    ),
)
def test_every_message_is_one_line_that_does_nothing_to_a_terminal(
    record: RecordedMessage, omitted: list[OmittedValue]
) -> None:
    brief = replace(record, omitted_values=tuple(omitted))
    lines = [*text_lines([record]), *text_lines([brief])]
    lines += [*mermaid_lines([record]), *mermaid_lines([brief])]
    assert len(lines) == 6
    for line in lines:
        assert line.splitlines() == [line]
        assert "\x1b" not in line


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[2Jb", "a\rb", "a\u2028b"], ids=repr)
def test_a_hostile_name_or_type_breaks_no_line(name: str) -> None:
    message, _ = omit_values(WITH_TENSOR.toMessage())
    record = RecordedMessage(0, 0, 1, message, name, name, None, (OmittedValue(name, 1),))
    value = IValue("list_value", rref_proto.GenericList(name, ()))
    for each in (record, sent(0, ScriptRRefFetchRet([value]))):
        for lines in (list(text_lines([each])), list(mermaid_lines([each]))[1:]):
            assert [line.splitlines() for line in lines] == [lines]
            assert "\x1b" not in lines[0]


def test_mermaid_escapes_what_would_end_a_statement() -> None:
    value = IValue.from_python("a;b#c")
    (_, line) = mermaid_lines([sent(0, ScriptRRefFetchRet([value]))])
    assert line.endswith(": ScriptRRefFetchRet 'a#59;b#35;c'")


def _participants(record: RecordedMessage) -> tuple[str, str]:
    (_, line) = mermaid_lines([record])
    sender, _, rest = line.strip().partition("->>")
    return sender, rest.partition(":")[0]


@example([5, -5], ["", ""])
@given(
    st.lists(st.integers(-9, 9), min_size=2, max_size=2, unique=True),
    st.lists(
        st.sampled_from(["", "w", "trainer", "trainer-1", "end", "ä b", "!", "7"]),
        min_size=2,
        max_size=2,
    ),
)
def test_each_worker_is_a_participant_of_its_own(workers: list[int], names: list[str]) -> None:
    record = sent(0, DELETE, (workers[0], workers[1]), None, (names[0], names[1]))
    sender, receiver = _participants(record)
    assert sender != receiver
    assert sender.isidentifier()
    assert receiver.isidentifier()


@pytest.mark.parametrize(
    ("path", "rrefs", "forks"),
    [(HOLDING, 12, 19), (LIFECYCLE, 0, 0)],
    ids=["holding", "lifecycle"],
)
def test_ledger_counts_what_is_held(
    path: str, rrefs: int, forks: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ledger", path]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"{rrefs} RRefs held by {forks} forks" in lines
    assert sum(line.startswith("  rref ") for line in lines) == rrefs
    assert sum(line.startswith("    fork ") for line in lines) == forks


def test_ledger_agrees_with_the_owners_own_state(capsys: pytest.CaptureFixture[str]) -> None:
    state = json.loads((DATA / "holding.state.json").read_text(encoding="utf-8"))
    assert main(["ledger", HOLDING]) == 0
    out = capsys.readouterr().out
    owners = {part.split("\n")[0]: part for part in out.split("owner ")[1:]}
    for worker, counts in state.items():
        part = owners.get(worker.removeprefix("w"), "")
        assert part.count("\n  rref ") == counts["owner_rrefs"]
        # The one fork that no message names is told of as such.
        unnamed = int(f"not certain: {worker.removeprefix('w')} made (1, 5)" in out)
        assert part.count("\n    fork ") + unnamed == counts["forks"]


def test_ledger_tells_what_it_cannot_know_or_explain() -> None:
    ledger = Ledger()
    for record in (
        sent(1, RemoteRet(RRefId(0, 0), ForkId(0, 3)), (1, 0)),
        sent(2, RRefForkRequest(RRefId(0, 0), ForkId(0, 4)), (2, 1), 1),
        sent(3, ScriptRRefFetchCall(3, RRefId(0, 0)), (3, 1), 2),
        sent(4, RRefUserDelete(RRefId(0, 0), ForkId(0, 6)), (2, 1), 3),
    ):
        ledger.observe(record.from_worker_id, record.to_worker_id, record.message, record.time)
    ledger.observe(1, 0, Message(message_pb2.Message()))
    ledger.observe(1, 0, Message(message_pb2.Message()))
    assert list(ledger_lines(ledger, Names(), 1)) == [
        "owner 1",
        "  rref (0, 0)  created by 0",
        "    fork (0, 3)  held by 0  made by 0  since +0.000000s",
        "    fork (0, 4)  held by 2 (pending)  passed on by 0  since +0.000000s",
        "    fork of the owner's  held by 3 (inferred)  since +0.000000s",
        "1 RRef held by 1 fork",
        "not certain: 1 fork asked for, and no answer was seen",
        "not certain: 1 fork inferred: the holder fetched the value, "
        "and no message told of its fork",
        "not certain: 0 made (0, 1 to 2), and no message named it: "
        "perhaps a fork of an RRef of its own",
        "not certain: 0 made (0, 5), and no message named it: perhaps a fork of an RRef of its own",
        "not explained: 1 message deleted a fork that no message announced: its parent was "
        "the owner, or it was announced before the recording began",
        "not explained: 2 messages were of no type that this version knows",
    ]
    leaks = list(leak_lines(ledger, Names(), 1))
    assert leaks[0] == "3 forks still held (oldest first):"
    assert "    held by       3 (inferred)" in leaks


def test_leaks_are_listed_the_oldest_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save(
        tmp_path / "leaks.rref",
        [
            sent(5 * SECOND, RemoteRet(RRefId(0, 1), ForkId(0, 2)), (1, 0)),
            sent(6 * SECOND, RemoteRet(RRefId(0, 3), ForkId(0, 4)), (2, 0)),
            sent(7 * SECOND, RRefForkRequest(RRefId(0, 1), ForkId(3, 0)), (4, 1), 9),
            sent(8 * SECOND, RRefAck(), (1, 4), 9),
            sent(9 * SECOND, RRefUserDelete(RRefId(0, 3), ForkId(0, 4)), (0, 2)),
        ],
    )
    assert main(["ledger", "--leaks", path]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "2 forks still held (oldest first):",
        "  rref (0, 1) on owner 1",
        "    created by    0",
        "    made by       0 as fork (0, 2)",
        "    held by       0",
        "    since         +0.000000s",
        "  rref (0, 1) on owner 1",
        "    created by    0",
        "    passed on by  3 as fork (3, 0)",
        "    held by       4",
        "    since         +2.000000s",
        "not certain: 0 made (0, 0), and no message named it: perhaps a fork of an RRef of its own",
    ]


def test_leaks_of_a_real_job_are_listed_the_oldest_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["ledger", "--leaks", HOLDING]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "19 forks still held (oldest first):"
    since = [float(line.split()[1][:-1]) for line in lines if line.startswith("    since")]
    assert len(since) == 19
    assert since == sorted(since)


def test_no_leak_is_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "--leaks", LIFECYCLE]) == 0
    assert capsys.readouterr() == ("no fork is held\n", "")


def test_leaks_are_told_with_what_the_ledger_cannot_know(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["ledger", "--leaks", HOLDING]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("not certain: 1 made (1, 5)")


@pytest.mark.parametrize("start", [-5 * SECOND, 0, 5 * SECOND])
def test_ages_are_told_from_the_first_message_wherever_the_clock_began(
    start: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    announce = sent(start + 5 * SECOND, RemoteRet(RREF, FORK), (1, 0))
    path = save(tmp_path / "old.rref", [sent(start, RRefAck()), announce])
    assert main(["ledger", "--leaks", path]) == 1
    assert "    since         +5.000000s" in capsys.readouterr().out.splitlines()
    assert main(["ledger", path]) == 0
    assert "since +5.000000s" in capsys.readouterr().out


def test_at_shows_the_ledger_as_of_a_moment(capsys: pytest.CaptureFixture[str]) -> None:
    ledger, recorded = Ledger(), load(HOLDING)
    for record in recorded:
        ledger.observe(record.from_worker_id, record.to_worker_id, record.message, record.time)
        if recorded[-1] is not record and ledger.forks:
            break
    moment = record.time - recorded[0].time
    iso = datetime.fromtimestamp(record.time // SECOND, timezone.utc).isoformat()[:19]
    iso += f".{record.time % SECOND // 1000:06}"
    for at in (f"+{moment / SECOND:.6f}", iso, f"{iso}Z", f"{iso}+00:00"):
        assert "1 RRef held by 1 fork" in _ledger_out(at, HOLDING, capsys)
    assert "0 RRefs held by 0 forks" in _ledger_out("+0", HOLDING, capsys)
    assert "0 RRefs held by 0 forks" in _ledger_out("1969-12-31", HOLDING, capsys)
    assert "12 RRefs held by 19 forks" in _ledger_out("2999-12-31T00:00", HOLDING, capsys)
    assert "12 RRefs held by 19 forks" in _ledger_out("+1e6", HOLDING, capsys)


def _ledger_out(at: str, path: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main(["ledger", "--at", at, path]) == 0
    return capsys.readouterr().out.splitlines()


def test_at_takes_each_time_that_show_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = [
        sent(1_700_000_000 * SECOND + micros * 1000, RemoteRet(RRefId(0, n), ForkId(0, n)), (1, 0))
        for n, micros in enumerate([0, 65, 129, 249, 251, *range(300, 4_000_000, 39_989)])
    ]
    path = save(tmp_path / "many.rref", recorded)
    for count, line in enumerate(text_lines(recorded), start=1):
        at = line.split()[0].removesuffix("s")
        plural = "" if count == 1 else "s"
        summary = f"{count} RRef{plural} held by {count} fork{plural}"
        assert summary in _ledger_out(at, path, capsys), at


MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
moments = st.datetimes(
    datetime(1, 1, 3),
    datetime(9999, 12, 29),
    timezones=st.just(timezone.utc),
)


@given(moments, st.integers(-23, 23))
def test_at_takes_a_date_and_time_to_the_microsecond(moment: datetime, zone: int) -> None:
    time = (moment - EPOCH) // MICROSECOND * 1000
    abroad = moment.astimezone(timezone(timedelta(hours=zone)))
    for text in (moment.isoformat(), abroad.isoformat(), moment.isoformat()[:-6] + "Z"):
        options = cli._parser().parse_args(["ledger", "--at", text, "file"])
        assert options.at(0) == time


def test_merge_of_two_halves_gives_the_whole(tmp_path: Path) -> None:
    recorded = load(HOLDING)
    halves = [
        save(tmp_path / "a.rref", (each for each in recorded if each.from_worker_id % 2)),
        save(tmp_path / "b.rref", (each for each in recorded if not each.from_worker_id % 2)),
    ]
    for order in (halves, halves[::-1]):
        output = tmp_path / "whole.rref"
        assert main(["merge", *order, "-o", str(output)]) == 0
        assert load(output) == recorded


def test_merge_writes_to_standard_output(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["merge", LIFECYCLE, LIFECYCLE]) == 0
    out, err = capsysbinary.readouterr()
    assert out == Path(LIFECYCLE).read_bytes()
    assert err == b""


def test_merge_passes_on_what_stands_beside_a_message(tmp_path: Path) -> None:
    native = NativeMessage(0x20A, b"p", (TENSOR,))
    message, omitted = omit_values(WITH_TENSOR.toMessage())
    recorded = [
        RecordedMessage(1, 0, 1, Message(message_pb2.Message()), "a", "b", native),
        RecordedMessage(2, 0, 1, message, "", "b", None, omitted),
    ]
    paths = [save(tmp_path / f"{n}.rref", [record]) for n, record in enumerate(recorded)]
    assert main(["merge", *paths, "--output", str(tmp_path / "whole.rref")]) == 0
    assert load(tmp_path / "whole.rref") == recorded


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


def test_merge_into_one_of_its_inputs_loses_nothing(tmp_path: Path) -> None:
    recorded = load(LIFECYCLE)
    one, other = (
        save(tmp_path / "a.rref", recorded[::2]),
        save(tmp_path / "b.rref", recorded[1::2]),
    )
    code = main(["merge", one, other, "-o", one])
    assert load(one) == (recorded[::2] if code else recorded)
    assert load(other) == recorded[1::2]


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


class Files:
    """A directory for one example of a property, and calls on the files in it."""

    def __init__(self, directory: str) -> None:
        self.directory = Path(directory)

    def path(self, name: str) -> str:
        return str(self.directory / name)

    def convert(self, content: bytes, *arguments: str) -> bytes:
        """Return what `encode` makes of `content`."""
        self.directory.joinpath("input").write_bytes(content)
        output = self.directory / "output"
        assert main(["encode", self.path("input"), "-o", str(output), *arguments]) == 0
        return output.read_bytes()


@pytest.fixture(scope="module")
def in_files() -> Iterator[Callable[[], Files]]:
    with tempfile.TemporaryDirectory() as directory:
        yield lambda: Files(directory)


@given(messages)
def test_any_message_survives_json(in_files: Callable[[], Files], message: Message) -> None:
    files = in_files()
    wire = message.SerializeToString()
    text = files.convert(wire, "--from", "protobuf", "--to", "json")
    again = files.convert(text, "--from", "json", "--to", "protobuf")
    assert Message.FromString(again).to_json() == message.to_json()
    if b"NaN" not in text:  # JSON does not tell one NaN from another
        assert again == wire
    assert files.convert(text, "--from", "json", "--to", "json") == text


@given(messages)
def test_any_message_but_its_id_survives_libtorchs_payload(
    in_files: Callable[[], Files], message: Message
) -> None:
    files = in_files()
    beside = ["--tensors", files.path("tensors")]
    named = ["--type", message.type.name]
    wire = message.SerializeToString()
    payload = files.convert(wire, "--from", "protobuf", "--to", "libtorch", *beside)
    # Not of `message` itself: libtorch marks values that are one object, and protobuf does not.
    assert payload == libtorch.to_payload(Message.FromString(wire)).payload
    table = Message.FromString(Path(files.path("tensors")).read_bytes())
    assert table.tensors == message.tensors
    assert table.type is MessageType.UNKNOWN
    back = files.convert(payload, "--from", "libtorch", "--to", "protobuf", *named, *beside)
    again = Message.FromString(back)
    assert fromMessage(again) == fromMessage(message)
    assert again.id is None  # libtorch keeps it beside the payload
    # And the ways between libtorch and JSON agree with those over protobuf.
    text = files.convert(payload, "--from", "libtorch", "--to", "json", *named, *beside)
    assert text == files.convert(back, "--from", "protobuf", "--to", "json")
    if b"NaN" not in text:
        assert files.convert(text, "--from", "json", "--to", "libtorch", *beside) == payload
    same = files.convert(payload, "--from", "libtorch", "--to", "libtorch", *named, *beside)
    assert libtorch.from_payload(message.type, same, table.tensors) == again


def test_decode_and_encode_are_json_and_protobuf_by_themselves(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = DELETE.toMessage().with_id(7)
    wire = message.SerializeToString()
    give_stdin(monkeypatch, wire)
    assert main(["decode"]) == 0
    text = capsysbinary.readouterr().out
    assert json.loads(text) == {
        "rrefUserDelete": {
            "rrefId": {"localId": "1"},
            "forkId": {"localId": "2"},
        },
        "id": "7",
    }
    assert text.endswith(b"}\n")
    give_stdin(monkeypatch, text)
    assert main(["encode", "-"]) == 0
    assert capsysbinary.readouterr().out == wire


def test_the_deepest_message_survives_json(in_files: Callable[[], Files]) -> None:
    deepest = value = IValue.from_python(1)
    while value:
        deepest = value
        try:
            value = IValue.from_python((value,))
        except EncodeError:
            break
    wire = ScriptRRefFetchRet([deepest]).toMessage().SerializeToString()
    files = in_files()
    text = files.convert(wire, "--from", "protobuf", "--to", "json")
    assert files.convert(text, "--from", "json", "--to", "protobuf") == wire


@pytest.mark.parametrize("named", ["RREF_USER_DELETE", "rref_user_delete", "0x10b", "0X10B", "267"])
def test_a_type_is_given_by_name_or_number(
    named: str, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = DELETE.toMessage()
    give_stdin(monkeypatch, libtorch.to_payload(message).payload)
    assert main(["encode", "--from", "libtorch", "--type", named]) == 0
    assert capsysbinary.readouterr().out == message.SerializeToString()


@pytest.mark.parametrize("output", ["-", "file"])
def test_a_payload_with_tensors_needs_a_file_for_them(
    output: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "in").write_bytes(WITH_TENSOR.toMessage().SerializeToString())
    target = "-" if output == "-" else str(tmp_path / "out")
    assert main(["decode", str(tmp_path / "in"), "--to", "libtorch", "-o", target]) == 1
    out, err = capsysbinary.readouterr()
    assert out == b""
    assert not (tmp_path / "out").exists()
    assert b"1 tensor" in err
    assert b"give --tensors FILE" in err
    assert err.count(b"\n") == 1


def test_without_tensors_a_payload_needs_no_file_for_them(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "in").write_bytes(DELETE.toMessage().SerializeToString())
    assert main(["decode", str(tmp_path / "in"), "--to", "libtorch"]) == 0
    assert capsysbinary.readouterr().out == libtorch.to_payload(DELETE.toMessage()).payload


@pytest.mark.parametrize("bad", ["missing", "garbage"])
def test_a_bad_file_of_tensors_is_named(
    bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    native = libtorch.to_payload(WITH_TENSOR.toMessage())
    (tmp_path / "payload").write_bytes(native.payload)
    (tmp_path / "garbage").write_bytes(b"\xff" * 10)
    arguments = ["--from", "libtorch", "--type", "0x209", "--tensors", str(tmp_path / bad)]
    assert main(["decode", str(tmp_path / "payload"), *arguments]) == 1
    err = capsys.readouterr().err
    assert str(tmp_path / bad) in err
    assert "payload" not in err


def test_a_payload_that_refers_to_tensors_it_lacks_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    native = libtorch.to_payload(WITH_TENSOR.toMessage())
    (tmp_path / "payload").write_bytes(native.payload)
    assert main(["decode", str(tmp_path / "payload"), "--from", "libtorch", "--type", "0x209"]) == 1
    assert "expected an index into 0 tensors" in capsys.readouterr().err


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
def test_help_is_given(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 0
    assert "usage: rref-proto" in capsys.readouterr().out


def test_the_version_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"rref-proto {rref_proto.__version__}\n"


def test_the_arguments_are_those_of_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["rref-proto", "ledger", LIFECYCLE])
    assert main() == 0
    assert capsys.readouterr().out == "0 RRefs held by 0 forks\n"


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


def test_a_message_that_the_ledger_cannot_read_is_placed_by_its_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proto = message_pb2.Message()
    proto.remote_ret.SetInParent()
    path = save(tmp_path / "invalid.rref", [RecordedMessage(12, 0, 1, Message(proto))])
    assert main(["ledger", path]) == 1
    err = capsys.readouterr().err
    assert err.startswith("rref-proto: message at 12")
    assert err.endswith("remote_ret.rref_id: expected an RRefId, found none\n")
    assert err.count("\n") == 1


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
def test_any_bytes_are_read_or_refused(in_files: Callable[[], Files], content: bytes) -> None:
    path = in_files().path("any")
    Path(path).write_bytes(content)
    convert = [["decode"], ["encode"], ["decode", "--from", "libtorch", "--type", "0x209"]]
    for arguments in (*READ, *convert):
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main([*arguments, path])
        assert code in (0, 1)
        assert err.getvalue().count("\n") == (
            code if "--leaks" not in arguments else bool(err.getvalue())
        )


def test_the_command_runs_as_a_process(tmp_path: Path) -> None:
    shown = call("show", "-", input=Path(LIFECYCLE).read_bytes())
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert len(shown.stdout.splitlines()) == 37
    wrong = call("show")
    assert (wrong.returncode, wrong.stdout) == (2, b"")
    leaks = call("ledger", "--leaks", HOLDING)
    assert leaks.returncode == 1
    bad = call("show", str(tmp_path / "missing"))
    assert bad.returncode == 1
    assert b"Traceback" not in bad.stderr


def test_processes_are_joined_by_pipes() -> None:
    merged = call("merge", LIFECYCLE, LIFECYCLE)
    assert merged.stdout == Path(LIFECYCLE).read_bytes()
    assert call("ledger", "-", input=merged.stdout).stdout == b"0 RRefs held by 0 forks\n"
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


@posix_only
@pytest.mark.parametrize(
    "arguments",
    [
        ["show", LIFECYCLE],
        ["show", HOLDING],
        ["show", "--format", "json", HOLDING],
        ["ledger", HOLDING],
        ["merge", HOLDING],
        ["decode", "--to", "protobuf", os.devnull],
        ["show", "cut"],
    ],
    ids=lambda arguments: " ".join(Path(each).name for each in arguments),
)
def test_a_closed_pipe_is_no_reason_for_a_traceback(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "cut").write_bytes(Path(LIFECYCLE).read_bytes()[:-3])
    reader, writer = os.pipe()
    os.close(reader)
    try:
        process = call(*arguments, stdout=writer, cwd=tmp_path)
    finally:
        os.close(writer)
    assert b"Traceback" not in process.stderr
    assert b"BrokenPipeError" not in process.stderr
    assert process.returncode in ((1,) if "decode" not in arguments else (0, 1))


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
        [sys.executable, "-m", "rref_proto.cli", "show", path],
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
        [sys.executable, "-u", "-m", "rref_proto.cli", "show", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        # Who runs the tests in the background may have them ignore it, and their children too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(Path(LIFECYCLE).read_bytes())
        process.stdin.flush()
        for _ in range(37):  # it has shown all and waits for more
            process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == b""
        assert process.wait() == 130


def test_an_interrupt_exits_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: Iterable[RecordedMessage]) -> Iterator[str]:
        yield "first"
        raise KeyboardInterrupt

    monkeypatch.setitem(cli.FORMATS, "text", interrupted)
    assert main(["show", LIFECYCLE]) == 130
    assert capsys.readouterr() == ("first\n", "")


def test_names_that_the_terminal_cannot_show_are_no_reason_for_a_traceback(tmp_path: Path) -> None:
    path = save(tmp_path / "named.rref", [sent(0, DELETE, (0, 1), None, ("Zoë", "東京"))])
    environment = {**ENVIRONMENT, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    process = call("show", path, env=environment)
    assert b"Traceback" not in process.stderr
    assert b"RRefUserDelete" in process.stdout
    assert process.returncode == 0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make standard error a terminal; to be called in the test, since pytest sets it before."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    return screen


def _screen(written: str) -> str:
    """Return what a terminal shows of the last line."""
    return written.rsplit("\n", 1)[-1].rsplit("\r", 1)[-1].replace("\x1b[K", "")


def test_a_bar_tells_the_progress_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = _terminal(monkeypatch)
    monkeypatch.setattr(cli, "PROGRESS", 10)
    assert main(["ledger", HOLDING]) == 0
    drawn = terminal.getvalue().split("\r")
    bars = [each for each in drawn if each.startswith("[")]
    shares = [int(bar.split("]")[1].strip(" %")) for bar in bars]
    assert len(bars) == 20
    assert shares == sorted(shares)
    assert 0 <= shares[0] < 10
    assert 90 < shares[-1] <= 100
    assert {len(bar.split("]")[0]) for bar in bars} == {41}
    assert _screen(terminal.getvalue()) == ""
    assert "12 RRefs held by 19 forks" in capsys.readouterr().out


def test_the_bar_is_gone_when_an_error_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    terminal = _terminal(monkeypatch)
    monkeypatch.setattr(cli, "PROGRESS", 10)
    (tmp_path / "cut.rref").write_bytes(Path(HOLDING).read_bytes()[:-3])
    assert main(["ledger", str(tmp_path / "cut.rref")]) == 1
    written = terminal.getvalue()
    assert written.startswith("\r[")
    before, _, message = written.rpartition("rref-proto: ")
    assert message.count("\n") == 1
    assert before.endswith(("\x1b[K", "\n"))


def test_there_is_no_bar_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "PROGRESS", 1)
    assert main(["ledger", HOLDING]) == 0
    assert capsys.readouterr().err == ""


def test_there_is_no_bar_for_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    give_stdin(monkeypatch, Path(HOLDING).read_bytes())
    assert main(["ledger", "-"]) == 0
    assert terminal.getvalue() == ""


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
